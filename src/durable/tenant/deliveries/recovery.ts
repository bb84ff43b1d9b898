/** Recovery of an endpoint: sends again what failed, and what happened while the endpoint was disabled. */
import { type Problem, problemOf } from "../../../core/errors.ts";
import type { EndpointId } from "../../../core/ids.ts";
import { RECOVER_STEP } from "../../../core/limits.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { Call } from "../../../core/rpc/user.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { EndpointWire } from "../../../core/wire/webhook.ts";
import { createOnce } from "../../shared/idempotency.ts";
import type { TenantServices } from "../services.ts";
import { type Endpoint, isWanted, noEndpoint } from "../subscriptions.ts";
import type { Deliveries } from "./dispatch.ts";

/** The job kind of a running recovery; its key is the endpoint. */
export const RECOVER = "recover";

export class Recoveries {
  readonly #tenant: TenantServices;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /**
   * Stores the request; the job then goes through the events step by step. A second request during a recovery extends
   * it to the earlier start.
   */
  start(call: Call, id: EndpointId, since: EpochMs): Promise<Result<EndpointWire, Problem>> {
    const { runtime, jobs, events, subscriptions, subscriptionStore } = this.#tenant;
    return createOnce<null, Result<EndpointWire, Problem>>(this.#tenant, call, {
      existing: () => subscriptions.readEndpoint(id),
      check: () => {
        const endpoint = subscriptionStore.findEndpoint(id);
        if (endpoint === null) return noEndpoint();
        return endpoint.state === "disabled" ? disabled() : null;
      },
      prepare: () => ok(null),
      commit: () => {
        const earliest = Math.min(since, subscriptionStore.recovery(id)?.since ?? since);
        subscriptionStore.saveRecovery(id, {
          since: earliest,
          after: events.cursorBefore(earliest),
          until: events.cursor(),
        });
        jobs.schedule(RECOVER, id, runtime.now());
        return id;
      },
      created: async () => {
        await runtime.failpoint("endpoint.recovering");
        return subscriptions.readEndpoint(id);
      },
    });
  }

  /** One step: schedules the next few events again, except those that were delivered. */
  step(id: EndpointId): void {
    const endpoint = this.#tenant.subscriptionStore.findEndpoint(id);
    const recovery = this.#tenant.subscriptionStore.recovery(id);
    const events =
      endpoint === null || recovery === null
        ? []
        : this.#tenant.events.between(recovery.after, recovery.until, RECOVER_STEP);
    const last = events.at(-1);
    this.#tenant.runtime.storage.transactionSync(() => {
      if (endpoint === null || recovery === null || last === undefined || endpoint.state === "disabled") {
        this.#tenant.subscriptionStore.saveRecovery(id, null);
        return this.#tenant.jobs.done(RECOVER, id);
      }
      for (const event of events)
        if (event.at >= recovery.since && isWanted(endpoint, event.type)) this.#schedule(endpoint, event);
      this.#tenant.subscriptionStore.saveRecovery(id, { ...recovery, after: last.cursor });
      this.#tenant.jobs.schedule(RECOVER, id, this.#tenant.runtime.now());
      this.#tenant.deliveries.plan();
    });
  }

  /** Ends a recovery that keeps failing; the caller may start another one. */
  giveUp(id: EndpointId): void {
    this.#tenant.subscriptionStore.saveRecovery(id, null);
  }

  #schedule({ id, url }: Endpoint, event: Parameters<Deliveries["schedule"]>[0]): void {
    const target = { kind: "endpoint", id } as const;
    this.#tenant.deliveryRows.revive(event.id, target, this.#tenant.deliveries.dueNow());
    this.#tenant.deliveries.schedule(event, [{ target, url }]);
  }
}

const disabled = (): Problem =>
  problemOf("endpoint_disabled", "A disabled endpoint receives nothing; enable it first, then start the recovery.", {
    hint: "POST /v1/webhook_endpoints/{id}/enable",
  });
