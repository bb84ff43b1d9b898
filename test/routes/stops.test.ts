/**
 * What ends when access ends: every cell of the table in SECURITY.md. The document is the expectation; a row or a
 * column that this file cannot make happen fails it.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { issueKey, keyHash } from "../../src/core/auth.ts";
import { encrypt, signLink } from "../../src/core/crypto.ts";
import {
  type BatchId,
  type EndpointId,
  eventId,
  type KeyId,
  ownedId,
  type ProjectId,
  plainId,
  type RenderId,
  type TenantId,
  type TurnId,
  type UploadId,
  userHash,
} from "../../src/core/ids.ts";
import type { EventSubscription } from "../../src/core/rpc/user.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import type { AssetWire } from "../../src/core/wire/upload.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { signUserToken } from "../../src/http/middleware/auth.ts";
import { exchangeToken, insertCode } from "../../src/store/apps.ts";
import { insertKey } from "../../src/store/keys.ts";
import { adminHeaders, call, env, jsonOf, type Member, makeMember, ORIGIN, send } from "../support/gateway.ts";
import { sample } from "../support/media.ts";
import {
  call as called,
  good,
  random,
  say,
  tenantRpc,
  tenantStub,
  until,
  uploadRpc,
  userRpc,
} from "../support/objects.ts";
import { fileAnswer, playSources } from "../support/sources.ts";

const [document = ""] = Object.values(
  import.meta.glob(["../../SECURITY.md"], { query: "?raw", import: "default", eager: true }),
);

type Table = { readonly stops: string[]; readonly rows: Map<string, string[]> };

/** The table under the heading, by the first cell of each row. */
function tableOf(text: string): Table {
  const section = text.split("## What stops what\n")[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  const [head = [], , ...rows] = cells;
  return { stops: head.slice(1), rows: new Map(rows.map(([name = "", ...words]) => [name, words])) };
}

const table = tableOf(document);

afterAll(() => void vi.restoreAllMocks());

const LINK_BYTES = sample("photo.jpg");

type Fixture = {
  readonly member: Member;
  readonly address: UserAddress;
  readonly by: Record<string, string>;
  readonly token: string;
  readonly project: ProjectId;
  /** Requested, and returned by the answers that show the file of a render and of an asset. */
  readonly links: readonly string[];
  readonly ticket: string;
  /** To which a file is sent. */
  readonly uploadLink: string;
  readonly stream: Promise<string>;
  readonly running: TurnId;
  readonly waiting: TurnId;
  readonly batch: BatchId;
  readonly render: RenderId;
  readonly endpoint: EndpointId;
  readonly upload: UploadId;
  /** The access token of a connected app that acts for the user, and the app's id among the keys. */
  readonly app: { readonly token: string; readonly id: KeyId };
};

const path = (url: string): string => url.slice(new URL(url).origin.length);
const admin = (member: Member, verb: "pause" | "resume") =>
  send("POST", `/admin/tenants/${member.tenant.id}/${verb}`, "", adminHeaders).then((answer) => jsonOf(answer));

/** Text of a stream, once it has ended. */
async function textOf(watching: EventSubscription): Promise<string> {
  return watching.kind === "stream" ? new Response(watching.body).text() : "";
}

/** A stored file of the user. */
async function uploaded(by: Record<string, string>): Promise<AssetWire> {
  const bytes = sample("photo.jpg");
  const made = await send("POST", "/v1/uploads", { filename: "photo.jpg", size_bytes: bytes.length }, by);
  const { id } = await jsonOf<{ id: string }>(made, 201);
  const headers = { ...by, "Content-Length": String(bytes.length) };
  await jsonOf(await call(`/v1/uploads/${id}/content`, { method: "PUT", body: bytes, headers }));
  return until(async () => {
    const { data } = await jsonOf<{ data: AssetWire[] }>(await call("/v1/assets", { headers: by }));
    return data[0];
  });
}

/** An app that acts for the user. */
async function connectedApp(key: KeyId, { tenant, mode, uh }: UserAddress): Promise<Fixture["app"]> {
  const now = Date.now();
  const [id, token, code] = [plainId("key", now, random), issueKey("access", random), crypto.randomUUID()];
  const app = {
    client: "",
    host: null,
    redirectHost: "app.example.org",
    user: { hash: uh, name: await encrypt("ada", `app|${id}`, { current: env.ROOT_SECRET, previous: null }, random) },
  };
  const record = { hash: `app:${id}`, id, tenant, mode, name: "app", hint: "", scopes: ["read" as const] };
  const expiresAt = now + 3_600_000;
  await env.DB.batch([
    insertKey(env.DB, { ...record, createdAt: now, expiresAt, replaces: null, parent: key, app }),
    insertCode(env.DB, { hash: code, key: id, expiresAt, challenge: "", redirectUri: "" }),
  ]);
  const refresh = { hash: crypto.randomUUID(), expiresAt };
  expect(await exchangeToken(env.DB, code, { access: { hash: await keyHash(token), expiresAt }, refresh }, now)).toBe(
    true,
  );
  return { token, id };
}

type Created = { readonly result: { readonly structuredContent: { readonly id: UploadId; readonly put_url: string } } };

/** A link to which a file is sent, made by what will end: a key, or for a sign-out a user token; an expired one is signed here. */
async function uploadLinkOf(
  stop: string,
  { tenant, mode }: UserAddress,
  by: Record<string, string>,
  token: string,
): Promise<string> {
  const size = LINK_BYTES.length;
  const params = { name: "create_upload", arguments: { filename: "photo.jpg", size_bytes: size } };
  const headers = stop.startsWith("sign-out") ? { Authorization: `Bearer ${token}` } : by;
  const answer = await send("POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "tools/call", params }, headers);
  const { result } = JSON.parse(/data: (.*)/.exec(await answer.text())?.[1] ?? "") as Created;
  const { id, put_url: link } = result.structuredContent;
  const expiresAt = 1_700_000_060_000;
  const roots = { current: env.ROOT_SECRET, previous: null };
  const key = "key_01jd8m3k5xq2w4v7z9ab";
  if (!stop.startsWith("expiry")) return path(link);
  return `/u/${await signLink({ purpose: "upload", tenant, mode, id, key, epoch: null, expiresAt }, roots)}`;
}

/** One of everything, half done: made while the tenant is paused, so that what waits has not begun when the stop comes. */
async function build(stop: string): Promise<Fixture> {
  const sources = playSources();
  const member = await makeMember("ada");
  const by = member.headers;
  const tenant = member.tenant.id as TenantId;
  const address: UserAddress = { tenant, mode: "test", uh: await userHash(tenant, "ada") };
  const ordered = called();
  const mine = { ...ordered, key: member.key.id as KeyId };
  const made = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, by), 201);
  const project = made.id as ProjectId;
  await jsonOf<TurnWire>(
    await send(
      "POST",
      `/v1/projects/${project}/turns`,
      { prompt: "make a 1 second video" },
      { ...by, Prefer: "wait=60" },
    ),
  );
  const first = await jsonOf<RenderWire>(await send("POST", `/v1/projects/${project}/renders`, {}, by), 202);
  const done = await until(async () => {
    const render = await jsonOf<RenderWire>(await call(`/v1/renders/${first.id}`, { headers: by }));
    return render.status === "completed" ? render : null;
  });
  const { download_url: url } = await jsonOf<{ download_url: string }>(
    await send("POST", `/v1/renders/${done.id}/link`, "", by),
    201,
  );
  const asset = await uploaded(by);
  const { token } = await jsonOf<UserTokenWire>(
    await send("POST", "/v1/users/ada/tokens", {}, { Authorization: by.Authorization ?? "" }),
    201,
  );
  const uploadLink = await uploadLinkOf(stop, address, by, token);
  const user = userRpc(address);
  const other = good(await user.createProject(mine, { name: "other", metadata: {} })).id as ProjectId;
  const prompt = "make a 1 second video #fault:silent_stream@480s"; // 8 s of heartbeats at the tests' scale
  const running = good(await user.startTurn(mine, other, say(prompt))).id as TurnId;
  await until(async () => good(await user.readTurn(running)).status === "running" || null).catch(() => undefined);
  const ticketed = await jsonOf<{ url: string }>(await send("POST", `/v1/turns/${running}/stream_ticket`, "", by));
  const grant = { uh: address.uh, epoch: 0, until: Date.now() + (stop.startsWith("expiry") ? 3_000 : 3_600_000) };
  const byKey = stop.startsWith("pause") || stop.startsWith("revocation") || stop.startsWith("deletion");
  const watching = byKey
    ? await user.watchTurn(running, 0)
    : (good(await user.callWithToken(grant, "watchTurn", [running, 0])) as Awaited<ReturnType<typeof user.watchTurn>>);
  const stream = textOf(good(watching)).catch(() => "");

  await admin(member, "pause");
  const third = good(await user.createProject(mine, { name: "third", metadata: {} })).id as ProjectId;
  const waiting = good(await user.startTurn(mine, third, say("make a 1 second video"))).id as TurnId;
  const output = { format: "mp4", quality: "high" } as const;
  const batch = good(
    await user.startBatch(
      mine,
      {
        mode: "own_projects",
        concurrency: 4,
        project: null,
        metadata: {},
        callback: null,
        shared: { output, generator: null, attribution: null, accepts: null, expectedMs: 120_000 },
      },
      [{ prompt: "make a 1 second video", sources: [], language: null, metadata: {}, onQuestion: "wait" }],
    ),
  ).id;
  const render = good(await user.startRender(mine, project, { output, metadata: {}, reuse: false, dry_run: false }))
    .id as RenderId;
  const upload: UploadId = ownedId("upl", address.uh, Date.now(), random);
  const clip = sources.at("/clip.mp4", () => fileAnswer(sample("clip.mp4")));
  good(
    await uploadRpc(address, upload).startImport(mine, address, upload, { url: clip, fileName: null, metadata: {} }),
  );
  const { endpoint } = good(
    await tenantRpc(address).createEndpoint(mine, { url: "http://127.0.0.1:9/in", types: ["*"] }),
  );
  const at = Date.now();
  const event = { type: "upload.completed", resource: upload, sequence: 99, at, uh: address.uh, data: "{}" } as const;
  await tenantRpc(address).accept([{ ...event, id: await eventId(upload, "published by the test") }]);
  return {
    member,
    address,
    by,
    token,
    project,
    links: [url, done.download_url, asset.download_url].map((link) => path(String(link))),
    ticket: path(ticketed.url.startsWith("http") ? ticketed.url : ORIGIN + ticketed.url),
    uploadLink,
    stream,
    running,
    waiting,
    batch,
    render,
    endpoint: endpoint.id as EndpointId,
    upload,
    app: await connectedApp(member.key.id as KeyId, address),
  };
}

