/** Makes a client: settings are completed once and shared by all verbs. */
import { claimLink, mintToken } from "./auth.ts";
import type { Nemo, NemoSettings } from "./client.ts";
import { readCredits } from "./credits.ts";
import { downloadRender, fetchResult } from "./files.ts";
import type { Wire } from "./http.ts";
import { DEFAULT_TIMEOUTS } from "./limits.ts";
import { cancelRender, readRender, submitRender } from "./renders.ts";
import { createSession } from "./sessions.ts";
import { readState } from "./state.ts";
import { openTurn } from "./turns.ts";
import { uploadByUrl, uploadFile } from "./uploads.ts";

/** A client for one upstream. Holds no state: safe to make for every call. */
export function createNemo(settings: NemoSettings): Nemo {
  const { source, version, platform } = settings.attribution;
  const { rules, resolve } = settings.targets;
  const wire: Wire = {
    baseUrl: settings.baseUrl.replace(/\/+$/, ""),
    // Where upstream is its operator has said: its own files may lie there, a local stand-in's too.
    targets: { rules: { ...rules, trusted: originsOf(settings.baseUrl) }, resolve },
    fetch: settings.fetch,
    attribution: { "x-skill-source": source, "x-skill-version": version, "x-skill-platform": platform },
    timeouts: { ...DEFAULT_TIMEOUTS, ...settings.timeouts },
    watch: settings.watch ?? (() => () => undefined),
  };
  return {
    mintToken: (clientId) => mintToken(wire, clientId),
    claimLink: (token, project) => claimLink(wire, token, project),
    createSession: (token, options) => createSession(wire, token, options),
    openTurn: (token, turn) => openTurn(wire, token, turn),
    readState: (token, sessionId, isOurs) => readState(wire, token, sessionId, isOurs),
    uploadByUrl: (token, sessionId, urls) => uploadByUrl(wire, token, sessionId, urls),
    uploadFile: (token, sessionId, file) => uploadFile(wire, token, sessionId, file),
    readCredits: (token) => readCredits(wire, token),
    submitRender: (token, order) => submitRender(wire, token, order),
    readRender: (token, renderId) => readRender(wire, token, renderId),
    cancelRender: (token, renderId) => cancelRender(wire, token, renderId),
    downloadRender: (token, renderId) => downloadRender(wire, token, renderId),
    fetchResult: (url) => fetchResult(wire, url),
  };
}

const originsOf = (url: string): string[] => (URL.canParse(url) ? [new URL(url).origin] : []);
