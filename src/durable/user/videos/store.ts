/** Storage of videos: their rows, their public representation, and the validation of a request for one. */

import type { Unsigned } from "../../../core/download.ts";
import { joinFieldErrors, type Problem, problemOf } from "../../../core/errors.ts";
import { type ProjectId, type RenderId, type TurnId, userHashOf, type VideoId } from "../../../core/ids.ts";
import { idBefore, rowsFor } from "../../../core/page.ts";
import { isAttested } from "../../../core/render.ts";
import type { PageRequest, VideoFilter } from "../../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../../core/ssrf.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../../core/time.ts";
import {
  awaitsCost,
  isVideoOver,
  type NamedVideoRequest,
  progressOf,
  promptSourceOf,
  renderStep,
  roundStartedAt,
  turnStep,
  type Video,
} from "../../../core/video.ts";
import type { VideoWire } from "../../../core/wire/video.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { type Database, TablePresence } from "../../shared/database.ts";
import { findByOwnKey, stepKey } from "../../shared/idempotency.ts";
import type { Assets } from "../assets.ts";
import { originOf, type UserContext } from "../context.ts";
import { noProject, type Projects } from "../projects.ts";
import { type RenderRows, shownFile, unattested } from "../renders/store.ts";
import { checkCallback, failureOf } from "../turns/store.ts";

