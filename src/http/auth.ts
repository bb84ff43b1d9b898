/** Who asks, and whether they may: the one access rule that every route but the public ones stands behind. */
import type { MiddlewareHandler } from "hono";
import { refusal } from "../core/errors.ts";
import { SECOND_MS } from "../core/time.ts";
import type { KeyScope } from "../core/wire/key.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { AppEnv, Caller, Ctx } from "./context.ts";
import { credentialOf } from "./credential.ts";
import { countRefused, passGate, policyOf } from "./gate.ts";
import { judgeKey } from "./key-verdict.ts";
import { repeatKeyOf, userOf } from "./request-headers.ts";

/** What a route asks of its caller: a scope of the key, any valid key, nothing, or `read` unless a stream ticket is in the URL. */
export type Access = KeyScope | "any" | "public" | "read_or_ticket";

/** The middleware for an access rule. Sets `caller`, `user` and `repeatKey`. */
export const access =
  (rule: Access): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (rule === "public" || (rule === "read_or_ticket" && c.req.query("ticket") !== undefined)) return next();
    const caller = await authenticate(c);
    refuseInBrowser(c);
    await passGate(c, caller);
    const scope = rule === "read_or_ticket" ? "read" : rule;
    if (scope !== "any" && !caller.scopes.includes(scope)) {
      throw apiError("missing_scope", `This key lacks the scope \`${scope}\`; it has ${caller.scopes.join(", ")}.`);
    }
    c.set("caller", caller);
    c.set("user", userOf(c.req.raw.headers));
    c.set("repeatKey", repeatKeyOf(c.req.raw.headers));
    await next();
    stampCaller(c, caller, !c.var.config.local);
  };

async function authenticate(c: Ctx): Promise<Caller> {
  try {
    const sent = credentialOf(c.req.raw.headers);
    if (sent !== null) return await judgeKey(c, sent);
    throw apiError("unauthenticated", "Send the API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`.");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await countRefused(c);
    throw error;
  }
}

/** What every answer to a known caller says: the flood gate's tier, and of a rotated key that and when it closes (RFC 9745, RFC 8594). */
function stampCaller({ res }: Ctx, { tier, rotatedAt, endsAt }: Caller, gated: boolean): void {
  if (!res.headers.has("Cache-Control")) res.headers.set("Cache-Control", "private, no-store");
  if (gated) res.headers.set("RateLimit-Policy", policyOf(tier));
  if (rotatedAt === null) return;
  res.headers.set("Deprecation", `@${Math.floor(rotatedAt / SECOND_MS)}`);
  if (endsAt !== null) res.headers.set("Sunset", new Date(endsAt).toUTCString());
}

/** Whoever opens the page can read the key in it. Our own reference page, where a developer types one, is the exception. */
function refuseInBrowser(c: Ctx): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || origin === c.var.origin || origin === new URL(c.req.url).origin) return;
  const hint = "POST /v1/users/{id}/tokens";
  throw new ApiError(
    refusal("key_in_browser", "An API key was sent from a web page; give browsers a user token instead.", { hint }),
  );
}
