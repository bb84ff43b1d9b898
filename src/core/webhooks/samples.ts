/** An invented event of each type: the sample of a hook before a real event exists. */
import type { Mode } from "../ids.ts";
import type { BatchWire } from "../wire/batch.ts";
import { type DownloadFields, type FailureWire, type FileFields, NO_PROPERTIES } from "../wire/common.ts";
import type { EventType, EventWire } from "../wire/event.ts";
import type { GeneratorJobWire } from "../wire/generator.ts";
import type { RenderWire } from "../wire/render.ts";
import type { NemoTokenWire } from "../wire/token.ts";
import type { TurnWire } from "../wire/turn.ts";
import type { AssetWire, UploadWire } from "../wire/upload.ts";
import type { VideoWire } from "../wire/video.ts";
import type { EndpointWire, HookWire } from "../wire/webhook.ts";

/** The origin of the samples' links, which do not work. */
export const ORIGIN = "https://gateway.example";
export const TAIL = "_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv";
const AT = "2026-11-21T10:00:00.000Z";
export const ENDED = "2026-11-21T10:02:30.000Z";
const METADATA = { order: "1234" };
const PROMPT = "turn this video into a new short promotional clip with music and transitions";

export const FAILED: FailureWire = {
  code: "nemo_unavailable",
  title: "The video service is not responding",
  detail: "Try it again.",
  retryable: true,
};

export const SAMPLE_TURN: TurnWire = {
  id: `trn${TAIL}`,
  project_id: `prj${TAIL}`,
  status: "completed",
  intent: "chat",
  prompt: PROMPT,
  prompt_source: "caller",
  channel: "api",
  key_id: "key_01jd8m3k5xq2w4v7z9ab",
  text: "Your clip is ready.",
  text_complete: true,
  charged: "yes",
  credits: { amount: 12, basis: "measured" },
  timeline: { changed: true, summary: "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)" },
  evidence: { stream: "closed", timeline: "changed", balance: "lower" },
  error: null,
  language: "en",
  metadata: METADATA,
  render_ids: [`rnd${TAIL}`],
  events_url: `${ORIGIN}/v1/turns/trn${TAIL}/events`,
  created_at: AT,
  sent_at: AT,
  ended_at: ENDED,
};

export const UPLOAD: UploadWire = {
  id: `upl${TAIL}`,
  status: "completed",
  source: "sent",
  filename: "clip.mp4",
  size_bytes: 4_200_000,
  offset_bytes: 4_200_000,
  asset_id: `ast${TAIL}`,
  error: null,
  concat: null,
  content_url: `${ORIGIN}/v1/uploads/upl${TAIL}/content`,
  metadata: METADATA,
  created_at: AT,
  expires_at: "2026-11-22T10:00:00.000Z",
};

const SHA256 = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c";

/** A link that does not work. */
const LINK: DownloadFields = {
  download_url: `${ORIGIN}/f/sample`,
  download_url_expires_at: "2026-11-28T10:00:00.000Z",
};
export const NO_LINK: DownloadFields = { download_url: null, download_url_expires_at: null };
const FILE: FileFields = { ...LINK, size_bytes: 9_500_000, duration_ms: 15_000, width: 1920, height: 1080 };
export const NO_FILE: FileFields = { ...NO_LINK, ...NO_PROPERTIES };

export const SAMPLE_ASSET: AssetWire = {
  id: `ast${TAIL}`,
  status: "ready",
  filename: "clip.mp4",
  kind: "video",
  content_type: "video/mp4",
  ...LINK,
  size_bytes: 4_200_000,
  duration_ms: 12_000,
  width: 1080,
  height: 1920,
  sha256: SHA256,
  error: null,
  metadata: METADATA,
  created_at: AT,
};

export const SAMPLE_RENDER: RenderWire = {
  id: `rnd${TAIL}`,
  project_id: `prj${TAIL}`,
  status: "completed",
  stage: null,
  progress: 100,
  output: { format: "mp4", quality: "high" },
  file: {
    size_bytes: 9_500_000,
    etag: '"b5bb9d8014a0f9b1"',
    content_type: "video/mp4",
    sha256: SHA256,
    duration_ms: 15_000,
    width: 1920,
    height: 1080,
    codec: "h264",
    expires_at: "2026-12-21T10:02:30.000Z",
  },
  ...FILE,
  content_url: `${ORIGIN}/v1/renders/rnd${TAIL}/content`,
  reused_from: null,
  warnings: [],
  attempts: [],
  error: null,
  metadata: METADATA,
  created_at: AT,
  next_check_at: null,
  ended_at: ENDED,
};

export const SAMPLE_VIDEO: VideoWire = {
  id: `vid${TAIL}`,
  status: "completed",
  stage: "done",
  progress: 100,
  elapsed_ms: 150_000,
  prompt: PROMPT,
  prompt_source: "caller",
  message: "Your clip is ready.",
  generator: null,
  batch_id: null,
  project_id: `prj${TAIL}`,
  turn_id: `trn${TAIL}`,
  render_id: `rnd${TAIL}`,
  asset_ids: [`ast${TAIL}`],
  charged: "yes",
  credits: { amount: 12, basis: "measured" },
  error: null,
  metadata: METADATA,
  status_url: `${ORIGIN}/v1/videos/vid${TAIL}`,
  events_url: `${ORIGIN}/v1/videos/vid${TAIL}/events`,
  ...FILE,
  content_url: `${ORIGIN}/v1/videos/vid${TAIL}/content`,
  cancel_url: `${ORIGIN}/v1/videos/vid${TAIL}/cancel`,
  poll_after_seconds: null,
  estimated_seconds: null,
  created_at: AT,
  ended_at: ENDED,
};

