/** The first step of every request: a request id on every answer, the configuration, and our own address. */
import type { MiddlewareHandler } from "hono";
import { base32 } from "../../core/encoding.ts";
import { isLocalHost } from "../../core/ssrf.ts";
import { type Config, ConfigError, type Env, readConfig } from "../../env.ts";
import { logBug } from "../../log.ts";
import { type AppEnv, type Ctx, random } from "../context.ts";
import { apiError } from "../problem.ts";

/** What an inbound request id must look like to be kept: it goes into logs and answers. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** Random bytes of a request id of ours: no two of a day are equal. */
const REQUEST_ID_BYTES = 15;

/** The environment does not change while an isolate lives, so it is read once. */
const configs = new WeakMap<Env, Config>();

function configOf(env: Env): Config {
  const known = configs.get(env);
  if (known) return known;
  const config = readConfig(env);
  configs.set(env, config);
  return config;
}

/** The origin of the last request's address: most isolates answer under one name, and reading an address takes long. */
let lastOrigin = { base: "", origin: "" };

function originOf(url: string): string {
  const base = url.slice(0, url.indexOf("/", "https://".length));
  if (base !== lastOrigin.base) lastOrigin = { base, origin: new URL(base).origin };
  return lastOrigin.origin;
}

/**
 * What is wrong with the settings for requests that come to this address; null: nothing. Settings for development open the
 * flood gate and local addresses, so a gateway that has them answers on its own machine alone.
 */
export function problemWith({ local, environment }: Config, url: string): string | null {
  if (!local || isLocalHost(new URL(originOf(url)).hostname)) return null;
  return `ENVIRONMENT=${environment} counts on a loopback address alone: remove it from this deployment, or call the gateway as http://127.0.0.1`;
}

/** Isolates print it once: a public address is asked all the time. */
const printed = new Set<string>();

function checkProblem(c: Ctx): void {
  const problem = problemWith(c.var.config, c.req.url);
  if (problem === null) return;
  if (!printed.has(problem)) logBug("misconfigured", new ConfigError(problem), { request_id: c.var.requestId });
  printed.add(problem);
  if (HEALTH.test(c.req.path)) return; // it says so itself
  throw apiError("misconfigured", `${problem}.`, { hint: "GET /healthz" });
}

const HEALTH = /^\/healthz\/*$/;

const asRead = (field: string): string => field;

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
  c.set("sentAt", asRead);
  c.set("limits", []);
  checkProblem(c);
  await next();
};

/** Headers that every answer carries, errors included. Runs outside everything else. */
export const stamp: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  const requestId: string | undefined = c.get("requestId"); // none when it failed before one was made
  if (requestId) headers.set("Request-Id", requestId);
  headers.set("X-Content-Type-Options", "nosniff");
};
