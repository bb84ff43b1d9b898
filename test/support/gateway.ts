/** A client of the Worker in tests: requests through its `fetch`, tenants and keys through the operator's routes. */
import { env as bindings, exports } from "cloudflare:workers";
import type { ProblemWire } from "../../src/core/wire/common.ts";
import type { KeyScope, ShownKeyWire } from "../../src/core/wire/key.ts";
import type { TenantWire } from "../../src/core/wire/tenant.ts";
import type { Env } from "../../src/env.ts";

export const env = bindings as unknown as Env; // vitest.config.ts binds what wrangler.toml declares
export const ORIGIN = "https://gateway.example";

const worker = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default; // src/index.ts exports one

/** Sends a request to the Worker, whatever host it names. */
export const front = (request: Request): Promise<Response> => worker.fetch(request);

/** Sends one request to the Worker. */
export const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  front(new Request(ORIGIN + path, init));

/** Sends one request with JSON: an object is serialised, text is sent unchanged. */
export function send(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return call(path, { method, body: text, headers: { "Content-Type": "application/json", ...headers } });
}

/** A response that must be a problem document. */
export async function readProblem(response: Response): Promise<ProblemWire> {
  const type = response.headers.get("Content-Type");
  if (type !== "application/problem+json")
    throw new Error(`${response.status} is not a problem: ${type} ${await response.text()}`);
  return response.json();
}

/** A response's JSON; throws if its status differs. */
export async function jsonOf<T>(response: Response, status = 200): Promise<T> {
  if (response.status !== status)
    throw new Error(`expected ${status}, got ${response.status}: ${await response.text()}`);
  return response.json();
}

export const adminHeaders = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };

export const makeTenant = async (name = "acme"): Promise<TenantWire> =>
  jsonOf(await send("POST", "/admin/tenants", { name }, adminHeaders), 201);

/** A key of a tenant; with all scopes by default. */
export const makeKey = async (
  tenant: string,
  wanted: { mode?: "live" | "test"; scopes?: KeyScope[]; expires_at?: string } = {},
): Promise<ShownKeyWire> => jsonOf(await send("POST", `/admin/tenants/${tenant}/keys`, wanted, adminHeaders), 201);

export type Member = {
  readonly tenant: TenantWire;
  readonly key: ShownKeyWire;
  /** Headers with the credential, and with the user if one is given. */
  readonly headers: Record<string, string>;
};

/** A fresh tenant with a test key, acting for a user. */
export async function makeMember(user: string | null = "ada"): Promise<Member> {
  const tenant = await makeTenant();
  const key = await makeKey(tenant.id);
  const named = user === null ? {} : { "X-User-Id": user };
  return { tenant, key, headers: { Authorization: `Bearer ${key.secret}`, ...named } };
}
