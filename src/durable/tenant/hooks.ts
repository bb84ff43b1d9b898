/** REST hooks: one address that wants one type of event, in flat bodies, until it says 410 or unsubscribes. */
import type { Scope } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { hookBody } from "../../core/hook-body.ts";
import { sampleEvent } from "../../core/hook-sample.ts";
import { type EndpointId, plainId } from "../../core/ids.ts";
import { HOOK_SAMPLES, HOOKS_PER_SCOPE } from "../../core/limits.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { refuseTarget } from "../../core/target.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import type { HookBody, HookFilter, HookWire, NewHook } from "../../core/wire/hook.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { DeliveryRows } from "./delivery-rows.ts";
import type { Events } from "./events.ts";
import type { Hook, HookRows } from "./hook-rows.ts";

export class Hooks {
  readonly #ground: Ground;
  readonly #rows: HookRows;
  readonly #deliveries: DeliveryRows;
  readonly #events: Events;

  constructor(ground: Ground, rows: HookRows, deliveries: DeliveryRows, events: Events) {
    this.#ground = ground;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#events = events;
  }

  /** The hook of this address and event: the one there is, enabled again where it was disabled, or a new one. */
  subscribe(call: Call, { target_url: url, event }: NewHook): Result<{ hook: HookWire; isNew: boolean }, Refusal> {
    const ground = this.#ground;
    const unreachable = refuseTarget(url, "/target_url", ground.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const known = this.#rows.at(url, event)[0];
    if (known === undefined && this.#rows.all().length >= HOOKS_PER_SCOPE) return err(tooMany());
    const id = known?.id ?? plainId("whk", ground.now(), ground.random);
    const hook: Hook = {
      disablings: 0,
      createdAt: ground.now(),
      ...known,
      id,
      url,
      event,
      failing: null,
      disabledAt: null,
    };
    const isChanged = known === undefined || known.disabledAt !== null;
    if (isChanged) {
      ground.storage.transactionSync(() => {
        this.#rows.save(hook);
        keepRepeat(ground, call, id);
      });
    }
    return ok({ hook: showHook(hook), isNew: known === undefined });
  }

  list(): HookWire[] {
    return this.#rows.all().map(showHook);
  }

  /** Removes a hook; one that was removed before is as gone as its caller wants it. */
  unsubscribe(id: EndpointId): Result<null, Refusal> {
    const hook = this.#rows.find(id);
    if (hook === null) return this.#rows.wasRemoved(id) ? ok(null) : err(noHook());
    this.#removeAll([hook]);
    return ok(null);
  }

  /** Removes every hook of an address, or its hook of one event, as many as there are. */
  unsubscribeAddress({ target_url: url, event }: HookFilter): void {
    this.#removeAll(this.#rows.at(url, event ?? null));
  }

  wanting(type: EventType): Hook[] {
    return this.#rows.wanting(type);
  }

  /** Where to send; null when the hook is gone or disabled. */
  address(id: EndpointId): string | null {
    const hook = this.#rows.find(id);
    return hook === null || hook.disabledAt !== null ? null : hook.url;
  }

  /** What the last events of a type would be sent as, newest first; none where there was none yet. */
  async latest(type: EventType): Promise<HookBody[]> {
    const latest = await this.#events.latest(type, HOOK_SAMPLES);
    return latest.map(hookBody);
  }

  #removeAll(hooks: readonly Hook[]): void {
    const { storage, now } = this.#ground;
    storage.transactionSync(() => {
      for (const { id } of hooks) {
        this.#rows.remove(id);
        this.#deliveries.callOff({ kind: "hook", id }, now());
      }
    });
  }
}

/** What a hook of this type will be sent, made from an event that never happened. */
export const inventedSample = (type: EventType, { mode }: Scope): HookBody => hookBody(sampleEvent(type, mode));

export const showHook = ({ id, url, event, disabledAt, createdAt }: Hook): HookWire => ({
  id,
  target_url: url,
  event,
  state: disabledAt === null ? "enabled" : "disabled",
  disabled_at: disabledAt === null ? null : toRfc3339(disabledAt),
  created_at: toRfc3339(createdAt),
});

export const noHook = (): Refusal => refusal("not_found", "No such hook exists here; list yours with GET /v1/hooks.");

const tooMany = (): Refusal =>
  refusal("too_many_hooks", `A tenant has at most ${HOOKS_PER_SCOPE} hooks in one mode; delete one first.`, {
    hint: "DELETE /v1/hooks/{id}",
  });
