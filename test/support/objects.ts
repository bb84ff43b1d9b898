/** Clients of the objects, and waits for their results. Time is scaled by 60 (vitest.config.ts): a minute takes a second. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { tenantObjectName, type UserAddress, uploadObjectName, userObjectName } from "../../src/core/address.ts";
import type { Problem } from "../../src/core/errors.ts";
import {
  type DeliveryId,
  type EndpointId,
  type ProjectId,
  plainId,
  randomUserHash,
  type TurnId,
  type UploadId,
} from "../../src/core/ids.ts";
import type { Result } from "../../src/core/result.ts";
import type { NewEvent, TenantRpc } from "../../src/core/rpc/tenant.ts";
import type { UploadRpc } from "../../src/core/rpc/upload.ts";
import type { Call, UserRpc } from "../../src/core/rpc/user.ts";
import { type NewTurn, newTurn, type TurnWire } from "../../src/core/wire/turn.ts";
import type { TenantObject } from "../../src/durable/tenant/object.ts";
import type { TokenObject } from "../../src/durable/token/object.ts";
import type { UploadObject } from "../../src/durable/upload/object.ts";
import type { UserObject } from "../../src/durable/user/object.ts";
import type { Env } from "../../src/env.ts";
import type { SandboxObject } from "../../src/sandbox/object.ts";

/** The bindings with the objects' classes, of which tests reach the instances. */
type TestEnv = Omit<Env, "USER" | "TENANT" | "TOKEN" | "UPLOAD" | "SANDBOX"> & {
  USER: DurableObjectNamespace<UserObject>;
  TENANT: DurableObjectNamespace<TenantObject>;
  TOKEN: DurableObjectNamespace<TokenObject>;
  UPLOAD: DurableObjectNamespace<UploadObject>;
  SANDBOX: DurableObjectNamespace<SandboxObject>;
};

export const env = bindings as unknown as TestEnv; // vitest.config.ts binds what wrangler.toml declares

export const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** An unused address: a new user of a new tenant. */
export const freshAddress = (): UserAddress => ({
  tenant: `ten_${randomUserHash(random)}0000`,
  mode: "test",
  uh: randomUserHash(random),
});

export const call = (key: string | null = null, fingerprint = "f"): Call => ({
  origin: "https://gateway.example",
  named: true,
  idempotency: key === null ? null : { key, fingerprint },
});

export const userStub = (address: UserAddress) => env.USER.getByName(userObjectName(address));
export const userRpc = (address: UserAddress): UserRpc => userStub(address) as unknown as UserRpc; // UserObject implements it
export const tenantRpc = (address: UserAddress): TenantRpc =>
  env.TENANT.getByName(tenantObjectName(address)) as unknown as TenantRpc; // TenantObject implements it
export const uploadRpc = (address: UserAddress, id: UploadId): UploadRpc =>
  env.UPLOAD.getByName(uploadObjectName(address, id)) as unknown as UploadRpc; // UploadObject implements it

/** The value of a Result that must be ok. */
export function good<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The problem of a Result that must not be ok. */
export function bad<T>(result: Result<T, Problem>): Problem {
  if (result.ok) throw new Error(`did not fail: ${JSON.stringify(result.value)}`);
  return result.error;
}

/** The longest wait of a test: it only ends one that hangs, also on a machine that was paused for a while. */
const TIMEOUT_MS = 240_000;

