/** The user that a request names, and the owner of its resource: one name is one user, and the header never contradicts an id. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { type UserAddress, userNameOwner } from "../../src/core/address.ts";
import { encrypt } from "../../src/core/crypto.ts";
import { type ProjectId, type TenantId, userHash, userHashOf } from "../../src/core/ids.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { UserWire } from "../../src/core/wire/user.ts";
import { call, env, jsonOf, makeMember, readProblem, send } from "../support/gateway.ts";
import {
  editRows,
  freshAddress,
  killObject,
  newProject,
  random,
  until,
  userRpc,
  userStub,
} from "../support/objects.ts";

type Headers = Record<string, string>;

const OLD = env.ROOT_SECRET;
const NEW = "another-root-secret-0123456789-0123456789-0123456789";
afterEach(() => {
  env.ROOT_SECRET = OLD;
  delete env.ROOT_SECRET_PREVIOUS;
});

const made = async (headers: Headers) => jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, headers), 201);
const users = async (headers: Headers, query = "") =>
  jsonOf<{ data: UserWire[]; has_more: boolean; next_cursor: string | null }>(
    await call(`/v1/users${query}`, { headers }),
  );
const listed = (headers: Headers, names: readonly string[]) =>
  until(async () => {
    const ids = (await users(headers)).data.map(({ id }) => id);
    return JSON.stringify(ids.toSorted()) === JSON.stringify(names.toSorted()) ? true : null;
  });
const keptName = (address: UserAddress) =>
  runInDurableObject(userStub(address), (_, state) =>
    state.storage.sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'user_name'").toArray(),
  );
const rowOf = async ({ tenant, mode, uh }: UserAddress) =>
  env.DB.prepare("SELECT name FROM users WHERE tenant = ?1 AND mode = ?2 AND uh = ?3")
    .bind(tenant, mode, uh)
    .first<{ name: string | null }>();

describe("X-User-Id beside an id of another user", () => {
  it("answers 404 and changes nothing, whether the resource has a user or none", async () => {
    const { headers } = await makeMember(null);
    const bob = { ...headers, "X-User-Id": "bob" };
    for (const owner of [headers, { ...headers, "X-User-Id": "alice" }]) {
      const project = await made(owner);
      const turns = `/v1/projects/${project.id}/turns`;
      const problem = await readProblem(await send("POST", turns, { prompt: "hello" }, bob));
      expect(problem).toMatchObject({ status: 404, code: "not_found", detail: expect.stringContaining("X-User-Id") });
      expect((await jsonOf<{ data: unknown[] }>(await call(turns, { headers: owner }))).data).toEqual([]);
      expect((await call(`/v1/projects/${project.id}`, { headers })).status).toBe(200);
    }
    await listed(headers, ["alice"]);
  });

  it("answers 404 if the body names the resource", async () => {
    const { headers } = await makeMember(null);
    const bob = { ...headers, "X-User-Id": "bob" };
    const { id: project } = await made({ ...headers, "X-User-Id": "alice" });
    const orders: [string, unknown][] = [
      ["/v1/videos", { prompt: "a video", project }],
      ["/v1/videos", { prompt: "a video", project, dry_run: true }],
      ["/v1/batches", { items: [{ prompt: "a video" }], mode: "one_project", project }],
    ];
    for (const [path, body] of orders)
      expect((await readProblem(await send("POST", path, body, bob))).code, JSON.stringify(body)).toBe("not_found");
  });

  it("answers 404 beside another user's path", async () => {
    const { headers } = await makeMember(null);
    await made({ ...headers, "X-User-Id": "alice" });
    const bob = { ...headers, "X-User-Id": "bob" };
    expect((await readProblem(await send("DELETE", "/v1/users/alice", "", bob))).code).toBe("not_found");
    await listed(headers, ["alice"]);
  });
});

describe("a user's stored name", () => {
  it("that was encrypted for another user breaks no page, is dropped, and is stored again by the next valid request", async () => {
    const { tenant, headers } = await makeMember(null);
    const good = ["ann", "eve", "kim"];
    for (const name of good) await made({ ...headers, "X-User-Id": name });
    await listed(headers, good);
    const scope = { tenant: tenant.id as TenantId, mode: "test" as const };
    const address = { ...scope, uh: await userHash(scope.tenant, "eve") };
    const other = { ...scope, uh: await userHash(scope.tenant, "bob") };
    const wrong = await encrypt("bob", userNameOwner(other), { current: OLD, previous: null }, random);
    await editRows(userStub(address), (sql) => {
      sql.exec("UPDATE meta SET value = ? WHERE key = 'user_name'", wrong);
    });
    await env.DB.prepare("UPDATE users SET name = ?1 WHERE tenant = ?2 AND uh = ?3")
      .bind(wrong, address.tenant, address.uh)
      .run();

    const seen: string[] = [];
    for (let query = "?limit=1"; ; ) {
      const page = await users(headers, query);
      seen.push(...page.data.map(({ id }) => id));
      if (!page.has_more) break;
      query = `?limit=1&after=${page.next_cursor}`;
    }
    expect(seen.toSorted()).toEqual(["ann", "kim"]);
    expect((await call("/v1/usage?by=user", { headers })).status).toBe(200);
    await until(async () => ((await rowOf(address))?.name === null ? true : null));
    expect(await keptName(address)).toEqual([]);

    await made({ ...headers, "X-User-Id": "eve" });
    await listed(headers, good);
  });

  it("is not replaced by a wrong one after a rotation of the root secret, and is by a right one if it cannot be decrypted", async () => {
    const address = freshAddress();
    const encrypted = (name: string, owner: UserAddress, current: string) =>
      encrypt(name, userNameOwner(owner), { current, previous: null }, random);
    await newProject(userRpc(address), { user: await encrypted("ada", address, OLD) });
    const restart = async (current: string, previous?: string) => {
      env.ROOT_SECRET = current;
      if (previous === undefined) delete env.ROOT_SECRET_PREVIOUS;
      else env.ROOT_SECRET_PREVIOUS = previous;
      await killObject(userStub(address));
    };
    const registered = () =>
      until(async () => {
        const jobs = await runInDurableObject(userStub(address), (_, state) =>
          state.storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'register'").toArray(),
        );
        return jobs.length === 0 ? true : null;
      });
    await registered();

    await restart(NEW, OLD);
    const stranger = { ...address, uh: freshAddress().uh };
    await newProject(userRpc(address), { user: await encrypted("bob", stranger, NEW) });
    await registered();
    expect(await userRpc(address).readName()).toBe("ada");

    await restart(OLD); // the secret that the name is encrypted with is not configured now
    await newProject(userRpc(address), { user: await encrypted("ada", address, OLD) });
    await registered();
    expect(await userRpc(address).readName()).toBe("ada");
    expect((await rowOf(address))?.name).toBe((await keptName(address))[0]?.value);
  });
});

describe("a user's name", () => {
  const problem = ["e\u0301ric", "\u212Aevin", "\u00A0bob", "bob\u3000", "\uFEFFbob", "\u2126"];

  it("has one spelling: what is not NFC or has surrounding blanks is 422, in the header and in a path", async () => {
    const { headers } = await makeMember(null);
    for (const name of problem) {
      const sent = await readProblem(await send("POST", "/v1/projects", {}, { ...headers, "X-User-Id": name }));
      expect(sent, JSON.stringify(name)).toMatchObject({ status: 422, code: "invalid_request" });
      expect(sent.errors?.[0]).toMatchObject({ field: "header:X-User-Id", message: expect.stringContaining("NFC") });
      const asked = await readProblem(await call(`/v1/users/${encodeURIComponent(name)}`, { headers }));
      expect(asked, JSON.stringify(name)).toMatchObject({ status: 422 });
    }
    expect((await readProblem(await call("/v1/users/%20bob", { headers }))).status).toBe(422);
  });

  it("that is NFC is its own user", async () => {
    const { headers } = await makeMember(null);
    const names = ["\u00e9ric", "Kevin", "a b", "三"];
    const projects = [];
    for (const name of names) projects.push(await made({ ...headers, "X-User-Id": name }));
    expect(new Set(projects.map(({ id }) => userHashOf(id as ProjectId))).size).toBe(names.length);
    await listed(headers, names);
  });
});
