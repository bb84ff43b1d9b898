/** PROTOCOL.md section 9: MCP with its real clients, and what hostile ones send. */
import { createServer } from "node:http";
import { createMCPClient } from "@ai-sdk/mcp";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Member, newKey, newMember, newTenant, problem, request, served, shown, until } from "./support/client.ts";
import { called, calledWell, callRaw, modernClient, oldClient, post, read } from "./support/mcp.ts";
import { media } from "./support/media.ts";

const PROMPT = "make a 4 second clip of the sea";

/** The first bytes of the file behind a result's link, opened without a credential. */
async function fileOf({ content }: ReturnType<typeof read>): Promise<string> {
  const link = content.find(({ type }) => type === "resource_link")?.uri ?? "";
  const answer = await fetch(link);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "video/mp4"]);
  return new TextDecoder("latin1").decode((await answer.arrayBuffer()).slice(4, 8));
}

const listed = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });
const videosOf = async (member: Member) => (await member.get("/v1/videos", listed)).data;

describe.concurrent("§9.1 the clients", () => {
  it.each([
    ["2026-07-28", modernClient],
    ["2025-11-25", oldClient],
  ])("of revision %s make a video and get its file", async (_, connect) => {
    const member = await newMember();
    const client = await connect(member.headers);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("make_video");
    for (const { title, annotations, outputSchema } of tools)
      expect([typeof title, typeof annotations?.readOnlyHint, outputSchema?.type]).toEqual([
        "string",
        "boolean",
        "object",
      ]);
    const made = read(await client.callTool({ name: "make_video", arguments: { prompt: `${PROMPT} #slow:600s` } }));
    const id = z.string().parse(made.structuredContent?.id);
    expect(made.text).toContain(`wait_for_video with id ${id}`);
    const steps: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => void steps.push(progress);
    const call = { name: "wait_for_video", arguments: { id, wait_seconds: 40 } };
    const ended = read(
      connect === modernClient
        ? await (client as Awaited<ReturnType<typeof modernClient>>).callTool(call, { onprogress })
        : await (client as Awaited<ReturnType<typeof oldClient>>).callTool(call, undefined, { onprogress }),
    );
    expect(ended.structuredContent).toMatchObject({ id, status: "completed" });
    expect(await fileOf(ended)).toBe("ftyp");
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((one, two) => one - two));
    await client.close();
  });

  it("@ai-sdk/mcp makes a video", async () => {
    const member = await newMember();
    const client = await createMCPClient({
      transport: { type: "http", url: `${served.url}/mcp`, headers: member.headers },
    });
    const tools = await client.tools();
    const make = tools.make_video;
    if (make === undefined) throw new Error("make_video is missing");
    const made = await make.execute(
      { prompt: PROMPT, wait_seconds: 40 },
      { toolCallId: "1", messages: [], context: {} },
    );
    expect(read(made).structuredContent).toMatchObject({ status: "completed" });
    await client.close();
  });
});

