/** Who is calling: a bearer token that was minted here, has not run out, was not revoked, and may do this. */
import type { MiddlewareHandler } from "hono";
import { codeAnswer, statusAnswer } from "./answers.ts";
import { type Sandbox, type SandboxEnv, switchesOf } from "./context.ts";
import { hexText } from "./random.ts";
import type { TokenRecord, UserRecord } from "./records.ts";
import type { Switches } from "./switches.ts";

export type ScopeName = "read" | "write" | "upload" | "render";

/** A new user with the credits that new users get. */
export function newUser(sandbox: Sandbox, userId: string, switches: Switches): UserRecord {
  const user: UserRecord = { userId, granted: switches.initial_credits, consumed: 0 };
  sandbox.store.write("user", userId, user);
  return user;
}

/** A token that anybody may write down: it opens an account of its own in this sandbox and none anywhere else. */
const TEST_TOKEN = /^nmv_usr_sandbox_[\w-]{8,192}$/;
const ANY_TOKEN = /^nmv_usr_[\w-]{8,200}$/;

/** Takes a text that nobody minted for a registered user's token: a test token, or any where the switch says so. */
function adopt(sandbox: Sandbox, token: string, switches: Switches): TokenRecord | null {
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

/** A claim token (`clm_`) is no token of this kind and has no rights. */
export function bearer(sandbox: Sandbox, scope: ScopeName): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const switches = switchesOf(sandbox);
    const text = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    const token = sandbox.store.read("token", text) ?? adopt(sandbox, text, switches);
    const user = token === null ? null : sandbox.store.read("user", token.userId);
    const isOver = token?.expiresAt !== undefined && token.expiresAt !== null && token.expiresAt <= sandbox.clock.now();
    if (token === null || user === null || token.revoked || isOver) return codeAnswer(1001, switches);
    if (!token.scopes.includes("*") && !token.scopes.includes(scope))
      return statusAnswer(c, 403, `the token lacks the scope ${scope}`);
    c.set("token", token);
    c.set("user", user);
    return next();
  };
}