export class VideoRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #presence: TablePresence;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
    this.#presence = new TablePresence(runtime, "videos");
  }

  find(id: VideoId): Video | null {
    if (!this.#database.exists()) return null;
    return this.#videos("SELECT record FROM videos WHERE id = ?", id)[0] ?? null;
  }

  save(video: Video): void {
    this.#runtime.sql.exec(
      `INSERT INTO videos (id, status, turn, render, ended_at, record) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, turn = excluded.turn, render = excluded.render,
         ended_at = excluded.ended_at, events_deleted = 0, record = excluded.record`,
      video.id,
      video.status,
      video.turn,
      video.render,
      video.endedAt,
      JSON.stringify(video),
    );
    this.#presence.inserted();
  }

  remove(id: VideoId): void {
    this.#runtime.sql.exec("DELETE FROM videos WHERE id = ?", id);
  }

  /** Videos that use a project, whether or not they created it. */
  inProject(project: ProjectId): Video[] {
    return this.#videos("SELECT record FROM videos WHERE record ->> '$.project' = ?", project);
  }

  /** A page of videos, newest first, and one more to know whether there are others. */
  page(page: PageRequest, status: Video["status"] | null, { generator, project, batch }: VideoFilter): Video[] {
    if (!this.#database.exists()) return [];
    const wanted: [string, string | null | undefined][] = [
      ["status = ?1", status],
      ["?2 IN (record ->> '$.generator.id', record ->> '$.generator.slug')", generator],
      ["record ->> '$.project' = ?3", project],
      ["record ->> '$.batch' = ?4", batch],
    ];
    const rules = wanted.flatMap(([rule, value]) => (value == null ? [] : [`${rule} AND `]));
    const values = wanted.map(([, value]) => value ?? null);
    const query = `SELECT record FROM videos WHERE ${rules.join("")}id < ?5 ORDER BY id DESC LIMIT ?6`;
    return this.#videos(query, ...values, idBefore(page), rowsFor(page));
  }

  /** Videos that are being made. */
  running(): Video[] {
    return this.#videos("SELECT record FROM videos WHERE status IN ('queued', 'processing') ORDER BY id");
  }

  /**
   * The turn and the render of the current round. A step may have created one that the video's record does not name
   * yet.
   */
  findStepResults(video: Video): { readonly turn: TurnId | null; readonly render: RenderId | null } {
    const under = (step: string): string | null => findByOwnKey(this.#runtime, stepKey(video.id, step));
    return {
      turn: video.turn ?? (under(turnStep(video)) as TurnId | null), // that step makes nothing else
      render: video.render ?? (under(renderStep(video)) as RenderId | null),
    };
  }

  /**
   * Videos that wait for this turn or render: running ones, and cancelled ones, which still record what a turn cost.
   */
  waitingFor(id: TurnId | RenderId): VideoId[] {
    if (!this.#presence.mayHaveRows()) return [];
    const column = id.startsWith("trn_") ? "turn" : "render";
    const query = `SELECT id FROM videos WHERE ${column} = ? AND (ended_at IS NULL OR status = 'cancelled')`;
    return this.#runtime.sql
      .exec<{ id: VideoId }>(query, id)
      .toArray()
      .map(({ id }) => id);
  }

  /**
   * Deletes the events of videos that ended before `before`, except for the last one of each: sequence numbers
   * continue from it. Returns the end of the oldest video that still has its events.
   */
  deleteExpiredEvents(before: EpochMs): EpochMs | null {
    const { sql } = this.#runtime;
    sql.exec(
      `DELETE FROM event_log WHERE owner IN (SELECT id FROM videos WHERE events_deleted = 0 AND ended_at < ?)
         AND seq < (SELECT max(seq) FROM event_log AS other WHERE other.owner = event_log.owner)`,
      before,
    );
    sql.exec("UPDATE videos SET events_deleted = 1 WHERE events_deleted = 0 AND ended_at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(ended_at) AS at FROM videos WHERE events_deleted = 0").one().at;
  }

  #videos(query: string, ...values: SqlStorageValue[]): Video[] {
    const rows = this.#runtime.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => JSON.parse(record) as Video); // written by save() only
  }
}

/** When to read a running video again. Chosen: an export takes 30 to 90 s. */
const POLL_AFTER_SECONDS = 5;
/**
 * The share of the expected time that the agent takes; the rest is the export. Source: the seeds' "1-2 minutes"
 * beside "30-90 seconds".
 */
const AGENT_SHARE = 0.6;

export const videoUrl = (context: UserContext, id: VideoId): string => `${originOf(context)}/v1/videos/${id}`;

/** The progress of the current stage, 0 to 1: as an export reports it, or by the elapsed time of a turn. */
function stageProgressOf(context: UserContext, renders: RenderRows, video: Video): number {
  if (video.stage === "render" && video.render !== null) return (renders.find(video.render)?.progress ?? 0) / 100;
  return (context.runtime.now() - roundStartedAt(video)) / (video.expectedMs * AGENT_SHARE);
}

function creditsOf(video: Video): VideoWire["credits"] {
  if (video.charged === null) return null;
  const isKnown = video.spent !== null && !awaitsCost(video);
  return { amount: isKnown ? video.spent : null, basis: isKnown ? "measured" : "unknown" };
}

export type ShownVideo = Unsigned<VideoWire>;

export function showVideo(context: UserContext, renders: RenderRows, video: Video): ShownVideo {
  const { stage, endedAt } = video;
  const url = videoUrl(context, video.id);
  const elapsed = (endedAt ?? context.runtime.now()) - roundStartedAt(video);
  const copying = stage === "render" && video.render !== null && renders.find(video.render)?.phase === "copying";
  return {
    id: video.id,
    status: video.status,
    stage: copying ? "file" : stage,
    progress: progressOf(video, stageProgressOf(context, renders, video)),
    elapsed_ms: elapsed,
    prompt: video.prompt,
    prompt_source: promptSourceOf(video),
    message: video.message,
    generator: video.generator === null ? null : { ...video.generator },
    batch_id: video.batch,
    project_id: video.project,
    turn_id: video.turn,
    render_id: video.render ?? video.file,
    asset_ids: video.sources.map(({ asset }) => asset),
    charged: video.charged,
    credits: creditsOf(video),
    error: video.error === null ? null : failureOf(video.error),
    metadata: { ...video.metadata },
    status_url: url,
    events_url: `${url}/events`,
    ...shownFile(context, video.file === null ? null : renders.shown(video.file)),
    content_url: `${url}/content`,
    cancel_url: `${url}/cancel`,
    poll_after_seconds: isVideoOver(video) ? null : POLL_AFTER_SECONDS,
    estimated_seconds: isVideoOver(video)
      ? null
      : Math.max(POLL_AFTER_SECONDS, Math.ceil((video.expectedMs - elapsed) / SECOND_MS)),
    created_at: toRfc3339(video.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}

/**
 * Why a video can never be made: its project or one of its files does not exist, or its output or callback is not
 * allowed. A file that is still being uploaded may arrive. Null when the request is valid.
 */
export function checkOrder(
  context: UserContext,
  projects: Projects,
  assets: Assets,
  order: NamedVideoRequest,
  named: boolean,
): Problem | null {
  const { sources, project, output, callback } = order;
  if (project !== null && projects.find(project) === null) return noProject();
  if (!isAttested(output) && !context.runtime.config.allowUnattestedOutput) return unattested();
  const unreachable = checkCallback(context, { callback_url: callback ?? undefined });
  if (unreachable !== null) return unreachable;
  for (const [at, source] of sources.entries()) {
    const problem = "url" in source ? checkAddress(context, source.url, at) : null;
    if (problem !== null) return problem;
  }
  const at = sources.findIndex((source) => {
    if ("url" in source) return false;
    const { asset, upload } = source;
    const own = userHashOf(asset) === context.address.uh;
    return own ? upload === null && assets.find(asset) === null : named;
  });
  return at < 0 ? null : noFile(at);
}

function checkAddress(context: UserContext, url: string, at: number): Problem | null {
  const origin = context.database.exists() ? originOf(context) : ""; // unknown before the user's first write
  const own = URL.canParse(origin) ? [new URL(origin).hostname] : [];
  const { rules } = context.runtime.config.targets;
  const problem = checkWebhookTarget(url, `/assets/${at}`, { ...rules, ownHosts: [...rules.ownHosts, ...own] });
  return problem === null ? null : { ...problem, detail: joinFieldErrors(problem.errors ?? []) }; // names the file when there are several
}

function noFile(at: number): Problem {
  const message = "names a file that does not exist; upload it first";
  const errors = [{ field: `/assets/${at}`, message }];
  return problemOf("invalid_request", `/assets/${at} ${message}.`, { errors, charged: "no", hint: "POST /v1/uploads" });
}