describe.concurrent("§9.2 tools", () => {
  it("chat in a project, read its timeline and export it", async () => {
    const member = await newMember(null);
    const said = await called(member, "chat", { prompt: PROMPT });
    expect(said.structuredContent).toMatchObject({ status: "completed", charged: "yes" });
    const project = said.structuredContent?.project_id;
    expect((await called(member, "get_timeline", { project })).text).toMatch(/^Timeline \(\d+ tracks\)/);
    const ordered = await calledWell(member, "render_project", { project });
    const done = await called(member, "wait_for_render", { id: ordered.id, wait_seconds: 40 });
    expect(done.structuredContent).toMatchObject({ status: "completed" });
    expect(await fileOf(done)).toBe("ftyp");
  });

  it("use a generator, an imported file, and the values of its variables as text", async () => {
    const member = await newMember();
    const { text, structuredContent } = await called(member, "list_generators");
    expect(text).toContain("video-generator-generator");
    const [first] = z.object({ data: z.array(z.object({ slug: z.string() })) }).parse(structuredContent).data;
    expect(first).toBeDefined();
    const wrong = await called(member, "make_video", { generator: "no-such-generator" });
    expect([wrong.isError, wrong.text]).toEqual([true, expect.stringContaining("not_found")]);
    const mixed = await called(member, "make_video", { generator: "video-generator-generator", prompt: PROMPT });
    expect(mixed.text).toContain("send variables instead");
  });

  it("cancel, ask and continue", async () => {
    const member = await newMember();
    const asked = await called(member, "make_video", {
      prompt: "make a clip of the sea #fault:question",
      wait_seconds: 40,
    });
    expect([asked.structuredContent?.status, asked.text]).toEqual([
      "needs_input",
      expect.stringContaining("continue_video"),
    ]);
    const id = asked.structuredContent?.id;
    const done = await called(member, "continue_video", { id, prompt: PROMPT, wait_seconds: 40 });
    expect(done.structuredContent).toMatchObject({ id, status: "completed" });
    const slow = await calledWell(member, "make_video", { prompt: `${PROMPT} #slow:1800s` });
    expect(await calledWell(member, "cancel_video", { id: slow.id })).toMatchObject({ status: "cancelled" });
    expect((await called(member, "list_videos", { limit: "2" })).structuredContent).toMatchObject({
      data: [{ id: slow.id }, { id }],
    });
    expect((await called(member, "get_usage")).text).toContain("completed turns");
  });

  it("list the videos of one user, or with a key alone of all users, each with its user", async () => {
    const ada = await newMember("ada");
    const { id: first } = await calledWell(ada, "make_video", { prompt: PROMPT });
    const { id: second } = await calledWell(ada.as("grace"), "make_video", { prompt: PROMPT });
    expect((await calledWell(ada, "list_videos")).data).toMatchObject([{ id: first, user: "ada" }]);
    expect((await calledWell(ada.as(null), "list_videos")).data).toMatchObject([
      { id: second, user: "grace" },
      { id: first, user: "ada" },
    ]);
  });

  it("the same call within 60 s makes one video, whatever its id; a hang-up loses nothing", async () => {
    for (const user of [null, "ada"]) {
      const member = await newMember(user);
      const args = { prompt: `${PROMPT} #slow:30s` };
      const hasty = [0, 20, 200].map((ms) =>
        callRaw(member, "make_video", args, { signal: AbortSignal.timeout(ms) }).catch(() => null),
      );
      const made = await Promise.all([
        calledWell(member, "make_video", args),
        calledWell(member, "make_video", { wait_seconds: 1, ...args }),
      ]);
      await Promise.all(hasty);
      expect(made[0].id).toBe(made[1].id);
      expect((await called(member, "make_video", args)).text).toContain("no second one was made");
      const other = await calledWell(member, "make_video", { prompt: `${PROMPT}, at night` });
      expect(other.id).not.toBe(made[0].id);
      const named = new Member(member.tenant, member.key, "bob");
      expect((await calledWell(named, "make_video", args)).id).not.toBe(made[0].id);
      const ended = await until(
        () => calledWell(member, "wait_for_video", { id: made[0].id }),
        ({ status }) => status !== "processing" && status !== "queued",
      );
      expect(ended.status).toBe("completed");
      if (user !== null) expect((await videosOf(member)).map(({ id }) => id)).toEqual([other.id, made[0].id]);
    }
  });

  it("the same call at once in both eras makes one video", async () => {
    const member = await newMember();
    const clients = await Promise.all([modernClient(member.headers), oldClient(member.headers)]);
    const call = { name: "make_video", arguments: { prompt: PROMPT, wait_seconds: 0 } };
    const made = await Promise.all([...clients, ...clients, ...clients].map((client) => client.callTool(call)));
    const ids = made.map((one) => read(one).structuredContent?.id);
    expect([...new Set(ids)]).toEqual((await videosOf(member)).map(({ id }) => id));
    await Promise.all(clients.map((client) => client.close()));
  });

  it("a chat that hangs up is found again with its project", async () => {
    const member = await newMember();
    const args = { prompt: `${PROMPT} #slow:30s`, wait_seconds: 0 };
    await callRaw(member, "chat", args, { signal: AbortSignal.timeout(100) }).catch(() => null);
    const [one, two] = [await calledWell(member, "chat", args), await calledWell(member, "chat", args)];
    expect([one.id, one.project_id]).toEqual([two.id, two.project_id]);
    expect((await called(member, "chat", args)).text).toContain("nothing was sent again");
    const { data } = await member.get("/v1/projects", z.object({ data: z.array(z.object({ id: z.string() })) }));
    expect(data).toHaveLength(1);
  });
});

