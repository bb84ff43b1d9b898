/** The console's page and its session: a key that ends with the key it was opened with, and a cookie that opens nothing else. */
import { describe, expect, it } from "vitest";
import { CONSOLE_SESSION_MS, CONSOLE_SESSIONS_PER_KEY } from "../../src/core/limits.ts";
import type { CreatedKeyWire, KeyWire, ShownKeyWire } from "../../src/core/wire/key.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import { call, env, jsonOf, makeKey, makeTenant, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

const bearer = (secret: string | undefined) => ({ Authorization: `Bearer ${secret}` });
const origin = new URL((await call("/console")).url || "http://localhost").origin;
const fromPage = { Origin: origin, "Sec-Fetch-Site": "same-origin" };

const open = (secret: string, headers: Record<string, string> = fromPage) =>
  call("/console/session", { method: "POST", headers: { ...bearer(secret), ...headers } });
const resume = (cookie: string | null, headers: Record<string, string> = fromPage) =>
  call("/console/session/resume", { method: "POST", headers: { ...headers, ...(cookie ? { Cookie: cookie } : {}) } });
const use = (secret: string | undefined) => call("/v1/me", { headers: bearer(secret) });
const cookieOf = (response: Response): string => response.headers.get("Set-Cookie")?.split(";")[0] ?? "";

async function signedIn(key: { secret: string }): Promise<{ session: ShownKeyWire; cookie: string }> {
  const response = await open(key.secret);
  return { session: await jsonOf<ShownKeyWire>(response, 201), cookie: cookieOf(response) };
}

