/**
 * Which projects, uploads, renders and videos the tenant's users have, in the order in which they were entered: the lists
 * of all users.
 *
 * A resource is entered before its owner commits it, and leaves after its owner has deleted it. So every resource that
 * exists is here, and the owner says which of those here exist and what they are like. The status is stored only to find
 * candidates: empty while it may change, else that of the event of its end.
 */

import type { ListedId, UserHash } from "../../core/ids.ts";
import { COST_ORDERS, COST_SEARCHED, COST_WINDOW_MS, RESOURCES_LISTED } from "../../core/limits.ts";
import type { EnteredResource, NewEvent, ResourceEntry, ResourceFilter } from "../../core/rpc/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import type { OrderCost, OrderType } from "../../core/usage/usage.ts";
import type { RenderWire } from "../../core/wire/render.ts";
import type { VideoWire } from "../../core/wire/video.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { BOUND_LIMIT } from "../shared/database.ts";

/** The status of a resource that may change. */
const OPEN = "";

export class Resources {
  readonly #runtime: ObjectRuntime;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Enters new resources, and reopens one that is continued. One that was entered before keeps its position. Call in a
   * transaction.
   */
  enter(entered: readonly EnteredResource[]): void {
    const { sql, now } = this.#runtime;
    const query = `INSERT INTO resources (id, kind, status, sequence, generator_id, generator_slug, order_type, entered_at)
      VALUES (?, ?, '${OPEN}', ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
      SET status = excluded.status, sequence = excluded.sequence, entered_at = excluded.entered_at
      WHERE excluded.sequence >= resources.sequence RETURNING position`;
    for (const { id, generator = null, orderType = null, sequence = 0 } of entered) {
      const values = [id, id.slice(0, 3), sequence, generator?.id ?? null, generator?.slug ?? null, orderType, now()];
      const added = sql.exec<{ position: number }>(query, ...values).toArray()[0];
      if (added !== undefined) sql.exec("DELETE FROM resources WHERE position <= ?", added.position - RESOURCES_LISTED);
    }
  }

  /** Records how a resource ended. An event from before it was continued changes nothing. */
  recordEvent(event: NewEvent): void {
    const end = endOf(event);
    if (end === null) return;
    const query = "UPDATE resources SET status = ?, sequence = ? WHERE id = ? AND sequence < ?";
    this.#runtime.sql.exec(query, end.status, event.sequence, end.id, event.sequence);
    if (event.type === "video.completed") this.#recordCost(event);
  }

  /** Stores what a video cost. What a later continuation costs is another order. */
  #recordCost({ resource, data, at }: NewEvent): void {
    const { credits } = JSON.parse(data) as Partial<VideoWire>; // written by its object only
    if (credits === null || credits === undefined || credits.amount === null) return;
    const query = "UPDATE resources SET credits = ?, ended_at = ? WHERE id = ? AND ended_at IS NULL";
    this.#runtime.sql.exec(query, credits.amount, at, resource);
  }

  /** See `readCosts` in `src/core/rpc/tenant.ts`. */
  costs(type: OrderType, uh: UserHash | null): OrderCost[] {
    const { sql, now } = this.#runtime;
    const newest = `SELECT id, credits, ended_at FROM resources
      WHERE order_type = ? AND credits IS NOT NULL ORDER BY position DESC ${BOUND_LIMIT}`;
    const query = `SELECT credits, ended_at AS endedAt FROM (${newest})
      WHERE ended_at > ? AND (? IS NULL OR substr(id, -16) = ?) ${BOUND_LIMIT}`;
    return sql.exec<OrderCost>(query, type, COST_SEARCHED, now() - COST_WINDOW_MS, uh, uh, COST_ORDERS).toArray();
  }

  /** Candidates of a list, the newest first: see `listResources` in `src/core/rpc/tenant.ts`. */
  list(
    { kind, status = null, generator = null }: ResourceFilter,
    before: number | null,
    limit: number,
  ): ResourceEntry[] {
    const from = before ?? Number.MAX_SAFE_INTEGER;
    const [rule, values] = generator === null ? ["kind = ?", [kind]] : [generatorRule(generator), [generator]];
    const { sql } = this.#runtime;
    const read = (more: string, ...also: string[]): ResourceEntry[] =>
      sql
        .exec<ResourceEntry>(
          `SELECT id, position FROM resources WHERE ${rule}${more} AND position < ? ORDER BY position DESC ${BOUND_LIMIT}`,
          ...values,
          ...also,
          from,
          limit,
        )
        .toArray();
    if (status === null) return read("");
    // two reads along the index; a search for both at once would sort every resource of the kind
    const candidates = [...read(" AND status = ?", status), ...read(" AND status = ?", OPEN)];
    return candidates.sort((one, other) => other.position - one.position).slice(0, limit);
  }

  remove(ids: readonly ListedId[], before: EpochMs | null): void {
    const query = "DELETE FROM resources WHERE id IN (SELECT value FROM json_each(?)) AND entered_at < ?";
    this.#runtime.sql.exec(query, JSON.stringify(ids), before ?? Number.MAX_SAFE_INTEGER);
  }

  /** Removes all resources of a user. */
  erase(uh: UserHash): void {
    this.#runtime.sql.exec("DELETE FROM resources WHERE substr(id, -16) = ?", uh);
  }
}

const generatorRule = (generator: string): string =>
  generator.startsWith("gen_") ? "generator_id = ?" : "generator_slug = ?";

/**
 * The resource that has ended with this event, and its status from then on. A render that timed out may still be
 * completed. An upload has ended when its file was inspected: until then it may still fail.
 */
function endOf({ type, resource, data }: NewEvent): { readonly id: string; readonly status: string } | null {
  switch (type) {
    case "video.completed":
    case "video.failed":
    case "video.cancelled":
    case "video.needs_input":
      return { id: resource, status: type.slice("video.".length) };
    case "render.completed":
      return { id: resource, status: "completed" };
    case "render.failed":
      return (JSON.parse(data) as RenderWire).stage === "late" ? null : { id: resource, status: "failed" }; // written by its object only
    case "upload.expired":
    case "upload.failed":
      return { id: resource, status: type.slice("upload.".length) };
    case "asset.ready":
    case "asset.rejected":
      return { id: `upl_${resource.slice("ast_".length)}`, status: "completed" };
    default:
      return null;
  }
}
