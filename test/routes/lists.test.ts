/** Lists of projects, uploads, renders and videos for all users of a tenant: exact whatever happens while a caller pages. */
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import {
  type EventId,
  type ListedId,
  ownedId,
  randomUserHash,
  type TenantId,
  userHash,
  userHashOf,
  type VideoId,
} from "../../src/core/ids.ts";
import { RESOURCES_LISTED } from "../../src/core/limits.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { call, jsonOf, type Member, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { good, random, tenantRpc, tenantStub, until } from "../support/objects.ts";
import { PNG } from "../support/resources.ts";

type Item = { id: ListedId; status?: string; user: string | null; created_at: string };
type ListPage = { data: Item[]; has_more: boolean; next_cursor: string | null };

const as = (member: Member, user: string | null): Record<string, string> => ({
  Authorization: `Bearer ${member.key.secret}`,
  ...(user === null ? {} : { "X-User-Id": user }),
});
const list = async (member: Member, path: string, user: string | null = null): Promise<ListPage> =>
  jsonOf(await call(path, { headers: as(member, user) }));
const ids = ({ data }: ListPage): string[] => data.map(({ id }) => id);
const codeOf = async (path: string, headers: Record<string, string>): Promise<string> =>
  (await readProblem(await call(path, { headers }))).code;

async function created(member: Member, user: string | null, path: string, body: unknown): Promise<ListedId> {
  const answer = await send("POST", path, body, as(member, user));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json<{ id: ListedId }>()).id;
}
const project = (member: Member, user: string | null) => created(member, user, "/v1/projects", {});

const addressOf = (member: Member): UserAddress => ({ tenant: member.tenant.id as TenantId, mode: "test", uh: "" });

/** All rows of the tenant's index, or those of a user. */
const rowsOf = (member: Member): Promise<{ id: string; status: string }[]> =>
  runInDurableObject(tenantStub(addressOf(member)), (_, { storage }) =>
    storage.sql.exec<{ id: string; status: string }>("SELECT id, status FROM resources ORDER BY position").toArray(),
  );
const enter = async (member: Member, entered: readonly ListedId[]): Promise<void> => {
  good(await tenantRpc(addressOf(member)).reserveQuota([], null, null, { entered: entered.map((id) => ({ id })) }));
};
const remove = async (member: Member, path: string): Promise<void> => {
  expect((await call(path, { method: "DELETE", headers: as(member, null) })).status).toBe(204);
};

/** Every page of a list, with `between` run after each. */
async function walk(member: Member, path: string, between: (page: number) => Promise<void>): Promise<string[]> {
  const seen: string[] = [];
  for (let page = 1, after = ""; ; page++) {
    const read = await list(member, `${path}${after}`);
    seen.push(...ids(read));
    if (!read.has_more) return seen;
    after = `&after=${read.next_cursor}`;
    await between(page);
  }
}