/** Polls until there is a result; for at least `ms`. Rarely after a while, because each poll of many tests costs the machine. */
export async function until<T>(poll: () => Promise<T | null | undefined | false>, ms = 0): Promise<T> {
  const end = Date.now() + Math.max(ms, TIMEOUT_MS);
  for (let pauseMs = 10; ; pauseMs = Math.min(100, pauseMs * 1.2)) {
    const seen = await poll();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error("timed out");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export async function newProject(user: UserRpc, more: Partial<Call> = {}): Promise<ProjectId> {
  return good(await user.createProject({ ...call(), ...more }, { name: "p", metadata: {} })).id as ProjectId;
}

/** A turn's body as the route passes it on, with defaults. */
export const say = (prompt: string, more: Partial<NewTurn> = {}): NewTurn => ({
  ...newTurn.parse({ prompt }),
  ...more,
});

export async function startTurn(user: UserRpc, project: ProjectId, prompt: string): Promise<TurnId> {
  return good(await user.startTurn(call(), project, say(prompt))).id as TurnId;
}

export const endOf = (user: UserRpc, id: TurnId, ms = 40_000): Promise<TurnWire> =>
  until(async () => {
    const turn = good(await user.readTurn(id));
    return turn.ended_at === null ? null : turn;
  }, ms);

type RequestLog = { turns: { prompt: string }[]; renders: unknown[]; uploads: unknown[]; credits_charged: number };

/** The request log of this user's sandbox, which proves that nothing was sent twice. */
export async function requestLog(address: UserAddress): Promise<RequestLog> {
  const response = await env.SANDBOX.getByName(userObjectName(address)).fetch(
    new Request("https://sandbox.nemo.internal/__requests"),
  );
  return response.json();
}

export const tenantStub = (address: UserAddress) => env.TENANT.getByName(tenantObjectName(address));

/** Ends an object's instance at once. */
export async function killObject(stub: DurableObjectStub<UserObject | TenantObject>): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort("killed by the test")).catch(() => undefined);
}

/** Ends a user's instance at once, like a crash or a code update. Use a new stub afterwards: the old one is broken. */
export async function kill(address: UserAddress): Promise<void> {
  await killObject(userStub(address));
}

/** Changes an object's rows from outside, and ends its instance: that has read some of them into memory. */
export async function editRows(stub: DurableObjectStub, edit: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => edit(storage.sql));
  await evictDurableObject(stub);
}

/** Adds fault words to the next turns of this user's sandbox, one entry each, which the prompts do not show. */
export async function sandboxQueue(address: UserAddress, prompts: readonly string[]): Promise<void> {
  const stub = env.SANDBOX.getByName(userObjectName(address));
  const body = JSON.stringify({ prompts });
  const headers = { "content-type": "application/json" };
  await stub.fetch(new Request("https://sandbox.nemo.internal/__queue", { method: "POST", body, headers }));
}

/** Creates events, an endpoint and due deliveries without wake messages, so that only the test makes their attempts. */
export async function pendingDeliveries(
  address: UserAddress,
  events: readonly NewEvent[],
  url: string,
): Promise<{ ids: DeliveryId[]; secret: string; endpoint: EndpointId }> {
  const tenant = tenantRpc(address);
  await tenant.accept(events);
  const { endpoint, secret } = good(await tenant.createEndpoint(call(), { url, types: ["*"] }));
  const ids = events.map(() => plainId("dlv", Date.now(), random));
  await editRows(tenantStub(address), (sql) => {
    const row =
      "INSERT INTO deliveries (id, event, target_kind, target, host, resource, cursor, state, due_at, created_at) VALUES (?, ?, 'endpoint', ?, ?, ?, ?, 'pending', ?, ?)";
    for (const [n, { id, resource }] of events.entries()) {
      const [now, host] = [Date.now(), new URL(url).host];
      sql.exec(row, ids[n] ?? "", id, endpoint.id, host, resource, n + 1, now, now);
    }
  });
  return { ids, secret: secret ?? "", endpoint: endpoint.id as EndpointId };
}

/** The same for one event. */
export async function pendingDelivery(
  address: UserAddress,
  event: NewEvent,
  url: string,
): Promise<{ id: DeliveryId; secret: string; endpoint: EndpointId }> {
  const { ids, ...rest } = await pendingDeliveries(address, [event], url);
  return { id: ids[0] as DeliveryId, ...rest };
}
