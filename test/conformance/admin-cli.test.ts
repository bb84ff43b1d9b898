/** The commands of `npm run admin` against the operator's routes; two of them as a shell runs them. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runAdmin } from "../../scripts/lib/admin.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { awayFromHourEnd, request, served } from "./support/client.ts";

const folder = mkdtempSync(join(tmpdir(), "admin-cli-"));
const tokenFile = join(folder, "token");
writeFileSync(tokenFile, `${served.adminToken}\n`, { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

const ENV = { GW: served.url, ADMIN_TOKEN_FILE: tokenFile };

async function run(words: readonly string[], { input = "" } = {}): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runAdmin(words, {
    print: (text) => (out += `${text}\n`),
    error: (text) => (err += `${text}\n`),
    readLine: async () => input.split("\n")[0] ?? "",
    env: ENV,
  });
  expect(out + err).not.toContain(served.adminToken);
  return { code, out, err };
}

/** The same in a process of its own. */
function spawned(words: readonly string[], input = ""): Promise<Ran> {
  const child = spawn(process.execPath, [join(ROOT, "scripts/admin.ts"), ...words], {
    env: { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1", ...ENV },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += String(text)));
  child.stderr.on("data", (text) => (err += String(text)));
  child.stdin.end(input);
  return new Promise((settle) => child.on("close", (code) => settle({ code, out, err })));
}

async function json<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await run([...words, "--json"]);
  expect(code, err).toBe(0);
  return JSON.parse(out) as T;
}

const stateOf = async (tenant: string): Promise<string> => {
  const headers = { authorization: `Bearer ${served.adminToken}` };
  return ((await (await request("GET", `/admin/tenants/${tenant}`, { headers })).json()) as { state: string }).state;
};

describe("npm run admin", () => {
  it("makes a tenant and a key that works, changes quotas, pauses, resumes, rotates and revokes", async () => {
    const { id } = await json<{ id: string }>("tenants", "create", "from the shell", "--tier", "medium");
    expect(id).toMatch(/^ten_/);
    const made = await json<{ id: string; secret: string }>("keys", "create", id, "--mode", "test", "--name", "k");
    const me = () => request("GET", "/v1/me", { headers: { authorization: `Bearer ${made.secret}` } });
    expect((await me()).status).toBe(200);

    const changed = await run(["quotas", "set", id, "renders_per_day=7", "--mode", "test"]);
    expect(changed.out).toMatch(/^test\.renders_per_day +7$/m);
    const table = await run(["quotas", "show", id]);
    expect(table.out).toMatch(/^QUOTA +LIVE +TEST\n/);
    expect(table.out).toMatch(/^renders_per_day +10000 +7$/m);
    await run(["quotas", "set", id, "renders_per_day=default", "--mode", "test"]);
    expect((await json<{ test: { renders_per_day: number } }>("quotas", "show", id)).test.renders_per_day).toBe(2_000);

    expect((await run(["tenants", "pause", id])).code).toBe(0);
    expect(await stateOf(id)).toBe("paused");
    expect((await run(["tenants", "resume", id])).code).toBe(0);
    expect(await stateOf(id)).toBe("active");

    const next = await json<{ id: string; secret: string }>("keys", "rotate", made.id, "--grace", "0");
    expect(next.secret).toMatch(/^ngw_test_/);
    expect((await run(["keys", "revoke", next.id])).code).toBe(0);
    const keys = await run(["keys", "list", id]);
    expect(keys.out.trim().split("\n")).toHaveLength(3);
    expect(keys.out).not.toContain(next.secret);
    const audit = await run(["tenants", "audit", id]);
    expect(audit.out).toMatch(/key\.revoked +key_/);
    expect((await run(["tenants", "list"])).out).toMatch(new RegExp(`^${id} +from the shell +active +medium `, "m"));
    expect((await run(["status"])).out).toMatch(/^late_work +(ok|warn|critical) +\d+ +120 +600 +seconds$/m);
    expect((await run(["metrics"])).out).toMatch(/^nemo_gateway_overdue_objects \d+$/m);
  });

  it("sets caps, and shows usage as a table, as JSON and as CSV", async () => {
    await awayFromHourEnd();
    const { id } = await json<{ id: string }>("tenants", "create", "usage");
    const key = await json<{ secret: string }>("keys", "create", id, "--mode", "test");
    const headers = { authorization: `Bearer ${key.secret}` };
    const video = await request("POST", "/v1/videos", {
      headers: { ...headers, prefer: "wait=60" },
      json: { prompt: "make a 1 second video of the sea" },
    });
    expect(video.status).toBe(200);
    type Usage = { mode: string; credits: { measured: number; estimated: number }; turns: { completed: number } };
    let rows: Usage[] = [];
    while (rows.length === 0) rows = await json<Usage[]>("usage", id);
    expect(rows).toMatchObject([{ mode: "test", turns: { completed: 1 } }]);
    const spent = (rows[0]?.credits.measured ?? 0) + (rows[0]?.credits.estimated ?? 0);
    expect(spent).toBe(((await video.json()) as { credits: { amount: number } }).credits.amount);
    const table = await run(["usage", id, "--sum"]);
    expect(table.out).toMatch(/^TENANT +MODE +TURNS +MEASURED/);
    const csv = await run(["usage", "--csv", "--mode", "test"]);
    expect(csv.out).toMatch(/^tenant,mode,day,kind,amount\r\n/);
    expect(csv.out).toMatch(new RegExp(`^${id},test,[0-9-]{10},turns_completed,1\r?$`, "m"));
    expect(csv.out.match(/tenant,mode/g)).toHaveLength(1);

    const caps = await run(["caps", "set", id, `tenant_hard=${spent}`, "user_soft=2.5", "--mode", "test"]);
    expect(caps.out).toMatch(new RegExp(`^tenant_hard +- +${spent}$`, "m"));
    expect((await run(["caps", "set", id, "tenant_hard=none", "--mode", "test"])).out).toMatch(/^tenant_hard +- +-$/m);
  });

  it("creates nothing twice under one idempotency key", async () => {
    const words = ["tenants", "create", "once", "--idempotency-key", `once-${Date.now()}`] as const;
    expect((await json<{ id: string }>(...words)).id).toBe((await json<{ id: string }>(...words)).id);
  });

  it("deletes a tenant only after its id was typed again", async () => {
    const { id } = await json<{ id: string }>("tenants", "create", "short-lived");
    for (const input of ["", "yes\n", `${id}x\n`]) {
      const rejected = await run(["tenants", "delete", id], { input });
      expect(rejected).toMatchObject({ code: 1, out: "" });
      expect(rejected.err).toContain("nothing was deleted");
      expect(await stateOf(id)).toBe("active");
    }
    expect(await spawned(["tenants", "delete", id], "")).toMatchObject({ code: 1, out: "" });
    expect(await stateOf(id)).toBe("active");
    expect((await spawned(["tenants", "delete", id], `${id}\n`)).code).toBe(0);
    expect(await stateOf(id)).toBe("deleting");
    expect((await run(["tenants", "deletion", id])).out).toMatch(/^state +delet(ing|ed)$/m);
  });

  it.each([
    [["tenants", "list", "--no-such-flag"], 2, "no-such-flag"],
    [["keys", "create", "ten_x", "--grace", "5"], 2, "--grace"],
    [["keys", "rotate", "key_x", "--grace", "soon"], 2, "whole number"],
    [["tenants", "explode"], 2, 'no command "tenants explode"'],
    [["tenants", "show"], 2, "needs TENANT"],
    [["tenants", "show", "ten_a", "ten_b"], 2, "one word too many"],
    [["tenants", "show", "../status"], 2, "no id of tenants"],
    [["keys", "create", "ten_a"], 2, "--mode live or --mode test"],
    [["quotas", "set", "ten_a", "renders=many", "--mode", "test"], 2, "NAME=NUMBER"],
    [["tenants", "show", "ten_0000000000aaaaaaaaaa"], 1, "not_found"],
    [["tenants", "create", "x", "--tier", "huge"], 1, "/tier"],
    [["status", "--url", "http://gateway.example"], 2, "https"],
    [["status", "--token-file", "/nowhere/token"], 3, "does not exist"],
  ])("rejects %j with code %i", async (words, code, text) => {
    const rejected = await run(words);
    expect(rejected).toMatchObject({ code, out: "" });
    expect(rejected.err).toContain(text);
  });

  it("rejects a token file that others can read, and a token that the gateway rejects", async () => {
    const open = join(folder, "open");
    writeFileSync(open, served.adminToken);
    chmodSync(open, 0o644);
    expect(await run(["status", "--token-file", open])).toMatchObject({ code: 3, out: "" });
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "ADMIN_TOKEN='not-this-one-0123456789-0123456789'\n", { mode: 0o600 });
    const rejected = await run(["status", "--token-file", wrong]);
    expect(rejected).toMatchObject({ code: 3, out: "" });
    expect(rejected.err).not.toContain("not-this-one");
  });

  it("says how to repeat a creation whose answer was lost", async () => {
    const server = createServer((message) => message.socket.destroy()).listen(0, "127.0.0.1");
    await new Promise((settle) => server.once("listening", settle));
    const { port } = server.address() as AddressInfo;
    const lost = await run(["tenants", "create", "lost", "--url", `http://127.0.0.1:${port}`]);
    server.close();
    expect(lost.code).toBe(1);
    expect(lost.err).toMatch(/--idempotency-key [0-9a-f-]{36}/);
  });

  it("prints a name without what would move the cursor", async () => {
    const printed = await run(["tenants", "create", "a\u001b[2Jb"]);
    expect(printed.out + printed.err).not.toContain("\u001b");
  });
});
