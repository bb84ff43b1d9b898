/** Tokens that a user makes for himself (nemo-api reference section 2.4), and the minting of every token. */
import * as z from "zod";
import { DAY_MS, toRfc3339 } from "../core/time.ts";
import { missingFields, okAnswer, statusAnswer } from "./answers.ts";
import { bearer } from "./bearer.ts";
import type { Sandbox, SandboxApp } from "./context.ts";
import { hexText, idText } from "./random.ts";
import type { TokenRecord } from "./records.ts";

/** Characters after `nmv_usr_`. Source: section 1.5. */
const TOKEN_CHARS = 43;

export function mintToken(
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

/** Without its secret. */
const shown = (token: TokenRecord) => ({
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
  app.post("/api/tokens", bearer(sandbox, "write"), async (c) => {
    const body = NewToken.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return missingFields(body.error.issues.map((issue) => issue.path.join(".") || "name"));
    const { name, scopes, expires_in_days } = body.data;
    const expiresAt = expires_in_days === null ? null : sandbox.clock.now() + expires_in_days * DAY_MS;
    const made = mintToken(sandbox, {
      userId: c.get("user").userId,
      origin: "made",
      name,
      clientId: null,
      address: "",
      scopes,
      expiresAt,
    });
    return okAnswer({ ...shown(made), token: made.token });
  });

  app.get("/api/tokens", bearer(sandbox, "read"), (c) => {
    const own = sandbox.store.list("token").filter((token) => token.userId === c.get("user").userId);
    return okAnswer(own.map(shown));
  });

  app.post("/api/tokens/:id/revoke", bearer(sandbox, "write"), (c) => {
    const own = sandbox.store
      .list("token")
      .find((token) => token.tokenId === c.req.param("id") && token.userId === c.get("user").userId);
    if (own === undefined) return statusAnswer(c, 404, "token not found");
    sandbox.store.write("token", own.token, { ...own, revoked: true });
    return okAnswer({ id: own.tokenId, revoked: true });
  });
}
