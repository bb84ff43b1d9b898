/** The operator's routes: tenants and their keys. Not in the public document, closed to browsers of other origins. */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { kidOf } from "../core/derive.ts";
import { plainId } from "../core/ids.ts";
import { keyHash, keyHint, mintKey } from "../core/key.ts";
import { PAGE_MAX, SWEEP_PAGE } from "../core/limits.ts";
import { changeSettings, tenantWarnings } from "../core/tenant.ts";
import { toRfc3339 } from "../core/time.ts";
import { pageQuery, plain } from "../core/wire/common.ts";
import { newKey, type ShownKeyWire } from "../core/wire/key.ts";
import { newTenant } from "../core/wire/tenant.ts";
import { adminDoor } from "../http/admin.ts";
import { notFound } from "../http/api-error.ts";
import { readJson } from "../http/body.ts";
import type { AppEnv } from "../http/context.ts";
import { refuseInvalid } from "../http/invalid.ts";
import { forgetKey } from "../http/key-cache.ts";
import { random } from "../http/random.ts";
import { oldestDue, overdue } from "../store/busy.ts";
import { insertKey, listKeys, revokeKey } from "../store/keys.ts";
import { countStaleSeals } from "../store/seals.ts";
import { insertTenant, listTenants, readTenant } from "../store/tenants.ts";

const tenantParams = zValidator("param", z.object({ id: plain("ten") }), refuseInvalid);
const keyParams = zValidator("param", z.object({ id: plain("key") }), refuseInvalid);
const tenantQuery = zValidator("query", pageQuery, refuseInvalid);

/** Mount under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminDoor);

  admin.post("/tenants", readJson, zValidator("json", newTenant, refuseInvalid), async (c) => {
    const now = Date.now();
    const { name, tier, ...settings } = c.req.valid("json");
    const id = plainId("ten", now, random);
    const made = await insertTenant(c.env.DB, {
      id,
      name,
      tier,
      createdAt: now,
      settings: changeSettings({}, settings),
    });
    return c.json({ ...made, warnings: tenantWarnings(c.var.config) }, 201, { Location: `/admin/tenants/${made.id}` });
  });

  admin.get("/tenants", tenantQuery, async (c) => {
    const { limit, after } = c.req.valid("query");
    const found = await listTenants(c.env.DB, limit + 1, after ?? null);
    const data = found.slice(0, limit);
    const more = found.length > limit;
    return c.json({ data, has_more: more, next_cursor: more ? (data.at(-1)?.id ?? null) : null });
  });

  admin.get("/tenants/:id", tenantParams, async (c) => {
    const found = await readTenant(c.env.DB, c.req.valid("param").id);
    if (found === null) throw notFound();
    return c.json(found);
  });

  admin.post("/tenants/:id/keys", tenantParams, readJson, zValidator("json", newKey, refuseInvalid), async (c) => {
    const tenant = await readTenant(c.env.DB, c.req.valid("param").id);
    if (tenant === null) throw notFound();
    return c.json(await makeKey(c.env.DB, tenant.id, c.req.valid("json")), 201);
  });

  admin.get("/tenants/:id/keys", tenantParams, async (c) => {
    const data = await listKeys(c.env.DB, c.req.valid("param").id, PAGE_MAX);
    return c.json({ data, has_more: false, next_cursor: null });
  });

  admin.post("/keys/:id/revoke", keyParams, async (c) => {
    const revoked = await revokeKey(c.env.DB, c.req.valid("param").id, Date.now());
    if (revoked === null) throw notFound();
    forgetKey(revoked.hash);
    forgetKey(revoked.key.id);
    return c.json(revoked.key);
  });

  admin.get("/status", async (c) => {
    const now = Date.now();
    const [late, oldest, stale] = await Promise.all([
      overdue(c.env.DB, now, null, SWEEP_PAGE),
      oldestDue(c.env.DB),
      kidOf(c.var.config.rootSecret).then((kid) => countStaleSeals(c.env.DB, kid)),
    ]);
    return c.json({
      overdue: late.length,
      overdue_at_least: late.length === SWEEP_PAGE,
      oldest_due_at: oldest === null ? null : toRfc3339(oldest),
      stale_seals: stale,
    });
  });

  return admin;
}

/** Makes a key and stores its hash: the only moment its secret exists outside its holder. */
async function makeKey(db: D1Database, tenant: `ten_${string}`, wanted: z.infer<typeof newKey>): Promise<ShownKeyWire> {
  const now = Date.now();
  const secret = mintKey(wanted.mode, random);
  const id = plainId("key", now, random);
  const { name, mode, scopes, expires_at } = wanted;
  const expiresAt = expires_at === null ? null : Date.parse(expires_at);
  await insertKey(db, {
    hash: await keyHash(secret),
    id,
    tenant,
    mode,
    name,
    hint: keyHint(secret),
    scopes,
    createdAt: now,
    expiresAt,
  });
  return {
    id,
    name,
    mode,
    scopes,
    hint: keyHint(secret),
    created_at: toRfc3339(now),
    expires_at,
    last_used_on: null,
    rotated_at: null,
    replaces: null,
    revoked_at: null,
    secret,
  };
}
