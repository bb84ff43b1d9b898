/** Every verb of the client, to be called alike. */
import type { Nemo, Outcome } from "../../../src/nemo/client.ts";
import { SESSION, TOKEN, upstream } from "./upstream.ts";

/** Each verb as a call with harmless arguments. */
export const VERBS: Record<string, (nemo: Nemo) => Outcome<unknown>> = {
  issueToken: (nemo) => nemo.issueToken("client-1"),
  claimLink: (nemo) => nemo.claimLink(TOKEN, { taskId: "task_1", sessionId: SESSION }),
  createSession: (nemo) => nemo.createSession(TOKEN, { name: "p" }),
  openTurn: (nemo) => nemo.openTurn(TOKEN, { sessionId: SESSION, text: "hi" }),
  readState: (nemo) => nemo.readState(TOKEN, SESSION),
  uploadByUrl: (nemo) => nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]),
  readCredits: (nemo) => nemo.readCredits(TOKEN),
  submitRender: (nemo) => nemo.submitRender(TOKEN, { renderId: "render_1", sessionId: SESSION, draftText: "{}" }),
  readRender: (nemo) => nemo.readRender(TOKEN, "render_1"),
  cancelRender: (nemo) => nemo.cancelRender(TOKEN, "render_1"),
  downloadRender: (nemo) => nemo.downloadRender(TOKEN, "render_1"),
  fetchResult: (nemo) => nemo.fetchResult("https://cdn.nemo.org/o.mp4"),
};

/** The failure of a verb that upstream answers with `answer`; null when it succeeds. */
export async function failure(verb: string, answer: Response | (() => Response)): Promise<unknown> {
  const call = VERBS[verb];
  if (call === undefined) throw new Error(verb);
  const outcome = await call(upstream([answer]).nemo);
  return outcome.ok ? null : outcome.error;
}
