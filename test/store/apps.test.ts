/** What connected apps hold: each code and refresh token is used once, whatever happens at the same time. */
import { beforeEach, describe, expect, it } from "vitest";
import { type KeyId, plainId, type TenantId } from "../../src/core/ids.ts";
import { APP_TOKEN_KEPT_MS } from "../../src/core/limits.ts";
import { deleteExpiredAppTokens, exchangeToken, findAppToken, insertCode } from "../../src/store/apps.ts";
import { endOldApps, endOldSessions, findKeyOfApp, insertKey, readKey, type StoredApp } from "../../src/store/keys.ts";
import { insertTenant } from "../../src/store/tenants.ts";
import { env, random } from "../support/objects.ts";

const now = 1_763_700_000_000;
const APP: StoredApp = { client: "c", host: "app.example.org", redirectHost: "app.example.org", user: null };
const { DB } = env;

let tenant: TenantId;
let parent: KeyId;
beforeEach(async () => {
  tenant = plainId("ten", now, random);
  await insertTenant(DB, { id: tenant, name: "acme", tier: "medium", createdAt: now, settings: {} }).run();
  parent = await newKey(null, null);
});

async function newKey(of: KeyId | null, app: StoredApp | null, at = now): Promise<KeyId> {
  const id = plainId("key", at, random);
  const more = { replaces: null, parent: of, app, createdAt: at, expiresAt: of === null ? null : now + 60_000 };
  const record = {
    hash: crypto.randomUUID(),
    id,
    tenant,
    mode: "test" as const,
    name: "n",
    hint: "",
    scopes: [],
    ...more,
  };
  await insertKey(DB, record).run();
  return id;
}

const fresh = () => crypto.randomUUID();
async function newCode(key: KeyId, expiresAt = now + 1_000): Promise<string> {
  const hash = fresh();
  await insertCode(DB, { hash, key, expiresAt, challenge: "x", redirectUri: "https://app.example.org/" }).run();
  return hash;
}
const pair = () => ({
  access: { hash: fresh(), expiresAt: now + 3_000 },
  refresh: { hash: fresh(), expiresAt: now + 9_000 },
});
const tokensOf = async (key: KeyId): Promise<number> =>
  (await DB.prepare("SELECT count(*) AS n FROM app_tokens WHERE key = ?1").bind(key).first<number>("n")) ?? 0;

describe("a code or a refresh token", () => {
  it("is exchanged once: of many at the same time one gets tokens, and only its tokens exist", async () => {
    const app = await newKey(parent, APP);
    const code = await newCode(app);
    const wanted = Array.from({ length: 10 }, pair);
    const done = await Promise.all(wanted.map((tokens) => exchangeToken(DB, code, tokens, now)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await tokensOf(app)).toBe(3);
    const given = wanted[done.indexOf(true)] ?? pair();
    expect((await findKeyOfApp(DB, given.access.hash, now))?.id).toBe(app);
    expect(await findAppToken(DB, code, "code")).toMatchObject({ key: app, isUsed: true, challenge: "x" });
    expect(await findAppToken(DB, given.refresh.hash, "refresh")).toMatchObject({ key: app, isUsed: false, app: APP });
    expect((await readKey(DB, app))?.wire.expires_at).toBe(new Date(now + 9_000).toISOString());
    expect(await exchangeToken(DB, given.refresh.hash, pair(), now)).toBe(true);
    expect(await exchangeToken(DB, given.refresh.hash, pair(), now)).toBe(false);
  });

  it("gives nothing after its end, and an access token is never exchanged", async () => {
    const app = await newKey(parent, APP);
    expect(await exchangeToken(DB, await newCode(app, now), pair(), now)).toBe(false);
    const tokens = pair();
    expect(await exchangeToken(DB, await newCode(app), tokens, now)).toBe(true);
    expect(await exchangeToken(DB, tokens.access.hash, pair(), now)).toBe(false);
    expect(await findKeyOfApp(DB, tokens.refresh.hash, now)).toBeNull();
    expect(await findKeyOfApp(DB, tokens.access.hash, now + 3_000)).toBeNull();
    expect(await exchangeToken(DB, tokens.refresh.hash, pair(), now + 9_000)).toBe(false);
  });

  it("is deleted a day after its end, or with the app", async () => {
    const app = await newKey(parent, APP);
    const [old, newer] = [await newCode(app, now - 1), await newCode(app, now)];
    await deleteExpiredAppTokens(DB, now + APP_TOKEN_KEPT_MS);
    expect(await findAppToken(DB, old, "code")).toBeNull();
    expect(await findAppToken(DB, newer, "code")).not.toBeNull();
    await DB.prepare("DELETE FROM keys WHERE id = ?1").bind(app).run();
    expect(await tokensOf(app)).toBe(0);
  });
});

it("the oldest apps of a key end for a new one, and no session with them; nor the other way round", async () => {
  const apps = [await newKey(parent, APP, now), await newKey(parent, APP, now + 1), await newKey(parent, APP, now + 2)];
  const sessions = [await newKey(parent, null, now), await newKey(parent, null, now + 1)];
  const ended = async () => {
    const all = await Promise.all([...apps, ...sessions].map((id) => readKey(DB, id)));
    return all.map((key) => key?.wire.revoked_at !== null);
  };
  await endOldApps(DB, parent, now + 5, 2).run();
  expect(await ended()).toEqual([true, false, false, false, false]);
  await endOldSessions(DB, parent, now + 6, 1).run();
  expect(await ended()).toEqual([true, false, false, true, false]);
});
