/** `GET /v1/me`: who the credential is and what it may do. */
import { FORMATS } from "../core/formats.ts";
import { CHUNK_ADVICE_BYTES, MAX_REQUEST_BYTES, PROMPT_BYTES, UPLOAD_BYTES } from "../core/limits.ts";
import { me } from "../core/wire/me.ts";
import { accountAddress, ownHash } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, declare } from "../http/declare.ts";
import { tenantObject, userObject } from "../http/objects.ts";

const read = declare({
  method: "get",
  path: "/v1/me",
  access: "any",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "Who this key or token is",
  responses: { 200: answer(me, "The credential, its limits, and where its events stand.") },
});

const LIMITS = {
  upload_bytes: UPLOAD_BYTES,
  request_bytes: MAX_REQUEST_BYTES,
  prompt_bytes: PROMPT_BYTES,
  formats: FORMATS.map((format) => format.ext),
  chunk_advice_bytes: CHUNK_ADVICE_BYTES,
};

export function mountMe(app: Api): void {
  app.openapi(read, async (c) => {
    const { caller } = c.var;
    const account = userObject(c.env, await accountAddress(c));
    const by = ownHash(c);
    const [token, cursor, quotas, user] = await Promise.all([
      account.readToken(),
      tenantObject(c.env, caller).cursor(),
      tenantObject(c.env, caller).readQuotas(caller.quotas, by),
      caller.pass === null ? c.var.user : account.readName(),
    ]);
    const isUser = caller.pass !== null;
    const tenant = isUser ? null : { id: caller.tenant, name: caller.tenantName };
    const scopes = [...caller.scopes];
    const shown = Object.fromEntries(
      quotas
        .filter(({ name }) => !isUser || name !== "new_users_per_day")
        .map(({ name, quota: limit, remaining, reset }) => [name, { limit, remaining, resets_in_seconds: reset }]),
    );
    return c.json(
      {
        tenant,
        user,
        mode: caller.mode,
        scopes,
        limits: LIMITS,
        quotas: shown,
        nemo_token: isUser && ["tenant", "operator"].includes(token.source) ? null : token,
        events_cursor: isUser ? null : cursor,
      },
      200,
    );
  });
}
