/** A fault at any external call of a tenant's deletion changes neither what is removed nor the receipt. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { renderKey, tenantObjectName, type UserAddress } from "../../src/core/address.ts";
import { eventId, plainId, type TenantId } from "../../src/core/ids.ts";
import { recipe } from "../../src/core/wire/generator.ts";
import type { TenantWire } from "../../src/core/wire/tenant.ts";
import { type DeletionDependencies, deleteTenant, deletionDependencies } from "../../src/jobs/delete-tenant.ts";
import { insertGenerator } from "../../src/store/generators.ts";
import { postponeDeletion, readDeletion, startDeletion } from "../../src/store/tenants.ts";
import { env, makeKey, makeTenant } from "../support/gateway.ts";
import {
  call as aCall,
  freshAddress,
  good,
  newProject,
  random,
  tenantRpc,
  until,
  userRpc,
} from "../support/objects.ts";
import { filesOf, rowsOf } from "../support/tenant-rows.ts";

/** Tables in the storage of an object. */
const tablesOf = (stub: DurableObjectStub): Promise<number> =>
  runInDurableObject(stub, (_, state) => {
    const query = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'";
    return state.storage.sql.exec<{ n: number }>(query).one().n;
  });

/** A tenant with one of everything, marked for deletion; only the test runs its steps. */
async function doomed(): Promise<UserAddress> {
  const tenant = (await makeTenant("doomed")) as TenantWire & { id: TenantId };
  await makeKey(tenant.id);
  const address = { ...freshAddress(), tenant: tenant.id };
  await newProject(userRpc(address));
  const token = { token: `nmv_usr_sandbox_${address.uh}`, expires_at: null };
  good(await userRpc(address).putToken(aCall(), token));
  await until(async () => {
    const rows = await rowsOf(tenant.id);
    return rows.users && rows.token_statuses;
  });
  good(await tenantRpc(address).createEndpoint(aCall(), { url: "http://127.0.0.1:9/in", types: ["render.failed"] }));
  const hook = { target_url: "http://127.0.0.1:9/hook", event: "render.failed" } as const;
  good(await tenantRpc(address).subscribeHook(aCall(), hook));
  const [resource, at] = ["trn_x", Date.now()];
  const made = { id: plainId("gen", at, random), slug: "s", madeBy: "tenant", at, idempotency: null } as const;
  expect(
    await insertGenerator(env.DB, address, { ...made, recipe: recipe.parse({ name: "n", prompt: "p" }) }),
  ).toMatchObject({ ok: true });
  const id = await eventId(resource, "turn.completed#1");
  await tenantRpc(address).accept([
    { id, type: "turn.completed", resource, sequence: 1, at, uh: address.uh, data: "{}" },
  ]);
  await env.MEDIA.put(renderKey(address, "rnd_x"), "123");
  await begin(tenant.id);
  return address;
}

const begin = (tenant: TenantId): Promise<void> =>
  startDeletion(env.DB, tenant, {
    id: plainId("aud", Date.now(), random),
    tenant,
    mode: null,
    at: Date.now(),
    actor: "admin",
    action: "tenant.deleted",
    target: tenant,
    requestId: "req_12345678",
    detail: {},
  });

type Touch = { readonly name: string; readonly nth: number; readonly when: "before" | "after" };

/** The real dependencies without wake messages, of which one call fails: the nth of its name, before it had its effect or after. */
function faulty({ name: wanted, nth, when }: Touch): DeletionDependencies {
  let touches = 0;
  const real = { ...deletionDependencies(env), postpone: quietPostpone };
  return new Proxy(real, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== "function") return found;
      return async (...given: unknown[]) => {
        const isIt = name === wanted && touches++ === nth;
        if (isIt && when === "before") throw new Error("broken by the test");
        const answer: unknown = await found(...given);
        if (isIt) throw new Error("broken by the test");
        return answer;
      };
    },
  });
}

const quietPostpone: DeletionDependencies["postpone"] = (tenant, dueAt) => postponeDeletion(env.DB, tenant, dueAt);

/** Moves a deletion on to its end with a clock of its own that leaps over every wait; answers how many passes failed. */
async function drive(address: UserAddress, dependencies: DeletionDependencies): Promise<number> {
  const { tenant } = address;
  let failed = 0;
  for (let now = Date.now() + 600_000; ; now += 600_000) {
    await deleteTenant(dependencies, tenant, now).catch(() => failed++);
    if ((await readDeletion(env.DB, tenant))?.completedAt) return failed;
    await userRpc(address)
      .wake()
      .catch(() => undefined); // what the cron would do; a restarting object rejects calls
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const RECEIPT = {
  keys: 1,
  users: 1,
  generators: 1,
  endpoints: 1,
  hooks: 1,
  events: 1,
  deliveries: 0,
  files: 1,
  file_bytes: 3,
};

async function expectGone(address: UserAddress, about: string): Promise<void> {
  const { tenant } = address;
  expect((await readDeletion(env.DB, tenant))?.removed, about).toEqual(RECEIPT);
  const { audit_log: _, watchdogs: __, ...left } = await rowsOf(tenant);
  expect(left, about).toEqual({ tenant_deletions: 1 });
  const versions = "SELECT count(*) AS n FROM generator_versions WHERE generator NOT IN (SELECT id FROM generators)";
  expect(await env.DB.prepare(versions).first<number>("n"), about).toBe(0);
  expect(await filesOf(tenant), about).toBe(0);
  const scope = tenantObjectName(address);
  // A stub to an instance that was ended is of no more use, so each look takes a new one.
  const objects = [() => env.TENANT.getByName(scope), () => env.TOKEN.getByName(scope)];
  const isEmpty = (stub: DurableObjectStub) =>
    tablesOf(stub).then(
      (n) => n === 0,
      () => false,
    );
  for (const stub of objects) expect(await until(() => isEmpty(stub())), about).toBe(true);
}

const touches = Object.entries(deletionDependencies(env)).flatMap(([name, found]) =>
  typeof found === "function" ? [name] : [],
);
const FAULTS: readonly Touch[] = [
  ...touches.flatMap((name) => (["before", "after"] as const).map((when) => ({ name, nth: 0, when }))),
  // Between the work of each later step and its being written down.
  ...[1, 2, 3, 4, 5].map((nth) => ({ name: "save", nth, when: "before" as const })),
];

describe("a deletion in which one external call fails", () => {
  it.each(["before", "after"] as const)("ends the same, wherever it fails: %s it had its effect", async (when) => {
    const faults = FAULTS.filter((fault) => fault.when === when);
    expect(faults.length).toBeGreaterThanOrEqual(13);
    await Promise.all(
      faults.map(async (fault) => {
        const victim = await doomed();
        await drive(victim, faulty(fault));
        await expectGone(victim, JSON.stringify(fault));
      }),
    );
  });

  it("is claimed by one run at a time, and can be claimed again after that run crashed", async () => {
    const address = await doomed();
    const now = Date.now() + 1_000;
    const dependencies = deletionDependencies(env);
    const taken = await Promise.all([1, 2].map(() => dependencies.claim(address.tenant, now)));
    expect(taken.toSorted()).toEqual([false, true]);
    expect(await dependencies.claim(address.tenant, now + dependencies.timings.stepLease - 1)).toBe(false);
    expect(await dependencies.claim(address.tenant, now + dependencies.timings.stepLease)).toBe(true);
  });
});
