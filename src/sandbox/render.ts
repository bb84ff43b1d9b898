/** A render as a function of its record and the moment, and the forms in which it is told (nemo-api reference section 7.3). Pure. */
import type { EpochMs } from "../core/time.ts";
import { fileOf } from "./file.ts";
import type { RenderRecord } from "./records.ts";
import type { Switches } from "./switches.ts";

export type RenderStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

export type RenderView = { readonly status: RenderStatus; readonly progress: number };

export const completedAt = (render: RenderRecord): EpochMs => render.submittedAt + render.totalMs;

export function renderAt(render: RenderRecord, now: EpochMs): RenderView {
  const spent = (render.cancelledAt ?? now) - render.submittedAt;
  const isDone = spent >= render.totalMs && render.outcome !== "stuck";
  const progress = isDone ? 100 : Math.min(95, 5 + Math.floor((90 * spent) / Math.max(1, render.totalMs)));
  if (render.cancelledAt !== null) return { status: "cancelled", progress };
  if (isDone)
    return {
      status: render.outcome === "failed" ? "failed" : "completed",
      progress: render.outcome === "failed" ? 60 : 100,
    };
  return { status: spent < render.pendingMs ? "pending" : "processing", progress };
}

/** Status words as told: the cancelled one is unknown, and a fault shouts or invents. */
function told(render: RenderRecord, { status, progress }: RenderView, switches: Switches): string {
  if (status === "cancelled") return switches.cancelled_status;
  if (!render.faults.includes("render_odd_status")) return status;
  return status === "processing" && progress > 50 ? "ENCODING" : status.toUpperCase();
}

export function pollAnswer(render: RenderRecord, now: EpochMs, switches: Switches, url: string | null): unknown {
  const view = renderAt(render, now);
  const status = told(render, view, switches);
  const isDone = view.status === "completed";
  const error = view.status === "failed" ? (render.error ?? "render failed") : undefined;
  const file = fileOf(render);
  if (switches.render_shape === "wrapped" || render.faults.includes("render_wrapped")) {
    const times = { createdAt: render.submittedAt, completedAt: isDone ? completedAt(render) : undefined };
    const data = {
      id: render.id,
      status,
      progress: view.progress,
      outputUrl: isDone && url !== null ? url : undefined,
      error,
      ...times,
    };
    return { success: true, data };
  }
  const output =
    isDone && url !== null ? { url, duration: file.durationSeconds, size: file.sizeBytes } : isDone ? {} : undefined;
  return { taskId: render.id, status, progress: view.progress, output, error };
}

export function submitAnswer(render: RenderRecord, now: EpochMs, switches: Switches): unknown {
  const view = renderAt(render, now);
  const data = { id: render.id, status: told(render, view, switches), progress: view.progress };
  switch (switches.render_submit_shape) {
    case "wrapped":
      return { success: true, data };
    case "code":
      return { code: 0, data };
    case "flat":
      return { taskId: render.id, status: data.status, progress: data.progress };
  }
}
