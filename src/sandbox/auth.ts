/** Tokens: anonymous, claim and user-created ones (nemo-api reference sections 2.1, 2.2, 2.4). */

import * as z from "zod";
import { DAY_MS, toRfc3339 } from "../core/time.ts";
import {
  codeAnswer,
  fieldsOf,
  hash32,
  hexText,
  idText,
  missingFields,
  newUser,
  okAnswer,
  ownSession,
  requireToken,
  type Sandbox,
  type SandboxApp,
  statusAnswer,
  switchesOf,
} from "./context.ts";
import type { Switches } from "./faults.ts";
import type { TokenRecord } from "./store.ts";

/** Characters after `nmv_usr_`. Source: section 1.5. */
const TOKEN_CHARS = 43;

export function issueSandboxToken(
  sandbox: Sandbox,
  wanted: Omit<TokenRecord, "tokenId" | "token" | "issuedAt" | "revoked">,
): TokenRecord {
  const token = `nmv_usr_${idText(sandbox.random, TOKEN_CHARS)}`;
  const record: TokenRecord = {
    ...wanted,
    tokenId: `tok_${hexText(sandbox.random, 6)}`,
    token,
    issuedAt: sandbox.clock.now(),
    revoked: false,
  };
  sandbox.store.write("token", token, record);
  return record;
}

export const expiryText = (token: TokenRecord): string | null =>
  token.expiresAt === null ? null : toRfc3339(token.expiresAt).replace(/\.\d+Z$/, "Z");

/** A token as lists show it, without its secret. */
const tokenView = (token: TokenRecord) => ({
  id: token.tokenId,
  name: token.name,
  scopes: token.scopes,
  created_at: toRfc3339(token.issuedAt),
  expires_at: expiryText(token),
  revoked: token.revoked,
});

const NewToken = z.object({
  name: z.string().min(1).max(100),
  scopes: z
    .array(z.enum(["read", "write", "upload", "render", "*"]))
    .min(1)
    .default(["*"]),
  expires_in_days: z.number().positive().max(3_650).nullable().default(null),
});

export function tokenRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/api/tokens", requireToken(sandbox, "write"), async (c) => {
    const body = NewToken.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return missingFields(body.error.issues.map((issue) => issue.path.join(".") || "name"));
    const { name, scopes, expires_in_days } = body.data;
    const expiresAt = expires_in_days === null ? null : sandbox.clock.now() + expires_in_days * DAY_MS;
    const made = issueSandboxToken(sandbox, {
      userId: c.get("user").userId,
      origin: "made",
      name,
      clientId: null,
      address: "",
      scopes,
      expiresAt,
    });
    return okAnswer({ ...tokenView(made), token: made.token });
  });

  app.get("/api/tokens", requireToken(sandbox, "read"), (c) => {
    const own = sandbox.store.list("token").filter((token) => token.userId === c.get("user").userId);
    return okAnswer(own.map(tokenView));
  });

  app.post("/api/tokens/:id/revoke", requireToken(sandbox, "write"), (c) => {
    const own = sandbox.store
      .list("token")
      .find((token) => token.tokenId === c.req.param("id") && token.userId === c.get("user").userId);
    if (own === undefined) return statusAnswer(c, 404, "token not found");
    sandbox.store.write("token", own.token, { ...own, revoked: true });
    return okAnswer({ id: own.tokenId, revoked: true });
  });
}

/** Source: section 1.1. */
const CLIENT_ID_CHARS = 64;
const RATION_MS = 7 * DAY_MS;
const CLAIM_TTL_SECONDS = 604_800;

/** Whether this client has to wait for its next anonymous token. */
function isRationed(sandbox: Sandbox, clientId: string, address: string, switches: Switches): boolean {
  if (!switches.limit_tokens) return false;
  const since = sandbox.clock.now() - RATION_MS;
  const recent = sandbox.store.list("token").filter((token) => token.origin === "anonymous" && token.issuedAt > since);
  const ofClient = recent.filter((token) => token.clientId === clientId).length;
  const ofAddress = recent.filter((token) => token.address === address).length;
  return ofClient >= switches.tokens_per_client || ofAddress >= switches.tokens_per_address;
}

const earlierToken = (sandbox: Sandbox, clientId: string): TokenRecord | undefined =>
  sandbox.store.list("token").findLast((token) => token.clientId === clientId);

/** The id of an anonymous user. Clients recognise it by the prefix `anon_`. */
function anonymousUser(sandbox: Sandbox, clientId: string, switches: Switches): string {
  const known = switches.anonymous_user === "same" ? earlierToken(sandbox, clientId) : undefined;
  if (known !== undefined) return known.userId;
  const tail = hash32(`${sandbox.seed}/${clientId}`).toString(16).padStart(8, "0");
  return newUser(sandbox, `anon_${tail}${hexText(sandbox.random, 4)}`, switches).userId;
}

export function authRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/api/auth/anonymous-token", (c) => {
    const switches = switchesOf(sandbox);
    const clientId = c.req.header("X-Client-Id")?.trim() ?? "";
    if (clientId === "") return statusAnswer(c, 400, "X-Client-Id is required");
    if (clientId.length > CLIENT_ID_CHARS) return statusAnswer(c, 400, "X-Client-Id is longer than 64 characters");
    const address = c.req.header("CF-Connecting-IP") ?? c.req.header("X-Forwarded-For") ?? "local";
    if (isRationed(sandbox, clientId, address, switches)) return statusAnswer(c, 429, "too many anonymous tokens");
    const userId = anonymousUser(sandbox, clientId, switches);
    const expiresAt = sandbox.clock.now() + switches.token_ttl_ms;
    const made = issueSandboxToken(sandbox, {
      userId,
      origin: "anonymous",
      name: "anonymous",
      clientId,
      address,
      scopes: switches.anonymous_scopes,
      expiresAt,
    });
    const data = {
      token: made.token,
      user_id: userId,
      expires_at: expiryText(made),
      credits: switches.initial_credits,
    };
    return okAnswer(switches.omit_user_id ? { ...data, user_id: undefined } : data);
  });

  app.post("/api/auth/claim-token", requireToken(sandbox, "write"), async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const { task_id, session_id } = fieldsOf(body);
    const session = typeof session_id === "string" ? ownSession(sandbox, c, session_id) : null;
    if (session === null || session.taskId !== task_id) return codeAnswer(1002, switchesOf(sandbox));
    const claim = `clm_${idText(sandbox.random, 32)}`;
    sandbox.store.write("claim", claim, { sessionId: session.sessionId, at: sandbox.clock.now() });
    return okAnswer({ claim_token: claim, expires_in: CLAIM_TTL_SECONDS });
  });
}
