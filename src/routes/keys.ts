/** API keys: a key with the scope `keys` creates, rotates and revokes keys of its own tenant and mode. */

import * as z from "zod";
import { checkKeyAccess } from "../core/auth.ts";
import type { KeyId } from "../core/ids.ts";
import { rowsFor } from "../core/page.ts";
import { pageSchema } from "../core/wire/common.ts";
import { createdKey, key, type NewOwnKey, newOwnKey, rotation } from "../core/wire/key.ts";
import type { Api, Ctx } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, plainPage, plainParams } from "../http/define-route.ts";
import { pageOfRows, pageRequest } from "../http/page.ts";
import { ApiError, notFound } from "../http/problem.ts";
import { createKey, getKey, revokeStoredKey, rotateStoredKey } from "../services/keys.ts";
import { listKeys, type StoredKey } from "../store/keys.ts";

const tags = ["Keys"];
const create = defineRoute({
  method: "post",
  path: "/v1/keys",
  operationId: "keys.create",
  access: "keys",
  tags,
  summary: "Create an API key",
  description:
    "The new key has the mode of the calling key and at most its scopes and lifetime; otherwise the call fails with `key_too_wide`. The secret is returned once: a repeated call with the same `Idempotency-Key` returns the key without it.",
  request: { body: jsonBody(newOwnKey) },
  responses: { 201: jsonResponse(createdKey, "The key and its secret.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/keys",
  operationId: "keys.list",
  access: "keys",
  tags,
  summary: "List API keys",
  description: "Returns the keys of this mode, newest first.",
  request: { query: plainPage("key") },
  responses: { 200: jsonResponse(pageSchema(key), "A page of keys.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/keys/{id}",
  operationId: "keys.retrieve",
  access: "keys",
  tags,
  summary: "Retrieve an API key",
  description: "Returns the key without its secret.",
  request: { params: plainParams("key") },
  responses: { 200: jsonResponse(key, "The key.") },
});

const rotate = defineRoute({
  method: "post",
  path: "/v1/keys/{id}/rotate",
  operationId: "keys.rotate",
  access: "keys",
  tags,
  summary: "Rotate an API key",
  description:
    "Creates a new key with the same name, scopes and expiry. The old key stays valid for `grace_seconds`; until then, responses to it carry `Deprecation` and `Sunset` headers. The secret is returned once.",
  request: { params: plainParams("key"), body: jsonBody(rotation) },
  responses: { 201: jsonResponse(createdKey, "The new key and its secret.") },
});

const revoke = defineRoute({
  method: "delete",
  path: "/v1/keys/{id}",
  operationId: "keys.revoke",
  access: "keys",
  flow: "stops",
  tags,
  summary: "Revoke an API key",
  description:
    "The key is revoked immediately. Other locations may cache it for up to 60 seconds for reads and 5 seconds for writes. Revoking the last key that can create keys fails with `last_key` unless `?force=true` is sent.",
  request: { params: plainParams("key"), query: z.strictObject({ force: z.enum(["true", "false"]).default("false") }) },
  responses: { 200: jsonResponse(key, "The revoked key.") },
});

export function mountKeys(app: Api): void {
  app.openapi(create, async (c) => {
    const fields = checkedFields(c, c.req.valid("json"));
    const made = await createKey(c, c.var.caller, fields);
    return c.json(made, 201, { Location: `/v1/keys/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    const found = await listKeys(c.env.DB, c.var.caller, rowsFor(page), page.after);
    return c.json(pageOfRows(found, page), 200);
  });

  app.openapi(read, async (c) => {
    return c.json((await getOwnKey(c, c.req.valid("param").id)).wire, 200);
  });

  app.openapi(rotate, async (c) => {
    const old = await getOwnKey(c, c.req.valid("param").id);
    if (old.wire.id !== c.var.caller.keyId) checkedFields(c, old.wire);
    const made = await rotateStoredKey(c, old, c.req.valid("json").grace_seconds);
    return c.json(made, 201, { Location: `/v1/keys/${made.id}` });
  });

  app.openapi(revoke, async (c) => {
    const old = await getOwnKey(c, c.req.valid("param").id);
    return c.json(await revokeStoredKey(c, old, c.req.valid("query").force === "true"), 200);
  });
}

/** A key of the caller's own tenant and mode; 404 for any other. */
async function getOwnKey(c: Ctx, id: KeyId): Promise<StoredKey> {
  const key = await getKey(c, id);
  if (key.tenant !== c.var.caller.tenant || key.wire.mode !== c.var.caller.mode) throw notFound();
  return key;
}

/** The new key's fields, with the caller's own as defaults. Throws `key_too_wide` if they exceed the caller's rights. */
function checkedFields({ var: { caller } }: Ctx, { name, mode = caller.mode, scopes, expires_at }: NewOwnKey) {
  // A session of the console may create what the key may that it was opened with: the session itself ends within hours.
  const own = caller.parent === null ? caller : { ...caller, endsAt: caller.parent.endsAt };
  const endsAt = expires_at === undefined ? own.endsAt : expires_at === null ? null : Date.parse(expires_at);
  const fields = { mode, scopes: scopes ?? [...caller.scopes], endsAt };
  const problem = checkKeyAccess(own, fields);
  if (problem !== null) throw new ApiError(problem);
  return { name, scopes: fields.scopes, expiresAt: endsAt };
}
