/** The first middleware: the request id, the configuration and the gateway's own origin. */
import type { MiddlewareHandler } from "hono";
import { base32 } from "../../core/encoding.ts";
import { isLocalHost } from "../../core/ssrf.ts";
import { type Config, ConfigError, type Env, readConfig } from "../../env.ts";
import { logBug } from "../../log.ts";
import { type AppEnv, type Ctx, random } from "../context.ts";
import { apiError } from "../problem.ts";

/** The format of an accepted inbound request id; it is written to logs and responses. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** Random bytes of a generated request id: 120 bits make a collision negligible. */
const REQUEST_ID_BYTES = 15;

/** The configuration is read once per environment, which does not change within an isolate. */
const configs = new WeakMap<Env, Config>();

function configOf(env: Env): Config {
  const known = configs.get(env);
  if (known) return known;
  const config = readConfig(env);
  configs.set(env, config);
  return config;
}

/** The origin of the last request, cached because parsing a URL is slow and most isolates have one host. */
let lastOrigin = { base: "", origin: "" };

function originOf(url: string): string {
  const base = url.slice(0, url.indexOf("/", "https://".length));
  if (base !== lastOrigin.base) lastOrigin = { base, origin: new URL(base).origin };
  return lastOrigin.origin;
}

/**
 * The configuration problem for requests to this address; null if there is none. Development settings disable the rate limiter
 * and allow local addresses, so a gateway with such settings serves loopback addresses only.
 */
export function problemWith({ local, environment }: Config, url: string): string | null {
  if (!local || isLocalHost(new URL(originOf(url)).hostname)) return null;
  return `ENVIRONMENT=${environment} is allowed on a loopback address only: remove it from this deployment, or call the gateway at http://127.0.0.1`;
}

/** Each problem is logged once per isolate, since a public address gets many requests. */
const printed = new Set<string>();

function checkProblem(c: Ctx): void {
  const problem = problemWith(c.get("config"), c.req.url);
  if (problem === null) return;
  if (!printed.has(problem)) logBug("misconfigured", new ConfigError(problem), { request_id: c.var.requestId });
  printed.add(problem);
  if (HEALTH.test(c.req.path)) return; // its response contains the problem
  // A page whose name resolves to this machine (DNS rebinding): MCP requires 403 for the origin of a request from it.
  if (MCP.test(c.req.path) && c.req.header("Origin") !== undefined)
    throw apiError("origin_not_allowed", `A local gateway answers no web page of another host. ${problem}.`);
  throw apiError("misconfigured", `${problem}.`, { hint: "GET /healthz" });
}

const HEALTH = /^\/healthz\/*$/;
const MCP = /^\/mcp\/*$/;

const unmapped = (field: string): string => field;

export const setup: MiddlewareHandler<AppEnv> = async (c, next) => {
  const sent = c.req.header("Request-Id") ?? "";
  const requestId = REQUEST_ID.test(sent) ? sent : `req_${base32(random(REQUEST_ID_BYTES))}`;
  c.set("requestId", requestId);
  c.set("origin", originOf(c.req.url));
  const config = configOf(c.env);
  c.set("config", config);
  if (config.publicUrl !== null) c.set("origin", config.publicUrl);
  c.set("user", null);
  c.set("idempotencyKey", null);
  c.set("bodyText", "");
  c.set("sentAt", unmapped);
  c.set("limits", []);
  checkProblem(c);
  await next();
};

/** Headers of every response, including errors. The outermost middleware. */
export const stamp: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  const requestId: string | undefined = c.get("requestId"); // absent if `setup` did not run
  if (requestId) headers.set("Request-Id", requestId);
  headers.set("X-Content-Type-Options", "nosniff");
};
