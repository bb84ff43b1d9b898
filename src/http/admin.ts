/** The operator's door: shut unless an admin token of at least 32 bytes is configured. */
import type { MiddlewareHandler } from "hono";
import { sha256 } from "../core/encode.ts";
import { apiError } from "./api-error.ts";
import type { AppEnv } from "./context.ts";
import { countRefused } from "./gate.ts";
import { repeatKeyOf } from "./request-headers.ts";

/** Lets `Authorization: Bearer <ADMIN_TOKEN>` pass; the previous token passes too while it is configured. */
export const adminDoor: MiddlewareHandler<AppEnv> = async (c, next) => {
  const tokens = c.var.config.adminTokens;
  if (tokens.length === 0) throw apiError("admin_closed", "No route has this path.");
  const sent = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
  if (!(await isOneOf(sent, tokens))) {
    await countRefused(c);
    throw apiError("unauthenticated", "Send the operator's token as `Authorization: Bearer <ADMIN_TOKEN>`.");
  }
  c.set("actor", "admin");
  c.set("repeatKey", repeatKeyOf(c.req.raw.headers));
  await next();
  c.res.headers.set("Cache-Control", "private, no-store");
};

/** Compares hashes, so that neither length nor content shows in the time it takes; every token is compared. */
async function isOneOf(sent: string, tokens: readonly string[]): Promise<boolean> {
  const given = await sha256(sent);
  const verdicts = await Promise.all(
    tokens.map(async (token) => crypto.subtle.timingSafeEqual(given, await sha256(token))),
  );
  return verdicts.includes(true);
}