export const SAMPLE_BATCH: BatchWire = {
  id: `bat${TAIL}`,
  status: "completed",
  mode: "own_projects",
  concurrency: 4,
  counts: { total: 10, completed: 9, failed: 1, running: 0, queued: 0, needs_input: 0, cancelled: 0 },
  generator: null,
  project_id: null,
  credits: { amount: 108, basis: "measured" },
  metadata: METADATA,
  status_url: `${ORIGIN}/v1/batches/bat${TAIL}`,
  videos_url: `${ORIGIN}/v1/batches/bat${TAIL}/videos`,
  poll_after_seconds: null,
  created_at: AT,
  ended_at: ENDED,
};

export const SAMPLE_GENERATOR_JOB: GeneratorJobWire = {
  id: `gjb${TAIL}`,
  status: "completed",
  description: "create a generator that turns product photos into promo videos with music and captions",
  generator_id: "gen_01jd8m3k5xq2w4v7z9ab",
  slug: "product-promo",
  made_by: "agent",
  fault: null,
  project_id: `prj${TAIL}`,
  turn_id: `trn${TAIL}`,
  charged: "yes",
  credits: { amount: 1, basis: "measured" },
  error: null,
  status_url: `${ORIGIN}/v1/generator_jobs/gjb${TAIL}`,
  poll_after_seconds: null,
  created_at: AT,
  ended_at: ENDED,
};

export const CREDITS = { available: 8, turn_id: `trn${TAIL}`, register_url: "https://nemovideo.com" };
export const SAMPLE_TOKEN: NemoTokenWire = {
  source: "tenant",
  state: "expiring",
  expires_at: ENDED,
  next_try_at: null,
};

export const ENDPOINT: EndpointWire = {
  id: "whk_01jd8m3k5xq2w4v7z9ab",
  url: "https://example.com/hooks/nemo",
  types: ["*"],
  state: "disabled",
  disabled_by: "failing",
  disabled_at: AT,
  created_at: AT,
};

export const HOOK: HookWire = {
  id: "whk_01jd8m3k5xq2w4v7z9ab",
  target_url: "https://example.com/hooks/nemo",
  event: "video.completed",
  state: "disabled",
  disabled_at: AT,
  created_at: AT,
};

const DATA: Readonly<Record<EventType, Record<string, unknown>>> = {
  "turn.completed": SAMPLE_TURN,
  "turn.failed": { ...SAMPLE_TURN, status: "failed", text: null, text_complete: false, charged: "no", error: FAILED },
  "turn.unknown": { ...SAMPLE_TURN, status: "unknown", text_complete: false, charged: "unknown" },
  "timeline.changed": {
    type: "timeline.changed",
    diff: null,
    project_id: `prj${TAIL}`,
    turn_id: `trn${TAIL}`,
    summary: "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
    line: "Added a BGM track.",
  },
  "upload.completed": UPLOAD,
  "upload.expired": { ...UPLOAD, status: "expired", asset_id: null },
  "upload.failed": { ...UPLOAD, status: "failed", asset_id: null, error: FAILED },
  "asset.ready": SAMPLE_ASSET,
  "asset.rejected": { ...SAMPLE_ASSET, ...NO_LINK, status: "rejected" },
  "render.completed": SAMPLE_RENDER,
  "render.failed": {
    ...SAMPLE_RENDER,
    ...NO_FILE,
    content_url: null,
    error: FAILED,
    status: "failed",
    progress: 50,
    file: null,
  },
  "video.completed": SAMPLE_VIDEO,
  "video.failed": { ...SAMPLE_VIDEO, ...NO_FILE, error: FAILED, status: "failed", render_id: null, charged: "no" },
  "video.cancelled": {
    ...SAMPLE_VIDEO,
    ...NO_FILE,
    error: { code: "cancelled", title: "Cancelled", detail: "The video was cancelled.", retryable: false },
    status: "cancelled",
    stage: "turn",
    progress: 40,
    render_id: null,
    charged: null,
    credits: null,
  },
  "video.needs_input": {
    ...SAMPLE_VIDEO,
    ...NO_FILE,
    status: "needs_input",
    stage: "timeline",
    progress: 60,
    message: "Which of the two songs shall I take?",
    render_id: null,
  },
  "batch.completed": SAMPLE_BATCH,
  "generator_job.completed": SAMPLE_GENERATOR_JOB,
  "generator_job.failed": {
    ...SAMPLE_GENERATOR_JOB,
    status: "failed",
    generator_id: null,
    slug: null,
    made_by: null,
    charged: "no",
    error: FAILED,
  },
  "credits.low": CREDITS,
  "credits.exhausted": { ...CREDITS, available: 0 },
  "credits.cap_reached": {
    scope: "tenant",
    cap: "soft",
    limit: 1_000,
    used: 1_012,
    uh: null,
    month: "2026-11",
    resets_at: "2026-12-01T00:00:00.000Z",
  },
  "token.expiring": SAMPLE_TOKEN,
  "endpoint.disabled": ENDPOINT,
  "hook.disabled": HOOK,
};

/** An invented event of this type; its ids do not exist. */
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
