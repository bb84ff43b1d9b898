/** Anonymous tokens, the link into Nemo's web app, and the credit balance. */
import { err, ok, type Result } from "../core/result.ts";
import { type EpochMs, SECOND_MS } from "../core/time.ts";
import type { ClaimLink, Credits, IssuedToken, ProjectRef } from "./client.ts";
import { malformed, type NemoFailure } from "./errors.ts";
import { askData, type HttpOptions } from "./http.ts";
import { idAt, numberAt, stringAt } from "./json.ts";
import { CLIENT_ID_CHARS } from "./limits.ts";

/** The page of a claim token. Source: nemo-api reference section 2.3, current form. */
const CLAIM_PAGE = "https://nemovideo.com/workspace/claim";

/** Numbers above this are milliseconds, below it seconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const MS_FROM = 1e11;

/** A time as ISO text, or as seconds or milliseconds since 1970; null for anything else. */
function moment(data: unknown): EpochMs | null {
  const number = numberAt(data, "expires_at", "expiresAt");
  if (number !== null) return number > MS_FROM ? number : number * SECOND_MS;
  const parsed = Date.parse(stringAt(data, "expires_at", "expiresAt") ?? "");
  return Number.isNaN(parsed) ? null : parsed;
}

/** POST `/api/auth/anonymous-token`. The client id is a header; there is no body. Source: section 2.1. */
export async function issueToken(wire: HttpOptions, clientId: string): Promise<Result<IssuedToken, NemoFailure>> {
  const at = "anonymous_token";
  if (clientId === "" || clientId.length > CLIENT_ID_CHARS) {
    return err({
      at,
      status: null,
      code: null,
      reason: "client_id_rejected",
      message: `a client id has 1 to ${CLIENT_ID_CHARS} characters`,
    });
  }
  const opened = await askData(wire, {
    at,
    method: "POST",
    path: "/api/auth/anonymous-token",
    headers: { "x-client-id": clientId },
  });
  if (!opened.ok) return opened;
  const { data, text, path } = opened.value;
  const token = stringAt(data, "token");
  if (token === null) return err(malformed(at, 200, "an answer without a token"));
  const userId = idAt(text, [...path, "user_id"]) ?? idAt(text, [...path, "userId"]);
  return ok({ token, userId, expiresAt: moment(data), credits: numberAt(data, "credits") });
}

/** POST `/api/auth/claim-token`. Source: section 2.2. */
export async function claimLink(
  wire: HttpOptions,
  token: string,
  project: ProjectRef,
): Promise<Result<ClaimLink, NemoFailure>> {
  const at = "claim_token";
  const json = JSON.stringify({ task_id: project.taskId, session_id: project.sessionId });
  const opened = await askData(wire, { at, method: "POST", path: "/api/auth/claim-token", token, json });
  if (!opened.ok) return opened;
  const claimToken = stringAt(opened.value.data, "claim_token", "claimToken");
  // Any other value could be the Nemo token itself, which must never be in a URL.
  if (claimToken === null || claimToken.startsWith("nmv_usr_"))
    return err(malformed(at, 200, "an answer without a claim token"));
  const expiresInSeconds = numberAt(opened.value.data, "expires_in", "expiresIn") ?? 0;
  return ok({ claimToken, expiresInSeconds, url: `${CLAIM_PAGE}?ct=${encodeURIComponent(claimToken)}` });
}

/**
 * GET `/api/credits/balance/simple`. `total` is `available + frozen` if upstream omits it. Source: nemo-api reference
 * section 7.1.
 */
export async function readCredits(wire: HttpOptions, token: string): Promise<Result<Credits, NemoFailure>> {
  const at = "credits";
  const opened = await askData(wire, { at, method: "GET", path: "/api/credits/balance/simple", token });
  if (!opened.ok) return opened;
  const { data } = opened.value;
  const available = numberAt(data, "available", "balance", "credits");
  if (available === null) return err(malformed(at, 200, "an answer without a balance"));
  const frozen = numberAt(data, "frozen") ?? 0;
  return ok({ available, frozen, total: numberAt(data, "total") ?? available + frozen });
}
