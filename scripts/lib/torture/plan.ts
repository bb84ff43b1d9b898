/** Which stories reach which failpoint. A failpoint that is missing here does not compile; one that a story does not reach fails the run. */
import { FAILPOINTS, type Failpoint } from "../../../src/failpoints.ts";
import { deliveries } from "./delivery-stories.ts";
import { closing, deletions, leaving } from "./end-stories.ts";
import type { Story } from "./story.ts";
import { batch, generator, oneProjectBatch, videos } from "./video-stories.ts";
import { expiry, imports, render, takenBack, turns, uploads } from "./work-stories.ts";

export const STORIES = {
  turns,
  render,
  "taken-back": takenBack,
  uploads,
  imports,
  expiry,
  deliveries,
  videos,
  batch,
  "one-project": oneProjectBatch,
  generator,
  deletions,
  leaving,
  closing,
} as const satisfies Record<string, Story>;
export type StoryName = keyof typeof STORIES;

/** The first story of each failpoint is its default. */
const PLAN: Readonly<Record<Failpoint, readonly [StoryName, ...StoryName[]]>> = {
  "turn.intent": ["turns", "videos", "batch", "one-project"],
  "turn.sent": ["turns", "videos", "batch", "one-project", "generator"],
  "turn.first_byte": ["turns", "videos", "batch", "one-project"],
  "turn.ended": ["turns", "videos", "batch", "one-project"],
  "import.intent": ["imports"],
  "import.begun": ["imports"],
  "import.answered": ["imports"],
  "upload.begun": ["uploads", "imports", "expiry", "leaving"],
  "upload.part": ["uploads", "imports", "expiry", "leaving"],
  "upload.closing": ["uploads", "imports"],
  "upload.acquired": ["uploads"],
  "upload.stored": ["uploads", "videos"],
  "upload.completed": ["uploads", "videos"],
  "upload.ended": ["uploads", "expiry"],
  "asset.attached": ["turns", "videos"],
  "render.submitting": ["render", "videos", "batch", "one-project"],
  "render.submitted": ["render", "taken-back", "videos", "batch", "one-project"],
  "render.cancelled": ["taken-back"],
  "file.copied": ["render", "videos", "batch", "one-project"],
  "file.expired": ["deletions"],
  "video.intent": ["videos"],
  "video.step": ["videos", "batch", "one-project"],
  "batch.intent": ["batch", "one-project"],
  "batch.item": ["batch", "one-project"],
  "deletion.files_deleted": ["deletions"],
  "generator_job.intent": ["generator"],
  "generator_job.step": ["generator"],
  "event.outbox": ["turns", "uploads", "expiry", "render", "videos", "batch", "one-project"],
  "secret.rotated": ["deliveries"],
  "user.closed": ["leaving", "closing"],
  "user.events_deleted": ["leaving", "closing"],
  "user.files_deleted": ["leaving", "closing"],
  "user.settled": ["leaving", "closing"],
  "tenant.closed": ["closing"],
  "tenant.left": ["closing"],
  "tenant.files_deleted": ["closing"],
  "tenant.ended": ["closing"],
  "endpoint.recovering": ["deliveries"],
  "delivery.claimed": ["deliveries", "turns", "render", "uploads"],
  "delivery.sent": ["deliveries", "turns", "render", "uploads"],
};

/** A failpoint in a story, at which one run is killed. */
export type Moment = { readonly at: Failpoint; readonly story: StoryName };

export const isFailpoint = (text: string): text is Failpoint => (FAILPOINTS as readonly string[]).includes(text);
export const isStory = (text: string): text is StoryName => Object.hasOwn(STORIES, text);

const momentsOf = (at: Failpoint): Moment[] => PLAN[at].map((story) => ({ at, story }));

/**
 * Reads the arguments: `failpoint` in its default story, `failpoint@story`, `@story` with all of its failpoints; without arguments
 * everything. Throws for an unknown name.
 */
export function chosenMoments(args: readonly string[]): Moment[] {
  if (args.length === 0) return FAILPOINTS.flatMap(momentsOf);
  return args.flatMap((arg) => {
    const [at = "", story = ""] = arg.split("@");
    if (at === "" && isStory(story)) return FAILPOINTS.flatMap(momentsOf).filter((moment) => moment.story === story);
    if (!isFailpoint(at)) throw new Error(`${arg} names no failpoint; there are ${FAILPOINTS.join(", ")}.`);
    if (story === "") return momentsOf(at).slice(0, 1);
    if (!isStory(story)) throw new Error(`${arg} names no story; there are ${Object.keys(STORIES).join(", ")}.`);
    return [{ at, story }];
  });
}
