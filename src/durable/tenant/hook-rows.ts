/** The rows of hooks: every statement on them. */
import type { Failing } from "../../core/endpoint-health.ts";
import type { EndpointId } from "../../core/ids.ts";
import type { EpochMs } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import { rememberRemoved, wasRemoved } from "./removed-targets.ts";

export type Hook = {
  readonly id: EndpointId;
  readonly url: string;
  readonly event: EventType;
  readonly failing: Failing | null;
  /** Since when it takes nothing, because it failed for days; null while it does. */
  readonly disabledAt: EpochMs | null;
  /** How often that was. */
  readonly disablings: number;
  readonly createdAt: EpochMs;
};

/** The columns that came after the table. */
export const HOOK_HEALTH_COLUMNS = `
  -- JSON: failures since the last success
  ALTER TABLE hooks ADD COLUMN failing TEXT;
  ALTER TABLE hooks ADD COLUMN disabled_at INTEGER;
  ALTER TABLE hooks ADD COLUMN disablings INTEGER NOT NULL DEFAULT 0;
`;

type Row = {
  id: EndpointId;
  target_url: string;
  event: EventType;
  failing: string | null;
  disabled_at: number | null;
  disablings: number;
  created_at: number;
};

const COLUMNS = "id, target_url, event, failing, disabled_at, disablings, created_at";

export class HookRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Hook[] {
    return this.#rows("ORDER BY id");
  }

  find(id: EndpointId): Hook | null {
    return this.#rows("WHERE id = ?", id)[0] ?? null;
  }

  /** The hooks of an address, or its hook of one event. */
  at(url: string, event: EventType | null): Hook[] {
    return this.#rows("WHERE target_url = ? AND event = coalesce(?, event)", url, event);
  }

  /** Those that take events of this type. */
  wanting(type: EventType): Hook[] {
    return this.#rows("WHERE event = ? AND disabled_at IS NULL ORDER BY id", type);
  }

  save({ id, url, event, failing, disabledAt, disablings, createdAt }: Hook): void {
    this.#sql.exec(
      `INSERT INTO hooks (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET failing = excluded.failing, disabled_at = excluded.disabled_at,
         disablings = excluded.disablings`,
      id,
      url,
      event,
      failing === null ? null : JSON.stringify(failing),
      disabledAt,
      disablings,
      createdAt,
    );
  }

  /** Whether there was one of this id, which was removed. */
  wasRemoved(id: EndpointId): boolean {
    return wasRemoved(this.#sql, id);
  }

  remove(id: EndpointId): void {
    this.#sql.exec("DELETE FROM hooks WHERE id = ?", id);
    rememberRemoved(this.#sql, id);
  }

  #rows(where: string, ...values: SqlStorageValue[]): Hook[] {
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM hooks ${where}`, ...values)
      .toArray()
      .map(decode);
  }
}

/** The JSON was written by save() only. */
const decode = (row: Row): Hook => ({
  id: row.id,
  url: row.target_url,
  event: row.event,
  failing: row.failing === null ? null : (JSON.parse(row.failing) as Failing),
  disabledAt: row.disabled_at,
  disablings: row.disablings,
  createdAt: row.created_at,
});
