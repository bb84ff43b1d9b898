/** One event of each type as it might have happened: what a hook's sample is made from before a real one exists. */

import { type SharedFile, shareable } from "./hook-body.ts";
import type { Mode } from "./ids.ts";
import {
  ASSET,
  BATCH,
  CREDITS,
  ENDED,
  ENDPOINT,
  FAILED,
  HOOK,
  MAKING,
  ORIGIN,
  RENDER,
  TAIL,
  TOKEN,
  TURN,
  UPLOAD,
  VIDEO,
} from "./sample-things.ts";
import type { EventType, EventWire } from "./wire/event.ts";

const DATA: Readonly<Record<EventType, Record<string, unknown>>> = {
  "turn.completed": TURN,
  "turn.failed": { ...TURN, status: "failed", text: null, text_complete: false, charged: "no", error: FAILED },
  "turn.unknown": { ...TURN, status: "unknown", text_complete: false, charged: "unknown" },
  "timeline.changed": {
    project_id: `prj${TAIL}`,
    turn_id: `trn${TAIL}`,
    summary: "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
    line: "Added a BGM track.",
  },
  "upload.completed": UPLOAD,
  "upload.expired": { ...UPLOAD, status: "expired", asset_id: null },
  "upload.failed": { ...UPLOAD, status: "failed", asset_id: null, error: FAILED },
  "asset.ready": ASSET,
  "asset.rejected": { ...ASSET, status: "rejected" },
  "render.completed": RENDER,
  "render.failed": { ...RENDER, content_url: null, error: FAILED, status: "failed", progress: 50, file: null },
  "video.completed": VIDEO,
  "video.failed": { ...VIDEO, error: FAILED, status: "failed", render_id: null, charged: "no" },
  "video.cancelled": {
    ...VIDEO,
    error: { code: "cancelled", title: "Cancelled", detail: "The video was cancelled.", retryable: false },
    status: "cancelled",
    stage: "turn",
    progress: 40,
    render_id: null,
    charged: null,
    credits: null,
  },
  "video.needs_input": {
    ...VIDEO,
    status: "needs_input",
    stage: "timeline",
    progress: 60,
    message: "Which of the two songs shall I take?",
    render_id: null,
  },
  "batch.completed": BATCH,
  "making.ready": MAKING,
  "making.failed": {
    ...MAKING,
    status: "failed",
    generator_id: null,
    slug: null,
    made_by: null,
    charged: "no",
    error: FAILED,
  },
  "credits.low": CREDITS,
  "credits.exhausted": { ...CREDITS, available: 0 },
  "token.expiring": TOKEN,
  "endpoint.disabled": ENDPOINT,
  "hook.disabled": HOOK,
};

/** An event of this type that never happened, with ids that lead nowhere. */
export const sampleEvent = (type: EventType, mode: Mode): EventWire => ({
  id: "evt_01jd8m3k5xq2w4v7z9ab",
  type,
  cursor: 1,
  timestamp: ENDED,
  tenant: "ten_01jd8m3k5xq2w4v7z9ab",
  mode,
  sequence: 1,
  data: DATA[type],
});

/** The file of a sample that has one; its link leads nowhere. */
export const sampleFile = (event: EventWire): SharedFile | null =>
  shareable(event, Date.parse(event.timestamp)) === null
    ? null
    : { url: `${ORIGIN}/f/sample`, expiresAt: Date.parse("2026-11-28T10:02:30.000Z") };
