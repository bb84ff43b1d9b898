/** Exports: they cost no credits. */
import type { RenderProgress } from "../../src/nemo/client.ts";
import { claim, failure, needed, Skipped, value } from "./check.ts";
import type { Step, Story } from "./story.ts";
import type { Target } from "./target.ts";

/** Milliseconds between two polls, and how many at most. Source: nemo-api reference section 7.3, 10 s x 30 doubled. */
const POLL_EVERY_MS = 10_000;
const POLLS = 60;

/** A render's end, or its last state when it does not come. A completed one without its address is asked again. */
async function finished(target: Target, token: string, renderId: string): Promise<RenderProgress> {
  for (let poll = 1; ; poll++) {
    const progress = value(await target.nemo.readRender(token, renderId));
    const isOpen =
      progress.status === "pending" ||
      progress.status === "processing" ||
      (progress.status === "completed" && progress.url === null);
    if (!isOpen || poll === POLLS) return progress;
    await target.wait(POLL_EVERY_MS);
  }
}

/** The letters after the first four bytes of every MP4. */
async function isMp4(response: Response): Promise<boolean> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return String.fromCharCode(...bytes.slice(4, 8)) === "ftyp";
}

function order(story: Story, renderId: string): { renderId: string; sessionId: string; draftText: string } {
  const { draftText } = needed(story.clipState, "a clip");
  return { renderId, sessionId: needed(story.clip, "a session").sessionId, draftText: needed(draftText, "a draft") };
}

export const RENDER_STEPS: readonly Step[] = [
  {
    title: "exports the timeline unchanged, and serves an MP4 by both routes",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      const renderId = `render_${target.unique()}`;
      const submitted = await target.nemo.submitRender(token, order(story, renderId));
      story.notes.set(
        "export",
        submitted.ok ? "allowed" : `rejected (${submitted.error.reason}, HTTP ${submitted.error.status})`,
      );
      if (!submitted.ok && (submitted.error.status === 403 || submitted.error.reason === "plan_required"))
        throw new Skipped("this token may not export");
      value(submitted);
      const done = await finished(target, token, renderId);
      claim(done.status === "completed" && done.url !== null, `the render completes: ${JSON.stringify(done)}`);
      claim(await isMp4(value(await target.nemo.fetchResult(done.url))), "its address holds an MP4");
      claim(await isMp4(value(await target.nemo.downloadRender(token, renderId))), "so does the fallback route");
      story.renderId = renderId;
    },
  },
  {
    title: "accepts or rejects a used id without losing the first render",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      const renderId = needed(story.renderId, "a finished render");
      const again = await target.nemo.submitRender(token, order(story, renderId));
      story.notes.set(
        "duplicate_render",
        again.ok ? "the existing job" : `an error (HTTP ${again.error.status}, code ${again.error.code})`,
      );
      claim((await finished(target, token, renderId)).status === "completed", "the first render is still there");
    },
  },
  {
    title: "cancels a render, or says that it is too late",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      needed(story.renderId, "a token that may export");
      const renderId = `render_${target.unique()}`;
      value(await target.nemo.submitRender(token, order(story, renderId)));
      const cancelled = await target.nemo.cancelRender(token, renderId);
      const { status } = await finished(target, token, renderId);
      story.notes.set(
        "cancel",
        cancelled.ok ? `then ${status}` : `rejected (HTTP ${cancelled.error.status}), then ${status}`,
      );
      claim(!cancelled.ok || status !== "processing", "a cancelled render ends");
    },
  },
  {
    title: "does not find a render that was never submitted",
    async run(target, story) {
      failure(
        await target.nemo.readRender(needed(story.clipToken, "a token"), `render_${target.unique()}`),
        "not_found",
      );
    },
  },
  {
    title: "accepts or rejects an export without attribution",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      needed(story.renderId, "a token that may export");
      const { sessionId, draftText } = order(story, "");
      const body = `{"id":"render_${target.unique()}","sessionId":${JSON.stringify(sessionId)},"draft":${draftText}}`;
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await target.fetch(
        new Request(`${target.baseUrl}/api/render/proxy/lambda`, { method: "POST", headers, body }),
      );
      await answer.text();
      story.notes.set("without_attribution", `HTTP ${answer.status}`);
    },
  },
  {
    title: "ran every message once",
    async run(target, story) {
      const controls = needed(target.controls, "the server's own request log");
      const run = await controls.turnsRun();
      claim(run === story.turnsOpened, `${story.turnsOpened} streams were opened, ${run} turns were run`);
    },
  },
];
