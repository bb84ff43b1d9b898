/** REST hooks: one address that wants one type of event, in flat bodies, until it says 410 or unsubscribes. */
import type { Scope } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { hookBody } from "../../core/hook-body.ts";
import { sampleEvent, sampleFile } from "../../core/hook-sample.ts";
import { type EndpointId, plainId } from "../../core/ids.ts";
import { HOOK_SAMPLES, HOOKS_PER_SCOPE } from "../../core/limits.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { refuseTarget } from "../../core/target.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type { HookBody, HookFilter, HookWire, NewHook } from "../../core/wire/hook.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { DeliveryRows } from "./delivery-rows.ts";
import type { Events } from "./events.ts";
import { sharedFile } from "./shared-file.ts";

type Row = { id: EndpointId; target_url: string; event: EventType; created_at: number };

const COLUMNS = "id, target_url, event, created_at";

export class Hooks {
  readonly #ground: Ground;
  readonly #scope: Scope;
  readonly #deliveries: DeliveryRows;
  readonly #events: Events;

  constructor(ground: Ground, scope: Scope, deliveries: DeliveryRows, events: Events) {
    this.#ground = ground;
    this.#scope = scope;
    this.#deliveries = deliveries;
    this.#events = events;
  }

  /** The hook of this address and event: the one there is, or a new one. */
  subscribe(call: Call, { target_url: url, event }: NewHook): Result<{ hook: HookWire; isNew: boolean }, Refusal> {
    const ground = this.#ground;
    const unreachable = refuseTarget(url, "/target_url", ground.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const known = this.#rows("WHERE target_url = ? AND event = ?", url, event)[0];
    if (known !== undefined) return ok({ hook: show(known), isNew: false });
    if (this.list().length >= HOOKS_PER_SCOPE) return err(tooMany());
    const row: Row = {
      id: plainId("whk", ground.now(), ground.random),
      target_url: url,
      event,
      created_at: ground.now(),
    };
    ground.storage.transactionSync(() => {
      const query = `INSERT INTO hooks (${COLUMNS}) VALUES (?, ?, ?, ?)`;
      ground.sql.exec(query, row.id, row.target_url, row.event, row.created_at);
      keepRepeat(ground, call, row.id);
    });
    return ok({ hook: show(row), isNew: true });
  }

  list(): HookWire[] {
    return this.#rows("ORDER BY id").map(show);
  }

  unsubscribe(id: EndpointId): Result<null, Refusal> {
    return this.#removeAll(this.#rows("WHERE id = ?", id));
  }

  /** Removes every hook of an address, or its hook of one event. */
  unsubscribeAddress({ target_url: url, event }: HookFilter): Result<null, Refusal> {
    return this.#removeAll(this.#rows("WHERE target_url = ? AND event = coalesce(?, event)", url, event ?? null));
  }

  /** Removes a hook and calls off what was still owed to it. Call inside a transaction. */
  remove(id: EndpointId): void {
    this.#ground.sql.exec("DELETE FROM hooks WHERE id = ?", id);
    this.#deliveries.callOff({ kind: "hook", id }, this.#ground.now());
  }

  wanting(type: EventType): { id: EndpointId; url: string }[] {
    return this.#rows("WHERE event = ? ORDER BY id", type).map(({ id, target_url: url }) => ({ id, url }));
  }

  /** Where to send; null when the hook is gone. */
  address(id: EndpointId): string | null {
    return this.#rows("WHERE id = ?", id)[0]?.target_url ?? null;
  }

  /** What a hook is sent of an event: its link is made now. */
  async message(event: EventWire): Promise<HookBody> {
    return hookBody(event, await sharedFile(event, this.#scope, this.#ground));
  }

  /** What the last events of a type would be sent as, newest first; none where there was none yet. */
  async latest(type: EventType): Promise<HookBody[]> {
    const latest = await this.#events.latest(type, HOOK_SAMPLES);
    return Promise.all(latest.map((event) => this.message(event)));
  }

  #removeAll(rows: readonly Row[]): Result<null, Refusal> {
    if (rows.length === 0) return err(noHook());
    this.#ground.storage.transactionSync(() => {
      for (const { id } of rows) this.remove(id);
    });
    return ok(null);
  }

  #rows(where: string, ...values: SqlStorageValue[]): Row[] {
    return this.#ground.sql.exec<Row>(`SELECT ${COLUMNS} FROM hooks ${where}`, ...values).toArray();
  }
}

/** What a hook of this type will be sent, made from an event that never happened. */
export function inventedSample(type: EventType, scope: Scope): HookBody {
  const event = sampleEvent(type, scope.mode);
  return hookBody(event, sampleFile(event));
}

const show = (row: Row): HookWire => ({
  id: row.id,
  target_url: row.target_url,
  event: row.event,
  created_at: toRfc3339(row.created_at),
});

export const noHook = (): Refusal => refusal("not_found", "No such hook exists here; list yours with GET /v1/hooks.");

const tooMany = (): Refusal =>
  refusal("too_many_hooks", `A tenant has at most ${HOOKS_PER_SCOPE} hooks in one mode; delete one first.`, {
    hint: "DELETE /v1/hooks/{id}",
  });
