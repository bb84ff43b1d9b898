/** API keys: a key with the scope `keys` makes, rotates and revokes those of its own tenant and mode. */
import * as z from "zod";
import { checkReach } from "../core/auth.ts";
import type { KeyId } from "../core/ids.ts";
import { pageOf } from "../core/wire/common.ts";
import { createdKey, key, type NewOwnKey, newOwnKey, rotation } from "../core/wire/key.ts";
import type { Api, Ctx } from "../http/context.ts";
import { answer, body, declare, plainPage, plainParams } from "../http/define-route.ts";
import { cutPage } from "../http/page.ts";
import { ApiError, notFound } from "../http/problem.ts";
import { createKey, found, revokeKey, rotateKey } from "../services/keys.ts";
import { listKeys, type StoredKey } from "../store/keys.ts";

const tags = ["Keys"];
const create = declare({
  method: "post",
  path: "/v1/keys",
  access: "keys",
  tags,
  summary: "Make a key",
  description:
    "Within the mode, scopes and expiry of the key that asks. The secret is shown once: a repeat of the same Idempotency-Key answers without it.",
  request: { body: body(newOwnKey) },
  responses: { 201: answer(createdKey, "The key and its secret.") },
});

const list = declare({
  method: "get",
  path: "/v1/keys",
  access: "keys",
  tags,
  summary: "All keys of this mode, newest first",
  request: { query: plainPage("key") },
  responses: { 200: answer(pageOf(key), "A page of keys.") },
});

const read = declare({
  method: "get",
  path: "/v1/keys/{id}",
  access: "keys",
  tags,
  summary: "One key",
  request: { params: plainParams("key") },
  responses: { 200: answer(key, "The key.") },
});

const rotate = declare({
  method: "post",
  path: "/v1/keys/{id}/rotate",
  access: "keys",
  tags,
  summary: "Replace a key",
  description:
    "Makes a successor with the same name, scopes and expiry. The old key answers with `Deprecation` and `Sunset` until its grace is over.",
  request: { params: plainParams("key"), body: body(rotation) },
  responses: { 201: answer(createdKey, "The successor and its secret.") },
});

const revoke = declare({
  method: "delete",
  path: "/v1/keys/{id}",
  access: "keys",
  flow: "stops",
  tags,
  summary: "Revoke a key",
  description: "The last key that can make keys is revoked with `?force=true` only.",
  request: { params: plainParams("key"), query: z.strictObject({ force: z.enum(["true", "false"]).default("false") }) },
  responses: { 200: answer(key, "The key, revoked.") },
});

export function mountKeys(app: Api): void {
  app.openapi(create, async (c) => {
    const wanted = withinReach(c, c.req.valid("json"));
    const made = await createKey(c, c.var.caller, wanted);
    return c.json(made, 201, { Location: `/v1/keys/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    const found = await listKeys(c.env.DB, c.var.caller, limit + 1, after ?? null);
    return c.json(cutPage(found, limit), 200);
  });

  app.openapi(read, async (c) => {
    return c.json((await foundHere(c, c.req.valid("param").id)).wire, 200);
  });

  app.openapi(rotate, async (c) => {
    const old = await foundHere(c, c.req.valid("param").id);
    if (old.wire.id !== c.var.caller.keyId) withinReach(c, old.wire);
    const made = await rotateKey(c, old, c.req.valid("json").grace_seconds);
    return c.json(made, 201, { Location: `/v1/keys/${made.id}` });
  });

  app.openapi(revoke, async (c) => {
    const old = await foundHere(c, c.req.valid("param").id);
    return c.json(await revokeKey(c, old, c.req.valid("query").force === "true"), 200);
  });
}

/** A key of the caller's own tenant and mode; 404 for any other. */
async function foundHere(c: Ctx, id: KeyId): Promise<StoredKey> {
  const key = await found(c, id);
  if (key.tenant !== c.var.caller.tenant || key.wire.mode !== c.var.caller.mode) throw notFound();
  return key;
}

/** What is wanted of a key, completed from the caller's own; refused where the caller does not reach so far itself. */
function withinReach({ var: { caller } }: Ctx, { name, mode = caller.mode, scopes, expires_at }: NewOwnKey) {
  const endsAt = expires_at === undefined ? caller.endsAt : expires_at === null ? null : Date.parse(expires_at);
  const wanted = { mode, scopes: scopes ?? [...caller.scopes], endsAt };
  const problem = checkReach(caller, wanted);
  if (problem !== null) throw new ApiError(problem);
  return { name, scopes: wanted.scopes, expiresAt: endsAt };
}