/** How each stop is caused. All but the pause itself come while the tenant is paused, and end with its resumption. */
const STOPS: Record<string, (fixture: Fixture) => Promise<Record<string, string>>> = {
  "pause of the tenant": async ({ by }) => by,
  "revocation of the key": async ({ member, by }) => {
    await jsonOf(await send("POST", `/admin/keys/${member.key.id}/revoke`, "", adminHeaders));
    await admin(member, "resume");
    return by;
  },
  "expiry of the credential": async ({ member, address, app }) => {
    await admin(member, "resume");
    await env.DB.prepare("UPDATE app_tokens SET expires_at = 1 WHERE key = ?1").bind(app.id).run();
    const keyId = member.key.id as KeyId;
    const { tenant, mode, uh } = address;
    const grant = { uh, epoch: 0, until: 1_700_000_060_000 };
    const roots = { current: env.ROOT_SECRET, previous: null };
    const said = { tenant, mode, keyId, scopes: ["read" as const], grant };
    return { Authorization: `Bearer ${await signUserToken(said, 1_700_000_000_000, roots)}` };
  },
  "sign-out of the user": async ({ member, address, token }) => {
    good(await userRpc(address).signOut(called()));
    await admin(member, "resume");
    return { Authorization: `Bearer ${token}` };
  },
  "deletion of the user": async ({ member, address, by }) => {
    good(await userRpc(address).eraseUser(called()));
    await admin(member, "resume");
    return by;
  },
};

