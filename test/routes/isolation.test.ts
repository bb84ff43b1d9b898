/** What one tenant, mode or key can see of another's: nothing, and it looks as if nothing were there. */
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { tenantObjectName, userObjectName } from "../../src/core/address.ts";
import { type TenantId, userHashOf } from "../../src/core/ids.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import type { UploadWire } from "../../src/core/wire/upload.ts";
import { call, env, jsonOf, type Member, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

type Fixture = {
  member: Member;
  project: ProjectWire;
  turn: TurnWire;
  render: RenderWire;
  upload: UploadWire;
  hook: { id: string; secret: string };
  event: string;
  delivery: string;
};

async function build(): Promise<Fixture> {
  const member = await makeMember();
  const post = (path: string, body: unknown, headers = {}) =>
    send("POST", path, body, { ...member.headers, ...headers });
  const hook = await jsonOf<Fixture["hook"]>(
    await post("/v1/webhook_endpoints", { url: "http://127.0.0.1:9/in" }),
    201,
  );
  const upload = await jsonOf<UploadWire>(await post("/v1/uploads", { filename: "a.png", size_bytes: 3 }), 201);
  const project = await jsonOf<ProjectWire>(await post("/v1/projects", {}), 201);
  const turn = await jsonOf<TurnWire>(
    await post(`/v1/projects/${project.id}/turns`, { prompt: "make a 1 second video" }, { Prefer: "wait=60" }),
  );
  const render = await jsonOf<RenderWire>(await post(`/v1/projects/${project.id}/renders`, {}), 202);
  const first = async (path: string) =>
    until(
      async () => (await jsonOf<{ data: { id: string }[] }>(await call(path, { headers: member.headers }))).data[0]?.id,
    );
  return {
    member,
    project,
    turn,
    render,
    upload,
    hook,
    event: await first("/v1/events"),
    delivery: await first("/v1/deliveries"),
  };
}

let mine: Fixture;
let paths: string[];
beforeAll(async () => {
  mine = await build();
  const { project, turn, render, upload, hook, event, delivery } = mine;
  paths = [
    `/v1/projects/${project.id}`,
    `/v1/projects/${project.id}/timeline`,
    `/v1/projects/${project.id}/turns`,
    `/v1/projects/${project.id}/renders`,
    `/v1/turns/${turn.id}`,
    `/v1/turns/${turn.id}/events`,
    `/v1/renders/${render.id}`,
    `/v1/renders/${render.id}/content`,
    `/v1/uploads/${upload.id}`,
    `/v1/webhook_endpoints/${hook.id}`,
    `/v1/events/${event}`,
    `/v1/deliveries/${delivery}`,
  ];
});

describe("a tenant's resources", () => {
  it("are returned to their owner", async () => {
    for (const path of paths)
      expect([200, 204, 409], path).toContain((await call(path, { headers: mine.member.headers })).status);
  });

  it("answer 404 to another tenant, and to the same tenant's other mode", async () => {
    const stranger = await makeMember();
    const live = await makeKey(mine.member.tenant.id, { mode: "live" });
    for (const headers of [stranger.headers, { Authorization: `Bearer ${live.secret}` }]) {
      for (const path of paths) expect((await readProblem(await call(path, { headers }))).code, path).toBe("not_found");
    }
  });

  it("cannot be changed by another tenant", async () => {
    const { headers } = await makeMember();
    const { project, turn, render, upload, hook } = mine;
    const tries = [
      send("POST", `/v1/projects/${project.id}/turns`, { prompt: "mine now" }, headers),
      send("POST", `/v1/projects/${project.id}/renders`, {}, headers),
      send("POST", `/v1/turns/${turn.id}/cancel`, "", headers),
      send("POST", `/v1/renders/${render.id}/link`, {}, headers),
      call(`/v1/uploads/${upload.id}/content`, {
        method: "PUT",
        body: "abc",
        headers: { ...headers, "Content-Length": "3" },
      }),
      call(`/v1/webhook_endpoints/${hook.id}`, { method: "DELETE", headers }),
    ];
    for (const attempt of tries) expect((await readProblem(await attempt)).code).toBe("not_found");
    expect((await call(`/v1/webhook_endpoints/${hook.id}`, { headers: mine.member.headers })).status).toBe(200);
  });
});

describe("secrets", () => {
  it("are in no object's database, no table of D1, and no answer", async () => {
    const { member, project, hook } = mine;
    const tenant = member.tenant.id as TenantId;
    const address = { tenant, mode: "test", uh: userHashOf(project.id as `prj_${string}`) } as const;
    const objects = [env.USER.getByName(userObjectName(address)), env.TENANT.getByName(tenantObjectName(address))];
    const dumps = await Promise.all(
      objects.map((stub) => runInDurableObject(stub, (_, state) => dump(state.storage.sql))),
    );
    const d1 = await env.DB.prepare("SELECT * FROM keys").all();
    const answers = await Promise.all(
      paths.map(async (path) => (await call(path, { headers: member.headers })).text()),
    );
    const everything = [...dumps, JSON.stringify(d1.results), ...answers].join("\n");
    for (const secret of [
      member.key.secret,
      hook.secret,
      hook.secret.slice("whsec_".length),
      "nmv_usr_",
      env.ROOT_SECRET,
      env.ADMIN_TOKEN ?? "",
    ]) {
      expect(everything.includes(secret)).toBe(false);
    }
    expect(dumps.join("").length).toBeGreaterThan(1_000);
  });
});

/** Every row of every table as text. */
function dump(sql: SqlStorage): string {
  const tables = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    .toArray();
  return tables.map(({ name }) => JSON.stringify(sql.exec(`SELECT * FROM "${name}"`).toArray())).join("\n");
}
