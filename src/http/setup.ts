/** The first step of every request: a request id on every answer, the configuration, and our own address. */
import type { MiddlewareHandler } from "hono";
import { base32 } from "../core/encode.ts";
import { type Config, type Env, readConfig } from "../env.ts";
import type { AppEnv } from "./context.ts";
import { random } from "./random.ts";

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

export const setup: MiddlewareHandler<AppEnv> = async (c, next) => {
  const sent = c.req.header("Request-Id") ?? "";
  const requestId = REQUEST_ID.test(sent) ? sent : `req_${base32(random(REQUEST_ID_BYTES))}`;
  c.set("requestId", requestId);
  c.set("origin", new URL(c.req.url).origin);
  const config = configOf(c.env);
  c.set("config", config);
  c.set("origin", config.publicUrl ?? c.var.origin);
  c.set("user", null);
  c.set("repeatKey", null);
  c.set("bodyText", "");
  c.set("limits", []);
  await next();
};

/** Headers that every answer carries, errors included. Runs outside everything else. */
export const stamp: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.var.requestId) c.res.headers.set("Request-Id", c.var.requestId);
  c.res.headers.set("X-Content-Type-Options", "nosniff");
};