describe("a list of all users", () => {
  it("has every kind of resource, newest first, and says whose it is", async () => {
    const member = await makeMember(null);
    const [first, second, third] = [
      await project(member, "ada"),
      await project(member, null),
      await project(member, "bob"),
    ];
    const page = await list(member, "/v1/projects?limit=10");
    expect(page.data.map(({ id, user }) => [id, user])).toEqual([
      [third, "bob"],
      [second, null],
      [first, "ada"],
    ]);
    expect(page).toMatchObject({ has_more: false, next_cursor: null });
    expect(await list(member, "/v1/projects", "ada")).toMatchObject({ data: [{ id: first, user: "ada" }] });

    const upload = await created(member, "bob", "/v1/uploads", { filename: "a.png", size_bytes: PNG.length });
    const video = await created(member, "ada", "/v1/videos", { prompt: "make a 1 second video" });
    const isOver = ({ data }: ListPage) => data[0]?.status === "completed";
    await until(async () => isOver(await list(member, "/v1/videos")));
    expect((await list(member, "/v1/videos")).data).toMatchObject([{ id: video, user: "ada" }]);
    expect((await list(member, "/v1/renders")).data).toMatchObject([{ status: "completed", user: "ada" }]);
    const shown = (await list(member, "/v1/videos")).data[0] as Item & { download_url: string };
    expect((await call(new URL(shown.download_url).pathname)).status).toBe(200);
    expect((await list(member, "/v1/uploads?status=open")).data).toMatchObject([{ id: upload, user: "bob" }]);
    const headers = { ...as(member, null), "Content-Length": String(PNG.length) };
    await jsonOf(await call(`/v1/uploads/${upload}/content`, { method: "PUT", body: PNG, headers }));
    expect((await list(member, "/v1/uploads?status=open")).data).toEqual([]);
    expect((await list(member, "/v1/uploads?status=completed")).data).toMatchObject([{ id: upload }]);
    expect((await list(member, "/v1/uploads?status=completed", "bob")).data).toMatchObject([
      { id: upload, user: "bob" },
    ]);
    expect((await list(member, "/v1/renders?status=queued", "ada")).data).toEqual([]);
    expect((await list(member, "/v1/renders?status=completed", "ada")).data).toHaveLength(1);
  });

  it("neither skips nor repeats while resources are created and deleted between pages", async () => {
    const member = await makeMember(null);
    const old: ListedId[] = [];
    for (let n = 0; n < 9; n++) old.push(await project(member, `user-${n % 4}`));
    const deleted = new Set<string>();
    const drop = async (id: ListedId | undefined): Promise<void> => {
      if (id === undefined) return;
      deleted.add(id);
      await remove(member, `/v1/projects/${id}`);
    };
    const seen = await walk(member, "/v1/projects?limit=2", async (page) => {
      await project(member, `new-${page}`);
      if (page === 1) await drop(old[8]); // shown already
      if (page === 1) await drop(old[6]); // the next one
      if (page === 2) await drop(old[4]); // the last one shown: the cursor's own
    });
    expect(seen).toEqual([8, 7, 5, 4, 3, 2, 1, 0].map((n) => old[n]));
    const now = await list(member, "/v1/projects?limit=100");
    expect(ids(now).filter((id) => deleted.has(id))).toEqual([]);
    expect(now.data).toHaveLength(9 - 3 + 3);
    await until(async () => (await rowsOf(member)).every(({ id }) => !deleted.has(id)));
  });

  it("is exact while many callers create and delete at the same time", async () => {
    const member = await makeMember(null);
    const kept = await Promise.all(Array.from({ length: 12 }, (_, n) => project(member, `u${n % 5}`)));
    let isOver = false;
    const churn = async (n: number): Promise<void> => {
      while (!isOver) await remove(member, `/v1/projects/${await project(member, `churn-${n}`)}`);
    };
    const churning = [0, 1, 2].map(churn);
    for (let round = 0; round < 4; round++) {
      const seen = await walk(member, "/v1/projects?limit=3", async () => undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => kept.some((one) => one === id)).toSorted()).toEqual(kept.toSorted());
    }
    isOver = true;
    await Promise.all(churning);
    expect(ids(await list(member, "/v1/projects?limit=100")).toSorted()).toEqual(kept.toSorted());
  });

  it("shows what its owner has, however wrong the index is", async () => {
    const member = await makeMember(null);
    const done = (await created(member, "ada", "/v1/videos", { prompt: "make a 1 second video" })) as VideoId;
    await until(async () => (await list(member, "/v1/videos?status=completed")).data.length === 1);
    const set = (status: string) =>
      runInDurableObject(tenantStub(addressOf(member)), (_, { storage }) => {
        storage.sql.exec("UPDATE resources SET status = ?, sequence = 0 WHERE id = ?", status, done);
      });
    await set(""); // its end is not published yet
    expect(ids(await list(member, "/v1/videos?status=completed"))).toEqual([done]);
    for (const status of ["queued", "processing", "failed", "cancelled", "needs_input"])
      expect(ids(await list(member, `/v1/videos?status=${status}`)), status).toEqual([]);
    await set("failed"); // never published, but whatever a row says is not what is shown
    expect(ids(await list(member, "/v1/videos?status=failed"))).toEqual([]);
    // Entered, and its owner crashed before the commit.
    const lost = ownedId("vid", userHashOf(done), Date.now(), random);
    await enter(member, [lost]);
    expect(ids(await list(member, "/v1/videos"))).toEqual([done]);
    await runInDurableObject(tenantStub(addressOf(member)), (_, { storage }) => {
      storage.sql.exec("UPDATE resources SET entered_at = 0 WHERE id = ?", lost);
    });
    await list(member, "/v1/videos");
    await until(async () => (await rowsOf(member)).every(({ id }) => id !== lost));
  });

  it("finds a video that is continued, although the event of its first end arrives late", async () => {
    const member = await makeMember(null);
    const uh = await userHash(member.tenant.id as TenantId, "ada");
    const video = (await created(member, "ada", "/v1/videos", { prompt: "make a 1 second video" })) as VideoId;
    await until(async () => (await rowsOf(member)).some(({ id, status }) => id === video && status === "completed"));
    await jsonOf(
      await send("POST", `/v1/videos/${video}/turns`, { prompt: "make it blue #slow:600s" }, as(member, null)),
      202,
    );
    const late = { type: "video.completed", resource: video, sequence: 1, at: Date.now(), uh, data: "{}" } as const;
    await tenantRpc(addressOf(member)).accept([{ ...late, id: `evt_${randomUserHash(random)}0000` as EventId }]);
    const statuses = async (): Promise<string> => {
      const found = ["queued", "processing", "completed"].map(async (status) =>
        (await list(member, `/v1/videos?status=${status}`)).data.map((item) => {
          expect(item.status).toBe(status);
          return status;
        }),
      );
      return (await Promise.all(found)).flat().join();
    };
    await until(async () => (await statuses()) === "processing");
    await send("POST", `/v1/videos/${video}/cancel`, "", as(member, null));
    expect(await statuses()).toBe("");
    expect(ids(await list(member, "/v1/videos?status=cancelled"))).toEqual([video]);
  });

  it("filters by generator, project and batch", async () => {
    const member = await makeMember(null);
    const generator = await created(member, null, "/v1/generators", {
      name: "mine",
      slug: "mine",
      prompt: "make a 1 second clip",
    });
    const made = await created(member, "ada", "/v1/generators/mine/videos", {});
    const work = await project(member, "bob");
    const inProject = await created(member, "bob", "/v1/videos", { prompt: "make a 1 second video", project: work });
    const batch = await created(member, null, "/v1/batches", { items: [{ prompt: "make a 1 second clip" }] });
    const [inBatch] = await until(async () => {
      const { data } = await list(member, `/v1/videos?batch=${batch}`);
      return data.length > 0 && data;
    });
    expect(ids(await list(member, "/v1/videos"))).toEqual([inBatch?.id, inProject, made]);
    for (const name of [generator, "mine"])
      expect(ids(await list(member, `/v1/videos?generator=${name}`))).toEqual([made]);
    expect((await list(member, `/v1/videos?project=${work}`)).data).toMatchObject([{ id: inProject, user: "bob" }]);
    expect(ids(await list(member, `/v1/videos?project=${work}`, "ada"))).toEqual([]);
    await until(async () => ids(await list(member, "/v1/videos?generator=mine&status=completed")).length === 1);
    expect(ids(await list(member, "/v1/videos?generator=mine&status=failed"))).toEqual([]);
  });
});