describe.concurrent("§9.3 who may do what", () => {
  it("a caller sees the tools of its scopes, and no others answer", async () => {
    const tenant = await newTenant();
    const reader = new Member(tenant, await newKey(tenant.id, { mode: "test", scopes: ["read"] }), "ada");
    const client = await modernClient(reader.headers);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain("get_video");
    expect(names).not.toContain("make_video");
    for (const name of ["make_video", "chat", "import_file", "no_such_tool", "constructor", "__proto__"]) {
      const { error } = await callRaw(reader, name, { prompt: PROMPT, url: "https://example.com/a.mp4" });
      expect(error?.code, name).toBe(-32602);
    }
  });

  it("a user token sees its own user's videos, and no usage", async () => {
    const member = await newMember();
    const token = await shown(
      member.post("/v1/users/ada/tokens", { scopes: ["read", "chat", "render"] }),
      z.looseObject({ token: z.string() }),
      201,
    );
    const client = await modernClient({ authorization: `Bearer ${token.token}` });
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain("get_usage");
    const made = read(await client.callTool({ name: "make_video", arguments: { prompt: PROMPT, wait_seconds: 40 } }));
    expect(made.structuredContent).toMatchObject({ status: "completed" });
    const own = read(await client.callTool({ name: "list_videos", arguments: {} }));
    expect(own.structuredContent).toMatchObject({ data: [{ id: made.structuredContent?.id }] });
    const other = await calledWell(member.as("bob"), "make_video", { prompt: PROMPT });
    const rejected = read(await client.callTool({ name: "get_video", arguments: { id: other.id } }));
    expect([rejected.isError, rejected.text]).toEqual([true, expect.stringContaining("not_found")]);
  });

  it("ids of another tenant look like unknown ids", async () => {
    const [mine, stranger] = [await newMember(), await newMember()];
    const made = await calledWell(mine, "make_video", { prompt: PROMPT, wait_seconds: 40 });
    const asks: [string, Record<string, unknown>][] = [
      ["get_video", { id: made.id }],
      ["wait_for_video", { id: made.id }],
      ["continue_video", { id: made.id, prompt: "longer" }],
      ["cancel_video", { id: made.id }],
      ["get_timeline", { project: made.project_id }],
      ["render_project", { project: made.project_id }],
      ["chat", { project: made.project_id, prompt: "longer" }],
      ["wait_for_render", { id: made.render_id }],
      ["make_video", { project: made.project_id, prompt: PROMPT }],
    ];
    for (const [name, args] of asks) {
      const rejected = await called(stranger, name, args);
      expect([rejected.isError, rejected.text], name).toEqual([true, expect.stringContaining("not_found")]);
    }
  });
});

