/**
 * The console at `/console`, and its session.
 *
 * A session is an API key of its own (`openConsoleSession`, `acceptInvite`), so revocation, scopes, rate limits, usage and the audit log apply to it
 * as to any key. The page holds the session's key in memory and sends it like any client. For a reload the cookie carries the
 * same key, encrypted, and one route alone reads it: the API reads no cookie, so no other site can act with it.
 *
 * In a session a person also decides what an app asked for at `/authorize` (`routes/oauth.ts`).
 */
import { deleteCookie, generateCookie, getCookie, setCookie } from "hono/cookie";
import * as z from "zod";
import { decrypt, encrypt } from "../core/crypto.ts";
import { invalidFields } from "../core/errors.ts";
import { HEADER_CHARS } from "../core/limits.ts";
import type { ShownKeyWire } from "../core/wire/key.ts";
import { isUserName, USER_NAME_RULE } from "../core/wire/user.ts";
import { consoleFile, consolePage } from "../http/console-page.ts";
import { type Api, type Ctx, random, rootsOf } from "../http/context.ts";
import { access, authenticateKey, credentialOf } from "../http/middleware/auth.ts";
import { countRejected } from "../http/middleware/limits.ts";
import { ApiError, apiError, checkInvalid } from "../http/problem.ts";
import { jsonValue } from "../http/request-body.ts";
import { approveApp, denyApp, readApproval } from "../services/apps.ts";
import { acceptInvite } from "../services/invites.ts";
import { getKey, openConsoleSession, revokeStoredKey } from "../services/keys.ts";

/** `__Host-`: sent to this host alone, over https (or to a loopback address), and set by no other host. */
const COOKIE = "ngw_console";
const COOKIE_OPTIONS = { path: "/", secure: true, httpOnly: true, sameSite: "Strict", prefix: "host" } as const;
/** What the cookie's key is encrypted for: its text opens nothing else. */
const OWNER = "console|session";

const NO_STORE = { "Cache-Control": "no-store" };

export function mountConsole(app: Api): void {
  app.get("/console", consolePage);
  app.get("/console/:file", consoleFile);

  app.post("/console/session", checkOwnPage, access("any", "key"), async (c) => {
    const session = await openConsoleSession(c);
    await rememberSession(c, session);
    return c.json(session, 201, NO_STORE);
  });

  app.post("/console/session/invite", checkOwnPage, async (c) => {
    c.set("idempotencyKey", attemptOf(c.req.header("Idempotency-Key") ?? ""));
    const session = await acceptInvite(c, bearerOf(c)).catch(async (error: unknown) => {
      if (error instanceof ApiError && error.problem.code === "not_found") await countRejected(c);
      throw error;
    });
    await rememberSession(c, session);
    return c.json(session, 201, NO_STORE);
  });

  app.post("/console/session/resume", checkOwnPage, async (c) => {
    const encrypted = getCookie(c, COOKIE, "host");
    if (encrypted === undefined) return c.body(null, 204, NO_STORE); // no error: the page asks whenever it is loaded
    try {
      const secret = await decrypt(encrypted, OWNER, rootsOf(c.get("config")));
      if (secret === null) throw apiError("unauthenticated", "The console session is invalid; sign in again.");
      const { keyId } = await authenticateKey(c, secret);
      const { wire } = await getKey(c, keyId);
      return c.json({ ...wire, secret }, 200, NO_STORE);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const over = generateCookie(COOKIE, "", { ...COOKIE_OPTIONS, maxAge: 0 });
      throw new ApiError(error.problem, { ...error.headers, "Set-Cookie": over });
    }
  });

  app.delete("/console/session", checkOwnPage, access("any", "key", "stops"), async (c) => {
    deleteCookie(c, COOKIE, COOKIE_OPTIONS);
    const session = await getKey(c, c.get("caller").keyId);
    if (session.wire.session_of === null)
      throw apiError("key_closed", "This key is not a console session; revoke it with DELETE /v1/keys/{id}.");
    await revokeStoredKey(c, session, true);
    return c.body(null, 204);
  });

  app.post("/console/app", checkOwnPage, access("any", "key"), checkSession, async (c) => {
    const { request } = validated(appRequest, await jsonValue(c));
    return c.json(await readApproval(c, request), 200, NO_STORE);
  });

  app.post("/console/app/decision", checkOwnPage, access("any", "key"), checkSession, async (c) => {
    const { request, approve, user } = validated(appDecision, await jsonValue(c));
    const redirect_to = await (approve ? approveApp(c, request, user) : denyApp(c, request));
    return c.json({ redirect_to }, 200, NO_STORE);
  });
}

/** What an app asks for, as `/authorize` gave it to the page. */
const appRequest = z.strictObject({ request: z.string().max(HEADER_CHARS) });
/** What the person decided, and for which user the app acts. */
const appDecision = appRequest.extend({
  approve: z.boolean(),
  user: z.string().refine(isUserName, USER_NAME_RULE).nullable().default(null),
});

function validated<S extends z.ZodType>(schema: S, sent: unknown): z.output<S> {
  const read = schema.safeParse(sent ?? {});
  if (read.success) return read.data;
  checkInvalid({ target: "json", ...read });
  throw new Error("checkInvalid throws for a failed validation");
}

/** An app is approved by a person in the console: a key alone could do so unseen. */
async function checkSession(c: Ctx, next: () => Promise<void>): Promise<void> {
  if (c.get("caller").parent !== null) return next();
  throw apiError("key_closed", "This key is not a console session; sign in at /console to approve an app.");
}

/** The code of an invite is sent as a key is: it is in no address, so in no log. */
function bearerOf(c: Ctx): string {
  const sent = credentialOf(c.req.raw.headers);
  return sent !== null && "sent" in sent ? sent.sent : "";
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The name of one page's attempt. Together with the code it opens the same session again, so it must not be guessable. */
function attemptOf(sent: string): string {
  if (UUID.test(sent)) return sent;
  const message = "must be a random UUID; repeat the request with the same one if its answer is lost";
  throw new ApiError(invalidFields([{ field: "header:Idempotency-Key", message }]));
}

async function rememberSession(c: Ctx, { secret, expires_at }: ShownKeyWire): Promise<void> {
  const encrypted = await encrypt(secret, OWNER, rootsOf(c.get("config")), random);
  setCookie(c, COOKIE, encrypted, {
    ...COOKIE_OPTIONS,
    ...(expires_at === null ? {} : { expires: new Date(expires_at) }),
  });
}

/** Rejects what a page of another site sent, or no page at all: a browser states both headers, and a page cannot change them. */
async function checkOwnPage(c: Ctx, next: () => Promise<void>): Promise<void> {
  const isOwn = [c.get("origin"), new URL(c.req.url).origin].includes(c.req.header("Origin") ?? "");
  if (isOwn && c.req.header("Sec-Fetch-Site") === "same-origin") return next();
  throw apiError("key_in_browser", "This route is for the page at /console alone.");
}