describe("the cursor of a list of all users", () => {
  let member: Member;
  let cursor: string | null;

  beforeAll(async () => {
    member = await makeMember(null);
    for (const user of ["ada", "bob"]) await created(member, user, "/v1/videos", { prompt: "#slow:240s" });
    for (const user of ["ada", "bob"]) await project(member, user);
    cursor = (await list(member, "/v1/videos?limit=1")).next_cursor;
  });

  it("is of this list alone", async () => {
    const other = await makeMember(null);
    const live = await makeKey(member.tenant.id, { mode: "live" });
    expect((await list(member, `/v1/videos?after=${cursor}`)).data).toHaveLength(1);
    const wrong: [string, Record<string, string>][] = [
      [`/v1/videos?after=${cursor}`, as(other, null)],
      [`/v1/videos?after=${cursor}`, { Authorization: `Bearer ${live.secret}` }],
      [`/v1/videos?after=${cursor}`, as(member, "ada")],
      [`/v1/videos?status=processing&after=${cursor}`, as(member, null)],
      [`/v1/videos?generator=mine&after=${cursor}`, as(member, null)],
      [`/v1/projects?after=${cursor}`, as(member, null)],
      [`/v1/renders?after=${cursor}`, as(member, null)],
      [`/v1/uploads?after=${cursor}`, as(member, null)],
      [`/v1/videos?after=${ids(await list(member, "/v1/videos"))[0]}`, as(member, null)],
      ["/v1/uploads?after=3", as(member, null)],
    ];
    for (const [path, headers] of wrong) expect(await codeOf(path, headers), path).toBe("invalid_cursor");
  });

  it("is not for a user token, which lists its own user's resources", async () => {
    const answer = await send("POST", "/v1/users/ada/tokens", {}, as(member, null));
    const token = { Authorization: `Bearer ${(await jsonOf<UserTokenWire>(answer, 201)).token}` };
    for (const kind of ["videos", "projects"]) {
      const own = await jsonOf<ListPage>(await call(`/v1/${kind}`, { headers: token }));
      expect(own.data.map(({ user }) => user)).toContain("ada");
      expect(own.data.every(({ user }) => user === "ada")).toBe(true);
      const bobs = (await list(member, `/v1/${kind}`, "bob")).data[0]?.id;
      expect(JSON.stringify(own)).not.toContain(bobs);
    }
    expect(await codeOf(`/v1/videos?after=${cursor}`, token)).toBe("invalid_cursor");
    const bobs = (await list(member, "/v1/projects", "bob")).data[0]?.id;
    expect(await jsonOf<ListPage>(await call(`/v1/videos?project=${bobs}`, { headers: token }))).toMatchObject({
      data: [],
    });
  });
});