describe.concurrent("§9.4 the transport", () => {
  it("rejects other methods, web pages, and callers without a credential", async () => {
    const member = await newMember();
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    for (const method of ["GET", "DELETE", "PUT"]) {
      const answer = await member.ask(method, "/mcp");
      expect([answer.status, answer.headers.get("allow")], method).toEqual([405, "POST"]);
    }
    const missing = await post({}, list);
    expect(missing.response.status).toBe(401);
    expect(missing.response.headers.get("www-authenticate")).toMatch(/^Bearer /);
    expect(missing).toMatchObject({ id: null, error: { code: -32000, data: { code: "unauthenticated" } } });
    const page = await post(member.headers, list, { headers: { origin: "https://evil.example" } });
    expect([page.response.status, page.error?.data]).toEqual([
      403,
      expect.objectContaining({ code: "key_in_browser" }),
    ]);
    const own = await post(member.headers, list, { headers: { origin: served.url } });
    expect(own.response.status).toBe(200);
    const token = await shown(member.post("/v1/users/ada/tokens"), z.looseObject({ token: z.string() }), 201);
    const user = { authorization: `Bearer ${token.token}` };
    const visited = await post(user, list, { headers: { origin: "https://evil.example" } });
    expect([visited.response.status, visited.error?.data]).toEqual([
      403,
      expect.objectContaining({ code: "origin_not_allowed" }),
    ]);
    expect((await post(user, list)).response.status).toBe(200);
  });

  it("answers malformed and hostile messages with exact errors, and continues", async () => {
    const member = await newMember();
    const bodies: [unknown, number, number][] = [
      ["", 400, -32700],
      ["{", 400, -32700],
      ['{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}', 400, -32700],
      [`${"[".repeat(200)}${"]".repeat(200)}`, 400, -32700],
      [[{ jsonrpc: "2.0", id: 1, method: "ping" }], 400, -32600],
      [{ id: 1, method: "ping" }, 400, -32600],
      ["x".repeat(300_000), 413, -32000],
      [{ jsonrpc: "2.0", id: 1, method: "tools/list", params: { pad: "x".repeat(300_000) } }, 413, -32000],
    ];
    for (const [body, status, code] of bodies) {
      const { response, error, id } = await post(member.headers, body);
      expect([response.status, error?.code, id], JSON.stringify(body).slice(0, 60)).toEqual([status, code, null]);
    }
    const unknown = await post(member.headers, { jsonrpc: "2.0", id: 7, method: "no/such" });
    expect([unknown.id, unknown.error?.code]).toEqual([7, -32601]);
    const hostile: unknown[] = [
      { prompt: 7 },
      { prompt: "" },
      { prompt: "x".repeat(30_000) },
      { prompt: PROMPT, assets: ["http://127.0.0.1/a.mp4", "file:///etc/passwd"] },
      { prompt: PROMPT, callback_url: "https://example.com/hook" },
      { prompt: PROMPT, project: "../../admin" },
      { prompt: PROMPT, ...Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`field${at}`, at])) },
      { prompt: PROMPT, ["__proto__"]: { wait_seconds: 9 }, constructor: 1 },
      { generator: "video-generator-generator", variables: { "": {} } },
    ];
    for (const args of hostile) {
      const rejected = await called(member, "make_video", args);
      expect(rejected.isError, JSON.stringify(args).slice(0, 60)).toBe(true);
    }
    expect(await videosOf(member)).toEqual([]);
    expect(await calledWell(member, "make_video", { prompt: PROMPT })).toMatchObject({ status: "queued" });
  });

  it("stops with the tenant", async () => {
    const member = await newMember();
    const admin = { authorization: `Bearer ${served.adminToken}` };
    await request("POST", `/admin/tenants/${member.tenant.id}/pause`, { headers: admin });
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const answer = await until(
      () => post(member.headers, list),
      ({ response }) => response.status !== 200,
    );
    expect([answer.response.status, answer.error?.data]).toEqual([
      403,
      expect.objectContaining({ code: "tenant_paused" }),
    ]);
  });
});

describe.concurrent("§9.5 resources, prompts and completion", () => {
  it("show videos, timelines and generators to their owner alone", async () => {
    const [member, stranger] = [await newMember(), await newMember()];
    const made = await calledWell(member, "make_video", { prompt: PROMPT, wait_seconds: 40 });
    const client = await modernClient(member.headers);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(
      expect.arrayContaining([`nemo://videos/${made.id}`, "nemo://generators/generator-online"]),
    );
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates).toHaveLength(3);
    const uris = [`nemo://videos/${made.id}`, `nemo://projects/${made.project_id}/timeline`];
    for (const uri of [...uris, "nemo://generators/generator-online"]) {
      const [content] = (await client.readResource({ uri })).contents;
      expect(content, uri).toMatchObject({ uri, mimeType: "application/json" });
      expect(JSON.parse(z.object({ text: z.string() }).parse(content).text)).toBeTypeOf("object");
    }
    const other = await modernClient(stranger.headers);
    for (const uri of [...uris, "nemo://videos/vid_1", "nemo://nothing/1", "file:///etc/passwd"])
      await expect(other.readResource({ uri }), uri).rejects.toMatchObject({ code: -32602 });
    expect((await other.listResources()).resources.filter(({ uri }) => uri.startsWith("nemo://videos/"))).toEqual([]);
  });

  it("offer generators as prompts, without their text for user tokens, and complete ids, slugs and choices", async () => {
    const member = await newMember();
    const secret = "a text of the account that users must not read";
    const variables = [{ name: "tone", type: "choice", choices: ["calm", "loud"], default: "calm" }];
    const recipe = { name: "Own", prompt: `${secret} {{tone}}`, variables };
    expect((await member.post("/v1/generators", recipe)).status).toBe(201);
    const token = await shown(member.post("/v1/users/ada/tokens"), z.looseObject({ token: z.string() }), 201);
    const client = await modernClient({ authorization: `Bearer ${token.token}` });
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(expect.arrayContaining(["own", "generator-online"]));
    const got = JSON.stringify(await client.getPrompt({ name: "own", arguments: { tone: "loud" } }));
    expect(got).toContain('generator \\"own\\"');
    const read = await client.readResource({ uri: "nemo://generators/own" });
    expect(got + JSON.stringify([read, prompts])).not.toContain(secret);
    await expect(client.getPrompt({ name: "no-such" })).rejects.toMatchObject({ code: -32602 });
    const made = await calledWell(member, "make_video", { prompt: PROMPT });
    const complete = async (ref: Parameters<typeof client.complete>[0]["ref"], name: string, value: string) =>
      (await client.complete({ ref, argument: { name, value } })).completion.values;
    expect(await complete({ type: "ref/prompt", name: "own" }, "tone", "l")).toEqual(["loud"]);
    expect(await complete({ type: "ref/resource", uri: "nemo://generators/{slug}" }, "slug", "ow")).toEqual(["own"]);
    expect(await complete({ type: "ref/resource", uri: "nemo://videos/{id}" }, "id", "vid_")).toEqual([made.id]);
  });
});

