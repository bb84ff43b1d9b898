/**
 * What a short turn costs, from its POST to the delivered webhook: statements and calls are counted, not timed. The ceilings are
 * what it costs at present; a change that makes it dearer has to raise them.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tenantObjectName, userObjectName } from "../../src/core/address.ts";
import { type ProjectId, type TenantId, userHashOf } from "../../src/core/ids.ts";
import { TenantObject } from "../../src/durable/tenant/object.ts";
import { UserObject } from "../../src/durable/user/object.ts";
import { jsonOf, makeMember, send } from "../support/gateway.ts";
import { env, until } from "../support/objects.ts";
import { paceIs } from "../support/pace.ts";
import { playReceivers } from "../support/receivers.ts";
import { type Step, watchSteps } from "../support/statements.ts";

paceIs(1); // so that no lease and no alarm ends within a turn

/**
 * A report can arrive before the job that sent for it has ended, which then writes once more or less. Everything else is the same
 * each time.
 */
const MARGIN = 2;

describe("a short turn with one endpoint", () => {
  /** The steps of the first turn of a user, of its second, and of the first and the second with an Idempotency-Key. */
  const turns: (readonly Step[])[] = [];

  const statements = (turn: readonly Step[], of: string): string[] =>
    turn.filter((step) => step.of === of && !step.isCall).map(({ what }) => what);
  const calls = (turn: readonly Step[]): string[] =>
    turn.filter(({ isCall }) => isCall).map(({ of, what }) => `${of}.${what}`);

  beforeAll(async () => {
    const receiver = playReceivers()(() => new Response(null, { status: 204 }));
    const { tenant, headers } = await makeMember();
    await jsonOf(await send("POST", "/v1/webhook_endpoints", { url: receiver.url }, headers), 201);
    const { id: project } = await jsonOf<{ id: ProjectId }>(await send("POST", "/v1/projects", {}, headers), 201);
    const address = { tenant: tenant.id as TenantId, mode: "test", uh: userHashOf(project) } as const;
    await until(() => env.DB.prepare("SELECT 1 FROM users WHERE tenant = ?1").bind(tenant.id).first());
    const log = await watchSteps(
      { user: env.USER.getByName(userObjectName(address)), tenant: env.TENANT.getByName(tenantObjectName(address)) },
      { UserObject, TenantObject },
    );
    for (const [nth, more] of [{}, {}, { "Idempotency-Key": "a" }, { "Idempotency-Key": "b" }].entries()) {
      const streamed = { ...headers, ...more, Accept: "text/event-stream" };
      const before = log.returned("workDeliveries");
      const response = await send("POST", `/v1/projects/${project}/turns`, { prompt: "hello" }, streamed);
      expect(await response.text()).toContain("event: turn.completed");
      // A sender calls once for what is due, and once with its result. More calls are for the tests below to report, not to wait for.
      await until(async () => receiver.got.length > nth && log.returned("workDeliveries") >= before + 2);
      turns.push(log.take());
    }
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it.each([
    ["the first of a user", 0, 35, 31],
    ["a later one", 1, 21, 22],
    ["one with an Idempotency-Key, which deletes expired keys once a minute", 2, 24, 22],
    ["the next one with an Idempotency-Key", 3, 23, 22],
  ])("%s runs no more statements than now", (_, nth, user, tenant) => {
    const steps = turns[nth] ?? [];
    const [ofUser, ofTenant] = [statements(steps, "user"), statements(steps, "tenant")];
    expect(ofUser.length, ofUser.join("\n")).toBeLessThanOrEqual(user + MARGIN);
    expect(ofTenant.length, ofTenant.join("\n")).toBeLessThanOrEqual(tenant + MARGIN);
    expect(ofUser.length).toBeGreaterThan(5); // they are counted
    expect(ofTenant.length).toBeGreaterThan(5);
  });

  it("makes no more calls than it needs", () => {
    expect(calls(turns[1] ?? []).toSorted()).toEqual([
      "TenantObject.accept",
      "TenantObject.confirmSlot",
      "TenantObject.reserveQuota",
      "TenantObject.workDeliveries",
      "TenantObject.workDeliveries",
      "UserObject.startTurn",
      "UserObject.watchTurn",
    ]);
  });
});