it("does not take a blank user for none: an app with an empty variable gets no other user's resources", async () => {
  const member = await makeMember(null);
  await project(member, "ada");
  for (const kind of ["projects", "uploads", "renders", "videos"])
    for (const blank of ["", " "]) {
      const answer = await readProblem(await call(`/v1/${kind}`, { headers: as(member, blank) }));
      expect(answer, kind).toMatchObject({ status: 422, errors: [{ field: "header:X-User-Id" }] });
    }
});

describe("the index of a tenant's resources", () => {
  it("keeps nothing of a deleted user, and takes nothing more of it", async () => {
    const member = await makeMember(null);
    const kept = await project(member, "bob");
    await project(member, "ada");
    await created(member, "ada", "/v1/uploads", { filename: "a.png", size_bytes: 3 });
    expect((await call("/v1/users/ada", { method: "DELETE", headers: as(member, null) })).status).toBe(202);
    expect(ids(await list(member, "/v1/projects"))).toEqual([kept]);
    expect((await list(member, "/v1/uploads")).data).toEqual([]);
    await until(async () => (await rowsOf(member)).length === 1);
    const uh = await userHash(member.tenant.id as TenantId, "ada");
    await enter(member, [ownedId("prj", uh, Date.now(), random)]);
    expect((await rowsOf(member)).map(({ id }) => id)).toEqual([kept]);
  });

  it("reads a bounded part of itself for a page, and forgets the oldest of a million", async () => {
    const member = await makeMember(null);
    const first = await project(member, "ada");
    const owners = Array.from({ length: 20 }, () => randomUserHash(random));
    const lost = Array.from({ length: 3_000 }, (_, n) =>
      ownedId("prj", owners[n % owners.length] ?? "", Date.now(), random),
    );
    for (let at = 0; at < lost.length; at += 500) await enter(member, lost.slice(at, at + 500));
    const seen: string[] = [];
    let pages = 0;
    for (let after = ""; ; pages++) {
      const page = await list(member, `/v1/projects?limit=100${after}`);
      seen.push(...ids(page));
      if (!page.has_more) break;
      after = `&after=${page.next_cursor}`;
    }
    expect(seen).toEqual([first]);
    expect(pages).toBe(7); // 400 entries each
    await runInDurableObject(tenantStub(addressOf(member)), (_, { storage }) => {
      storage.sql.exec("UPDATE sqlite_sequence SET seq = ? WHERE name = 'resources'", RESOURCES_LISTED);
    });
    const next = await project(member, "ada");
    expect(ids(await list(member, "/v1/projects"))).toEqual([next]);
  });

  it("enters what a request with the same key creates once, and nothing of one that fails", async () => {
    const member = await makeMember(null);
    const address = addressOf(member);
    const headers = { ...as(member, "ada"), "Idempotency-Key": "once" };
    const both = await Promise.all([1, 2].map(() => send("POST", "/v1/projects", {}, headers)));
    const [one, two] = await Promise.all(both.map((answer) => jsonOf<Item>(answer, 201)));
    expect(one?.id).toBe(two?.id);
    await until(async () => (await rowsOf(member)).length === 1);
    expect((await send("POST", `/v1/projects/${one?.id}/renders`, {}, as(member, null))).status).toBe(409);
    expect(await rowsOf(member)).toHaveLength(1);
    expect(await tenantRpc(address).listResources({ kind: "prj" }, null, 5)).toMatchObject([{ id: one?.id }]);
  });
});
