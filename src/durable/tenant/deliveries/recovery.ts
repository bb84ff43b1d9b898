/** Recovery of an endpoint: sends again what failed, and what happened while the endpoint was disabled. */
import { type Problem, problemOf } from "../../../core/errors.ts";
import type { EndpointId } from "../../../core/ids.ts";
import { RECOVER_STEP } from "../../../core/limits.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call } from "../../../core/rpc/user.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { EndpointWire } from "../../../core/wire/webhook.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../../shared/idempotency.ts";
import type { JobScheduler } from "../../shared/jobs.ts";
import type { Events } from "../events.ts";
import { type Endpoint, type EndpointRows, isWanted, noEndpoint, showEndpoint } from "../subscriptions.ts";
import type { Deliveries } from "./dispatch.ts";
import type { DeliveryRows } from "./store.ts";

/** The job kind of a running recovery; its key is the endpoint. */
export const RECOVER = "recover";

export class Recoveries {
  readonly #runtime: ObjectRuntime;
  readonly #jobs: JobScheduler;
  readonly #rows: EndpointRows;
  readonly #deliveryRows: DeliveryRows;
  readonly #events: Events;
  readonly #deliveries: Deliveries;

  constructor(
    runtime: ObjectRuntime,
    jobs: JobScheduler,
    rows: EndpointRows,
    deliveryRows: DeliveryRows,
    events: Events,
    deliveries: Deliveries,
  ) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#rows = rows;
    this.#deliveryRows = deliveryRows;
    this.#events = events;
    this.#deliveries = deliveries;
  }

  /**
   * Stores the request; the job then goes through the events step by step. A second request during a recovery extends
   * it to the earlier start.
   */
  async start(call: Call, id: EndpointId, since: EpochMs): Promise<Result<EndpointWire, Problem>> {
    const { storage, now, failpoint } = this.#runtime;
    const idempotency = findByIdempotencyKey(this.#runtime, call);
    if (!idempotency.ok) return idempotency;
    const endpoint = this.#rows.find(id);
    if (endpoint === null) return err(noEndpoint());
    if (idempotency.value !== null) return ok(showEndpoint(endpoint));
    if (endpoint.state === "disabled") return err(disabled());
    const running = this.#rows.recovery(id);
    const earliest = Math.min(since, running?.since ?? since);
    storage.transactionSync(() => {
      this.#rows.saveRecovery(id, {
        since: earliest,
        after: this.#events.cursorBefore(earliest),
        until: this.#events.cursor(),
      });
      this.#jobs.schedule(RECOVER, id, now());
      saveIdempotencyKey(this.#runtime, call, id);
    });
    await failpoint("endpoint.recovering");
    return ok(showEndpoint(endpoint));
  }

  /** One step: schedules the next few events again, except those that were delivered. */
  step(id: EndpointId): void {
    const endpoint = this.#rows.find(id);
    const recovery = this.#rows.recovery(id);
    const events =
      endpoint === null || recovery === null ? [] : this.#events.between(recovery.after, recovery.until, RECOVER_STEP);
    const last = events.at(-1);
    this.#runtime.storage.transactionSync(() => {
      if (endpoint === null || recovery === null || last === undefined || endpoint.state === "disabled") {
        this.#rows.saveRecovery(id, null);
        return this.#jobs.done(RECOVER, id);
      }
      for (const event of events)
        if (event.at >= recovery.since && isWanted(endpoint, event.type)) this.#schedule(endpoint, event);
      this.#rows.saveRecovery(id, { ...recovery, after: last.cursor });
      this.#jobs.schedule(RECOVER, id, this.#runtime.now());
      this.#deliveries.plan();
    });
  }

  /** Ends a recovery that keeps failing; the caller may start another one. */
  giveUp(id: EndpointId): void {
    this.#rows.saveRecovery(id, null);
  }

  #schedule({ id, url }: Endpoint, event: Parameters<Deliveries["schedule"]>[0]): void {
    const target = { kind: "endpoint", id } as const;
    this.#deliveryRows.revive(event.id, target, this.#deliveries.dueNow());
    this.#deliveries.schedule(event, [{ target, url }]);
  }
}

const disabled = (): Problem =>
  problemOf("endpoint_disabled", "A disabled endpoint receives nothing; enable it first, then start the recovery.", {
    hint: "POST /v1/webhook_endpoints/{id}/enable",
  });