const answered = async (asked: Promise<Response>): Promise<string> => {
  const response = await asked;
  await response.body?.cancel();
  return response.ok ? "served" : "rejected";
};
const sendFile = (link: string) =>
  call(link, { method: "PUT", body: LINK_BYTES, headers: { "Content-Length": String(LINK_BYTES.length) } });
/** What became of something that waited. `look`: null while nothing has become of it. */
const word = (poll: () => Promise<"continue" | "gone" | null>, timings: boolean): Promise<string> =>
  timings ? poll().then((seen) => seen ?? "wait") : until(poll, 60_000);
/** Whether an answer says that there is no such resource any more. */
const isGone = (result: { ok: boolean; error?: { code: string } }): boolean =>
  !result.ok && ["not_found", "user_deleted"].includes(result.error?.code ?? "");

/** What is seen of each row after a stop; `timings`: whether the tenant is still paused, for which nothing may begin. */
const ROWS: Record<string, (fixture: Fixture, sent: Record<string, string>, timings: boolean) => Promise<string>> = {
  requests: ({ project }, sent) => answered(call(`/v1/projects/${project}`, { headers: sent })),
  "connected apps": async ({ project, app }) => {
    const params = { name: "get_timeline", arguments: { project } };
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    const answer = await send("POST", "/mcp", message, { Authorization: `Bearer ${app.token}` });
    const text = await answer.text();
    return answer.ok && !text.includes('"isError":true') ? "served" : "rejected";
  },
  "open streams": async ({ stream, running }) => {
    // The turn's own end would end it with that turn's last event.
    const text = await stream;
    return /event: turn\.(completed|failed|unknown)/.test(text) ? `over with ${running}` : "ended";
  },
  "links to files": async ({ links }) => {
    const seen = await Promise.all(links.map((link) => answered(call(link))));
    return [...new Set(seen)].join(" and ");
  },
  "stream tickets": ({ ticket }) => answered(call(ticket)),
  "links to send a file": ({ uploadLink }) => answered(sendFile(uploadLink)),
  "turns that wait": ({ address, waiting }, _, timings) =>
    word(async () => {
      const turn = await userRpc(address).readTurn(waiting);
      if (isGone(turn)) return "gone";
      return turn.ok && turn.value.status !== "queued" ? "continue" : null;
    }, timings),
  "turns that run": ({ address, running }) =>
    until(async () => {
      const user = await userRpc(address).readUser();
      if (user.ok && user.value.deletion !== null) {
        const { settled, completed_at } = user.value.deletion;
        return completed_at !== null && settled.turns > 0 && "settled";
      }
      const turn = good(await userRpc(address).readTurn(running));
      return turn.ended_at !== null && turn.status === "completed" && "settled";
    }, 90_000),
  "items of batches": ({ address, batch }, _, timings) =>
    word(async () => {
      const items = await userRpc(address).listBatchItems(batch, { limit: 9, after: null });
      if (isGone(items)) return "gone";
      return good(items).data.some(({ status }) => status !== "queued") ? "continue" : null;
    }, timings),
  "renders that wait": ({ address, render }, _, timings) =>
    word(async () => {
      const now = await userRpc(address).readRender(render);
      if (isGone(now)) return "gone";
      return good(now).status !== "queued" ? "continue" : null;
    }, timings),
  webhooks: ({ address, upload }, _, timings) =>
    word(
      () =>
        runInDurableObject(tenantStub(address), (__, state) => {
          const query = "SELECT attempts FROM deliveries WHERE resource = ?";
          const rows = state.storage.sql.exec<{ attempts: number }>(query, upload).toArray();
          if (rows.length === 0) return "gone";
          return rows.some(({ attempts }) => attempts > 0) ? "continue" : null;
        }),
      timings,
    ),
  imports: ({ address, upload }, _, timings) =>
    word(async () => {
      const now = await uploadRpc(address, upload).read();
      if (isGone(now)) return "gone";
      return good(now).status !== "open" ? "continue" : null;
    }, timings),
};

