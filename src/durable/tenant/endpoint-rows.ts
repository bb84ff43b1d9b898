/** The rows of endpoints: every statement on them. */
import type { DisabledBy, Failing } from "../../core/endpoint-health.ts";
import type { EndpointId } from "../../core/ids.ts";
import type { EpochMs } from "../../core/time.ts";
import type { EndpointWire } from "../../core/wire/webhook.ts";
import { rememberRemoved, wasRemoved } from "./removed-targets.ts";

export type Endpoint = {
  readonly id: EndpointId;
  readonly url: string;
  readonly types: EndpointWire["types"];
  readonly state: "enabled" | "disabled";
  readonly failing: Failing | null;
  readonly disabledBy: DisabledBy | null;
  readonly disabledAt: EpochMs | null;
  /** How often we disabled it. */
  readonly disablings: number;
  readonly createdAt: EpochMs;
};

/** What a recovery has still to look at: events that happened since, after one cursor and up to another. */
export type Recovery = { readonly since: EpochMs; readonly after: number; readonly until: number };

type Row = {
  id: EndpointId;
  url: string;
  types: string;
  state: "enabled" | "disabled";
  failing: string | null;
  disabled_by: DisabledBy | null;
  disabled_at: number | null;
  disablings: number;
  created_at: number;
};

const COLUMNS = "id, url, types, state, failing, disabled_by, disabled_at, disablings, created_at";

export class EndpointRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Endpoint[] {
    return this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM endpoints ORDER BY id`).toArray().map(decode);
  }

  find(id: EndpointId): Endpoint | null {
    const row = this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM endpoints WHERE id = ?`, id).toArray()[0];
    return row === undefined ? null : decode(row);
  }

  save(endpoint: Endpoint): void {
    this.#sql.exec(
      `INSERT INTO endpoints (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, state = excluded.state,
         failing = excluded.failing, disabled_by = excluded.disabled_by, disabled_at = excluded.disabled_at,
         disablings = excluded.disablings`,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.types),
      endpoint.state,
      endpoint.failing === null ? null : JSON.stringify(endpoint.failing),
      endpoint.disabledBy,
      endpoint.disabledAt,
      endpoint.disablings,
      endpoint.createdAt,
    );
  }

  /** Whether there was one of this id, which was removed. */
  wasRemoved(id: EndpointId): boolean {
    return wasRemoved(this.#sql, id);
  }

  remove(id: EndpointId): void {
    this.#sql.exec("DELETE FROM endpoints WHERE id = ?", id);
    rememberRemoved(this.#sql, id);
  }

  /** The recovery under way; null when there is none. */
  recovery(id: EndpointId): Recovery | null {
    const row = this.#sql
      .exec<{ since: number | null; after: number | null; until: number | null }>(
        "SELECT recover_since AS since, recover_after AS after, recover_until AS until FROM endpoints WHERE id = ?",
        id,
      )
      .toArray()[0];
    if (row === undefined || row.since === null || row.after === null || row.until === null) return null;
    return { since: row.since, after: row.after, until: row.until };
  }

  saveRecovery(id: EndpointId, recovery: Recovery | null): void {
    const query = "UPDATE endpoints SET recover_since = ?, recover_after = ?, recover_until = ? WHERE id = ?";
    this.#sql.exec(query, recovery?.since ?? null, recovery?.after ?? null, recovery?.until ?? null, id);
  }
}

/** The JSON was written by save() only. */
const decode = (row: Row): Endpoint => ({
  id: row.id,
  url: row.url,
  types: JSON.parse(row.types) as Endpoint["types"],
  state: row.state,
  failing: row.failing === null ? null : (JSON.parse(row.failing) as Failing),
  disabledBy: row.disabled_by,
  disabledAt: row.disabled_at,
  disablings: row.disablings,
  createdAt: row.created_at,
});