describe("a session of the console", () => {
  it("is a key with the scopes of the one it was opened with, for eight hours", async () => {
    const key = await makeKey((await makeTenant()).id, { scopes: ["read", "keys"] });
    const response = await open(key.secret);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const cookie = response.headers.get("Set-Cookie") ?? "";
    expect(cookie).toMatch(/^__Host-ngw_console=[^;]+; /);
    for (const part of ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"]) expect(cookie).toContain(part);
    const session = await jsonOf<ShownKeyWire>(response, 201);
    expect(cookie).not.toContain(session.secret);
    expect(session).toMatchObject({ session_of: key.id, scopes: ["read", "keys"], mode: "test" });
    expect(Date.parse(session.expires_at ?? "") - Date.parse(session.created_at)).toBe(CONSOLE_SESSION_MS);
    expect((await use(session.secret)).status).toBe(200);
    const { data } = await jsonOf<{ data: AuditEntryWire[] }>(
      await call("/v1/audit_log", { headers: bearer(session.secret) }),
    );
    expect(data[0]).toMatchObject({ action: "key.created", actor: key.id, target: session.id });
  });

  it("ends no later than its key", async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { session } = await signedIn(await makeKey((await makeTenant()).id, { expires_at }));
    expect(session.expires_at).toBe(expires_at);
  });

  it("ends at once when its key is revoked, also for requests that only read", async () => {
    const tenant = await makeTenant();
    const [key, other] = [await makeKey(tenant.id), await makeKey(tenant.id)];
    const { session, cookie } = await signedIn(key);
    expect((await use(session.secret)).status).toBe(200);
    const revoked = await call(`/v1/keys/${key.id}`, { method: "DELETE", headers: bearer(other.secret) });
    expect(revoked.status).toBe(200);
    expect(await readProblem(await use(session.secret))).toMatchObject({ status: 401, code: "key_revoked" });
    expect(await readProblem(await resume(cookie))).toMatchObject({ status: 401, code: "key_revoked" });
  });

  it("ends with the grace period of its key's rotation", async () => {
    const key = await makeKey((await makeTenant()).id);
    const { session } = await signedIn(key);
    await send("POST", `/v1/keys/${key.id}/rotate`, { grace_seconds: 0 }, bearer(key.secret));
    expect(await readProblem(await use(session.secret))).toMatchObject({ code: "key_revoked" });
  });

  it("is restored by its cookie, which opens no route of the API", async () => {
    const { session, cookie } = await signedIn(await makeKey((await makeTenant()).id));
    expect((await use(session.secret)).status).toBe(200);
    const used = env.DB.prepare("SELECT last_used_on FROM keys WHERE id = ?1").bind(session.id);
    await until(() => used.first("last_used_on")); // written after the answer
    const restored = await resume(cookie);
    expect(restored.headers.get("Cache-Control")).toBe("no-store");
    expect(await jsonOf<ShownKeyWire>(restored, 200)).toEqual({ ...session, last_used_on: expect.any(String) });
    expect(await readProblem(await call("/v1/me", { headers: { Cookie: cookie } }))).toMatchObject({ status: 401 });
    const value = cookie.slice(cookie.indexOf("=") + 1);
    expect(await readProblem(await use(value))).toMatchObject({ status: 401 });
    expect((await resume(null)).status).toBe(204);
    expect((await resume(`${cookie}x`)).status).toBe(401);
  });

  it("is opened and restored by the own page alone", async () => {
    const key = await makeKey((await makeTenant()).id);
    const { cookie } = await signedIn(key);
    const foreign: Record<string, string>[] = [
      {},
      { Origin: origin },
      { "Sec-Fetch-Site": "same-origin" },
      { Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" },
      { Origin: origin, "Sec-Fetch-Site": "cross-site" },
    ];
    for (const headers of foreign) {
      expect((await open(key.secret, headers)).status, JSON.stringify(headers)).toBe(403);
      expect((await resume(cookie, headers)).status, JSON.stringify(headers)).toBe(403);
    }
  });

  it("is revoked by signing out, and its cookie removed; a key that is no session stays", async () => {
    const key = await makeKey((await makeTenant()).id, { scopes: ["read"] });
    const { session, cookie } = await signedIn(key);
    const out = (secret: string) =>
      call("/console/session", { method: "DELETE", headers: { ...bearer(secret), ...fromPage } });
    expect(await readProblem(await out(key.secret))).toMatchObject({ status: 409, code: "key_closed" });
    const response = await out(session.secret);
    expect(response.status).toBe(204);
    expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-ngw_console=; Max-Age=0/);
    expect((await use(session.secret)).status).toBe(401);
    const over = await resume(cookie);
    expect(over.status).toBe(401);
    expect(over.headers.get("Set-Cookie")).toMatch(/^__Host-ngw_console=; Max-Age=0/);
    expect((await use(key.secret)).status).toBe(200);
  });

  it("creates keys as long-lived as the key it was opened with may", async () => {
    const { session } = await signedIn(await makeKey((await makeTenant()).id));
    const made = await jsonOf<CreatedKeyWire>(
      await send("POST", "/v1/keys", { name: "server", expires_at: null }, bearer(session.secret)),
      201,
    );
    expect(made).toMatchObject({ expires_at: null, session_of: null });
    const expires_at = new Date(Date.now() + 10 * 3_600_000).toISOString();
    const limited = await signedIn(await makeKey((await makeTenant()).id, { expires_at }));
    const tooLong = await send(
      "POST",
      "/v1/keys",
      { name: "server", expires_at: null },
      bearer(limited.session.secret),
    );
    expect(await readProblem(tooLong)).toMatchObject({ code: "key_too_wide" });
  });

  it("does not count as the last key that can create keys", async () => {
    const key = await makeKey((await makeTenant()).id);
    const { session } = await signedIn(key);
    const response = await call(`/v1/keys/${key.id}`, { method: "DELETE", headers: bearer(session.secret) });
    expect(await readProblem(response)).toMatchObject({ status: 409, code: "last_key" });
  });

  it("that is opened with a session belongs to that session's key, and is not rotated out of it", async () => {
    const key = await makeKey((await makeTenant()).id);
    const { session } = await signedIn(key);
    const second = await signedIn(session);
    expect(second.session.session_of).toBe(key.id);
    const rotated = await jsonOf<CreatedKeyWire>(
      await send("POST", `/v1/keys/${session.id}/rotate`, { grace_seconds: 0 }, bearer(session.secret)),
      201,
    );
    expect(rotated.session_of).toBe(key.id);
  });

  it("is one of at most twenty of a key: a further one ends the oldest", async () => {
    const tenant = await makeTenant();
    const key = await makeKey(tenant.id);
    const sessions: ShownKeyWire[] = [];
    for (let n = 0; n <= CONSOLE_SESSIONS_PER_KEY; n++) sessions.push((await signedIn(key)).session);
    const open = await env.DB.prepare("SELECT count(*) AS n FROM keys WHERE parent = ?1 AND revoked_at IS NULL")
      .bind(key.id)
      .first<number>("n");
    expect(open).toBe(CONSOLE_SESSIONS_PER_KEY);
    const { data } = await jsonOf<{ data: KeyWire[] }>(
      await call("/v1/keys?limit=100", { headers: bearer(key.secret) }),
    );
    expect(data.find(({ id }) => id === sessions[0]?.id)?.revoked_at).not.toBeNull();
    expect((await use(sessions.at(-1)?.secret)).status).toBe(200);
  });
});

describe("the console's page", () => {
  it("runs no inline script, makes no HTML of text, and loads nothing from other hosts", async () => {
    const response = await call("/console");
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-cache");
    const policy = response.headers.get("Content-Security-Policy") ?? "";
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
      expect(policy.split("; ")).toContain(rule);
    expect(policy).not.toContain("unsafe");
    const page = await response.text();
    expect(page).not.toMatch(/<script(?![^>]* src="\/console\/)|<style|\sstyle=|\son\w+=/);
    const files = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      const file = await call(path);
      expect(file.status, path).toBe(200);
      expect(file.headers.get("Cache-Control"), path).toBe("public, max-age=31536000, immutable");
      await file.body?.cancel();
    }
  });

  it("serves no other file", async () => {
    for (const path of ["/console/index.html", "/console/none-AAAAAAAA.js", "/console/..%2fdocs%2fswagger-ui.css"])
      expect((await call(path)).status, path).toBe(404);
  });
});
