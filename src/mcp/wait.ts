/** Waits for the end of a video, turn or render within a call, and reports the progress. A wait never fails: the work continues. */
import type { RenderId, TurnId, VideoId } from "../core/ids.ts";
import { LONG_POLL_MAX_SECONDS, MCP_WAIT_SECONDS, PAGE_MAX } from "../core/limits.ts";
import { SECOND_MS } from "../core/time.ts";
import type { RenderWire } from "../core/wire/render.ts";
import type { TurnWire } from "../core/wire/turn.ts";
import type { VideoWire } from "../core/wire/video.ts";
import { addressOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { afterCommit, unwrap } from "../http/problem.ts";
import type { ToolCall } from "./tool.ts";

/** Time for reading the result after the wait, in ms. */
const MARGIN_MS = 3 * SECOND_MS;
/** Pause between two reads of a render, in ms. Chosen: it polls Nemo less often itself. */
const READ_AGAIN_MS = 2 * SECOND_MS;

/** The end of a wait of so many seconds, within the time of the call. */
const endOf = ({ deadline }: ToolCall, seconds: number): number =>
  Math.min(Date.now() + Math.min(seconds, MCP_WAIT_SECONDS) * SECOND_MS, deadline - MARGIN_MS);

/** The video after the wait, or as it was when it cannot be read. */
export async function awaitVideo(call: ToolCall, known: VideoWire, seconds: number): Promise<VideoWire> {
  const end = endOf(call, seconds);
  if (known.ended_at !== null || Date.now() >= end) return known;
  const user = userObject(call.c.env, addressOf(call.c, known.id));
  if (call.report !== null) await afterCommit(followVideo(call, known.id, end));
  return (await afterCommit(user.awaitVideo(known.id, Math.max(0, end - Date.now())).then(unwrap))) ?? known;
}

/** Reports the stages of a video until its end, or until `end`. */
async function followVideo({ c, report }: ToolCall, id: VideoId, end: number): Promise<void> {
  const user = userObject(c.env, addressOf(c, id));
  let [after, last] = [0, -1];
  for (let left = end - Date.now(); left > 0; left = end - Date.now()) {
    const page = unwrap(
      await user.readVideoEvents(id, after, PAGE_MAX, Math.min(left, LONG_POLL_MAX_SECONDS * SECOND_MS)),
    );
    for (const { event } of page.data) {
      if (event.type !== "video.stage" || event.progress <= last) continue; // progress must increase
      last = event.progress;
      report?.(event.progress, event.stage);
    }
    after = page.next_after;
    if (page.ended) return;
  }
}

/** The turn after the wait, or as it was when it cannot be read. */
export async function awaitTurn(call: ToolCall, known: TurnWire, seconds: number): Promise<TurnWire> {
  const end = endOf(call, seconds);
  if (known.ended_at !== null || Date.now() >= end) return known;
  const id: TurnId = known.id;
  const user = userObject(call.c.env, addressOf(call.c, id));
  return (await afterCommit(user.awaitTurn(id, end - Date.now()).then(unwrap))) ?? known;
}

/** The render after the wait, or as it was when it cannot be read. */
export async function awaitRender(call: ToolCall, known: RenderWire, seconds: number): Promise<RenderWire> {
  const end = endOf(call, seconds);
  const id: RenderId = known.id;
  const user = userObject(call.c.env, addressOf(call.c, id));
  let [found, last] = [known, -1];
  while (found.ended_at === null && Date.now() + READ_AGAIN_MS < end) {
    if (found.progress > last) call.report?.(found.progress, found.status);
    last = Math.max(last, found.progress);
    await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
    found = (await afterCommit(user.readRender(id).then(unwrap))) ?? found;
  }
  return found;
}
