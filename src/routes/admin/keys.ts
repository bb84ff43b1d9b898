/** Operator routes for API keys of any tenant, mode and scope. */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { plain } from "../../core/wire/common.ts";
import { newKey, rotation } from "../../core/wire/key.ts";
import type { AppEnv } from "../../http/context.ts";
import { plainPage } from "../../http/define-route.ts";
import { cutPage } from "../../http/page.ts";
import { checkInvalid } from "../../http/problem.ts";
import { readJson, readValuesOf } from "../../http/request-body.ts";
import { createKey, getKey, revokeStoredKey, rotateStoredKey } from "../../services/keys.ts";
import { checkNotDeleting, getTenant } from "../../services/tenants.ts";
import { listKeys } from "../../store/keys.ts";

const tenantParams = zValidator("param", z.object({ id: plain("ten") }), checkInvalid);
const keyParams = zValidator("param", z.object({ id: plain("key") }), checkInvalid);
const query = zValidator("query", plainPage("key"), checkInvalid);

export function adminKeys(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.post(
    "/tenants/:id/keys",
    tenantParams,
    readJson,
    readValuesOf(newKey),
    zValidator("json", newKey, checkInvalid),
    async (c) => {
      const { id: tenant } = checkNotDeleting(await getTenant(c, c.req.valid("param").id));
      const { mode, name, scopes, expires_at } = c.req.valid("json");
      const expiresAt = expires_at === null ? null : Date.parse(expires_at);
      return c.json(await createKey(c, { tenant, mode }, { name, scopes, expiresAt }), 201);
    },
  );

  admin.get("/tenants/:id/keys", tenantParams, query, async (c) => {
    const { limit, after } = c.req.valid("query");
    const of = { tenant: c.req.valid("param").id, mode: null };
    return c.json(cutPage(await listKeys(c.env.DB, of, limit + 1, after ?? null), limit));
  });

  admin.post(
    "/keys/:id/rotate",
    keyParams,
    readJson,
    readValuesOf(rotation),
    zValidator("json", rotation, checkInvalid),
    async (c) => {
      const old = await getKey(c, c.req.valid("param").id);
      return c.json(await rotateStoredKey(c, old, c.req.valid("json").grace_seconds), 201);
    },
  );

  admin.post("/keys/:id/revoke", keyParams, async (c) => {
    return c.json(await revokeStoredKey(c, await getKey(c, c.req.valid("param").id), true));
  });

  return admin;
}
