/** A render as the outside sees it, and what is told instead of one. */
import type { Download, Unsigned } from "../../core/download.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { RenderId } from "../../core/ids.ts";
import { isOver, isTold, type Render } from "../../core/render.ts";
import type { RenderFile } from "../../core/render-file.ts";
import { toRfc3339 } from "../../core/time.ts";
import { type FileFacts, NO_FACTS } from "../../core/wire/file.ts";
import type { RenderStatus, RenderWire } from "../../core/wire/render.ts";
import { type Home, originOf } from "./home.ts";
import { failureOf } from "./show.ts";

export type ShownRender = Unsigned<RenderWire>;

export function showRender(home: Home, render: Render): ShownRender {
  const { file } = render;
  const shown = shownFile(home, render);
  return {
    id: render.id,
    project_id: render.project,
    status: statusOf(render),
    stage: stageOf(render),
    progress: render.progress,
    output: { ...render.output },
    file: file === null ? null : showFile(file),
    ...shown,
    content_url: shown.download === null ? null : `${originOf(home)}/v1/renders/${render.id}/content`,
    reused_from: render.reusedFrom,
    warnings: render.warnings.map(({ code, detail }) => ({ code, detail })),
    attempts: render.attempts.map(({ submittedAt, endedAt, detail }) => ({
      submitted_at: submittedAt === null ? null : toRfc3339(submittedAt),
      ended_at: toRfc3339(endedAt),
      detail,
    })),
    error: render.error === null ? null : failureOf(render.error),
    metadata: { ...render.metadata },
    created_at: toRfc3339(render.createdAt),
    next_check_at: render.nextAt === null ? null : toRfc3339(render.nextAt),
    ended_at: render.endedAt === null ? null : toRfc3339(render.endedAt),
  };
}

/** What is told of a finished render's file wherever it is shown: its facts, and the file that a link opens while it is kept. */
export function shownFile(home: Home, render: Render | null): FileFacts & { readonly download: Download | null } {
  const file = render?.file ?? null;
  if (render === null || file === null) return { download: null, ...NO_FACTS };
  const { sizeBytes: size_bytes, durationMs: duration_ms, width, height, expiresAt: until } = file;
  const isKept = until > home.ground.now();
  const download = isKept ? { id: render.id, origin: originOf(home), until } : null;
  return { download, size_bytes, duration_ms, width, height };
}

const showFile = (file: RenderFile): NonNullable<RenderWire["file"]> => ({
  size_bytes: file.sizeBytes,
  etag: `"${file.etag}"`,
  content_type: file.contentType,
  sha256: file.sha256,
  duration_ms: file.durationMs,
  width: file.width,
  height: file.height,
  codec: file.codec,
  expires_at: toRfc3339(file.expiresAt),
});

function statusOf(render: Render): RenderStatus {
  if (isTold(render)) return render.phase === "completed" ? "completed" : "failed";
  if (render.phase === "polling") return "processing";
  return render.phase === "copying" ? "copying" : "queued";
}

function stageOf(render: Render): RenderWire["stage"] {
  if (isOver(render)) return null;
  if (render.timedOutAt !== null) return "late";
  switch (render.phase) {
    case "queued":
    case "submitting":
    case "copying":
      return render.phase;
    default:
      return render.working ? "rendering" : "waiting";
  }
}

export const nothingToRender = (): Refusal =>
  refusal("nothing_to_render", "The timeline is empty; send a turn that makes or edits a video first.", {
    charged: "no",
    hint: "POST /v1/projects/{id}/turns",
  });

export const noRender = (): Refusal =>
  refusal("not_found", "No render with this id exists here; list yours with GET /v1/renders.");

export const notReady = (id: RenderId): Refusal =>
  refusal("render_not_ready", "The render is not finished; read it again later.", {
    hint: `GET /v1/renders/${id}`,
    retryAfterSeconds: 5,
  });

export const fileGone = (render: Render): Refusal =>
  refusal("file_gone", "The file was removed when its time was over; start another render of the project.", {
    hint: `POST /v1/projects/${render.project}/renders`,
  });

export const unattested = (): Refusal =>
  refusal(
    "unattested_output",
    'Exports are made as {"format": "mp4", "quality": "high"}; leave `output` out, or send that.',
    { charged: "no", errors: [{ field: "/output", message: 'must be {"format": "mp4", "quality": "high"}' }] },
  );