describe("the effects of each action that ends access", () => {
  it("are a table in SECURITY.md whose every row and column is tested here", () => {
    expect(table.stops).toEqual(Object.keys(STOPS));
    expect([...table.rows.keys()]).toEqual(Object.keys(ROWS));
    for (const words of table.rows.values()) expect(words).toHaveLength(table.stops.length);
  });

  it.concurrent.each(Object.keys(STOPS))("%s", async (stop) => {
    const fixture = await build(stop);
    const sent = await (STOPS[stop] as (typeof STOPS)[string])(fixture);
    const timings = stop.startsWith("pause");
    // A tenant's state is remembered for a moment, and what waits looks again and again: after some looks it still waits.
    if (timings) await fixture.stream;
    const seen = new Map<string, string>();
    const column = table.stops.indexOf(stop);
    for (const [row, poll] of Object.entries(ROWS))
      seen.set(row, await poll(fixture, sent, timings).catch((error: unknown) => `error: ${String(error)}`));
    const wanted = new Map([...table.rows].map(([row, words]) => [row, words[column] ?? ""]));
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(wanted));
    if (!timings) return;

    // Opened past the check, it ends at its first ping and writes none; a full response has a dozen.
    const late = await textOf(good(await userRpc(fixture.address).watchTurn(fixture.waiting, 0)));
    expect(late).not.toContain(": ping");
    await admin(fixture.member, "resume");
    const WAITING = [...table.rows].filter(([, words]) => words[column] === "wait").map(([row]) => row);
    for (const row of WAITING)
      expect(await (ROWS[row] as (typeof ROWS)[string])(fixture, sent, false), `${row}, resumed`).toBe("continue");
    for (const link of fixture.links) expect(await answered(call(link))).toBe("served");
    expect(await answered(sendFile(fixture.uploadLink))).toBe("served");
  });
});
