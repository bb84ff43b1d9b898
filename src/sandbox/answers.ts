/** Response envelopes (nemo-api reference section 1.2) and the check of the bearer token. */
import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { encodeJson, hexText, type Sandbox, type SandboxEnv, switchesOf } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { TokenRecord, UserRecord } from "./store.ts";

/** A JSON response; `value` may contain RawJson. */
export const jsonAnswer = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(encodeJson(value), { status, headers: { "content-type": "application/json", ...headers } });

export const okAnswer = (data: unknown): Response => jsonAnswer({ code: 0, data });

/** Codes in the body, with their message and the HTTP status used when `code_status` is not 200. */
const CODES = {
  1001: ["token is invalid or expired", 401],
  1002: ["session not found", 404],
  2001: ["insufficient credits", 402],
  4001: ["unsupported file type", 415],
  4002: ["file too large", 413],
} as const satisfies Record<number, readonly [string, ContentfulStatusCode]>;

export type BodyCode = keyof typeof CODES;

export function codeAnswer(code: BodyCode, switches: Switches): Response {
  const [message, status] = CODES[code];
  return jsonAnswer({ code, message, data: null }, switches.code_status === "200" ? 200 : status);
}

/** An error with an HTTP status of its own: 400, 402, 403, 404, 429. */
export const statusAnswer = (c: Context, status: ContentfulStatusCode, message: string): Response =>
  c.json({ code: status, message, data: null }, status);

/** FastAPI's response to a body that lacks fields. */
export const missingFields = (fields: readonly string[]): Response =>
  jsonAnswer(
    { detail: fields.map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required", input: null })) },
    422,
  );

/** The response of `/run_sse` for an unknown session. */
export function missingSession(sessionId: string, switches: Switches): Response {
  switch (switches.missing_session) {
    case "1002":
      return codeAnswer(1002, switches);
    case "adk_404":
      return jsonAnswer({ detail: "Session not found" }, 404);
    case "adk_404_id":
      return jsonAnswer({ detail: `Session not found: ${sessionId}` }, 404);
    case "adk_js":
      return jsonAnswer({ error: `Session not found: ${sessionId}` }, 404);
  }
}

/* Authentication: the bearer token must be known, not expired, not revoked, and have the scope. */

export type ScopeName = "read" | "write" | "upload" | "render";

/** Creates a user with the initial credits. */
export function newUser(sandbox: Sandbox, userId: string, switches: Switches): UserRecord {
  const user: UserRecord = { userId, granted: switches.initial_credits, consumed: 0 };
  sandbox.store.write("user", userId, user);
  return user;
}

/** Anyone may make up such a token. It gets an account of its own in this sandbox and is valid nowhere else. */
const TEST_TOKEN = /^nmv_usr_sandbox_[\w-]{8,192}$/;
const ANY_TOKEN = /^nmv_usr_[\w-]{8,200}$/;

/** Accepts a token that was not issued here and creates its user: a test token, or any `nmv_usr_` token if the switch says so. */
function registerToken(sandbox: Sandbox, token: string, switches: Switches): TokenRecord | null {
  if (!(switches.unknown_tokens === "accept" ? ANY_TOKEN : TEST_TOKEN).test(token)) return null;
  const { userId } = newUser(sandbox, `user_${hexText(sandbox.random, 6)}`, switches);
  const record: TokenRecord = {
    tokenId: `tok_${hexText(sandbox.random, 6)}`,
    token,
    userId,
    origin: "adopted",
    name: "adopted",
    clientId: null,
    address: "",
    scopes: ["*"],
    issuedAt: sandbox.clock.now(),
    expiresAt: null,
    revoked: false,
  };
  sandbox.store.write("token", token, record);
  return record;
}

/** Middleware that requires a token with `scope`. A claim token (`clm_`) has no rights. */
export function requireToken(sandbox: Sandbox, scope: ScopeName): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const switches = switchesOf(sandbox);
    const text = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    const token = sandbox.store.read("token", text) ?? registerToken(sandbox, text, switches);
    const user = token === null ? null : sandbox.store.read("user", token.userId);
    const isExpired =
      token?.expiresAt !== undefined && token.expiresAt !== null && token.expiresAt <= sandbox.clock.now();
    if (token === null || user === null || token.revoked || isExpired) return codeAnswer(1001, switches);
    if (!token.scopes.includes("*") && !token.scopes.includes(scope))
      return statusAnswer(c, 403, `the token lacks the scope ${scope}`);
    c.set("token", token);
    c.set("user", user);
    return next();
  };
}