describe.concurrent("§9.6 files", () => {
  it("a file is sent once to a link without a key, and used in a video", async () => {
    const member = await newMember();
    const file = media("clip.mp4");
    const args = { filename: "clip.mp4", size_bytes: file.length };
    const created = await called(member, "create_upload", args);
    const { id, put_url: link } = z.object({ id: z.string(), put_url: z.string() }).parse(created.structuredContent);
    expect(created.text).toContain(link);
    expect(await calledWell(member, "create_upload", args)).toMatchObject({ id });
    const put = (url: string, body: Uint8Array<ArrayBuffer>) => fetch(url, { method: "PUT", body });
    expect((await put(link.replace("/u/", "/f/"), file)).status).toBe(405);
    await problem(fetch(link.replace("/u/", "/f/")), "not_found");
    for (const wrong of [
      link.slice(0, -1),
      `${link}A`,
      link.replace("~test~", "~live~"),
      link.replace(/upl_.{4}/, "upl_0000"),
    ])
      await problem(put(wrong, file), "not_found");
    await problem(put(link, file.slice(1)), "size_mismatch");
    const share = await calledWell(member, "make_video", { prompt: PROMPT, wait_seconds: 40 });
    const file2 = String(share.download_url).replace("/f/", "/u/");
    await problem(put(file2, file), "not_found");
    const sent = await put(link, file);
    expect([sent.status, await sent.json()]).toEqual([200, expect.objectContaining({ id, status: "completed" })]);
    await problem(put(link, file), "upload_closed");
    expect((await called(member, "create_upload", args)).text).toContain("sent already");
    const done = await called(member, "make_video", {
      prompt: "shorten this video to 1 second",
      assets: [id],
      wait_seconds: 40,
    });
    expect(done.structuredContent).toMatchObject({ status: "completed" });
  });

  it("a link stops with the tenant", async () => {
    const member = await newMember();
    const { put_url: link } = await calledWell(member, "create_upload", { filename: "a.mp4", size_bytes: 3 });
    await request("POST", `/admin/tenants/${member.tenant.id}/pause`, {
      headers: { authorization: `Bearer ${served.adminToken}` },
    });
    const answer = await until(
      () => fetch(String(link), { method: "PUT", body: "abc" }),
      ({ status }) => status === 403,
    );
    await problem(answer, "tenant_paused");
  });

  it("an address is imported, and used in a video", async () => {
    const member = await newMember();
    const server = createServer((_, answer) => answer.setHeader("content-type", "video/mp4").end(media("clip.mp4")));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}/clip.mp4`;
    const { id } = await calledWell(member, "import_file", { url });
    const prompt = "shorten this video to 1 second";
    const done = await called(member, "make_video", { prompt, assets: [id], wait_seconds: 40 });
    expect(done.structuredContent).toMatchObject({ status: "completed" });
    const wrong = await called(member, "import_file", { url: "ftp://example.com/a.mp4" });
    expect(wrong.isError).toBe(true);
    server.close();
  });
});
