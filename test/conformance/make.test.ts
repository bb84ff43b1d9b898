/** The Make app, dry: every module, list and webhook of integrations/make against the gateway. Not in Make: `support/make.ts` says how. */
import { createServer } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Member, newMember, served, until } from "./support/client.ts";
import { codeOf, MakeError, modules, run, type Values } from "./support/make.ts";
import { media } from "./support/media.ts";
import { startReceiver } from "./support/receiver.ts";

const shown = z.looseObject({ id: z.string(), status: z.string().optional() });
const fields = z.array(z.looseObject({ name: z.string(), required: z.union([z.boolean(), z.string()]).optional() }));

/** Fields that an answer has only in some cases: the repeat of a request within 60 s. */
const SOMETIMES = new Set(["deduplicated"]);
const TRIGGERS = modules().filter((name) => name.startsWith("watch"));

let member: Member;
let connection: Values;
/** The modules that were run. */
const ran = new Set<string>();

beforeAll(async () => {
  member = await newMember(null);
  connection = { baseUrl: served.url, apiKey: member.key.secret, user: "ada" };
});

async function module(name: string, parameters: Values): Promise<unknown> {
  ran.add(name);
  return run(codeOf("module", name, "communication"), { connection, parameters });
}

/** A module whose output is one resource, with every field that its interface names. */
async function resource(name: string, parameters: Values): Promise<z.infer<typeof shown>> {
  const output = shown.parse(await module(name, parameters));
  const named = fields.parse(codeOf("module", name, "interface")).map((field) => field.name);
  expect(named.length).toBeGreaterThan(3);
  const missing = named.filter((field) => !(field in output) && !SOMETIMES.has(field));
  expect(missing, name).toEqual([]);
  return output;
}

const ended = (id: string) =>
  until(
    () => resource("getVideo", { id, wait: 30 }),
    ({ status }) => status !== "queued" && status !== "processing",
  );

const PROMPT = "make a 1 second video of the sea";

describe("the Make app", () => {
  it("tests the connection, and names it", async () => {
    const communication = codeOf("connection", "nemoGateway", "communication");
    const metadata = (communication.response as { metadata: { value: string } }).metadata.value;
    const request = { ...communication, response: { ...(communication.response as Values), output: metadata } };
    expect(await run(request, { parameters: connection })).toBe("acme (test)");
    const wrong = run(request, { parameters: { ...connection, apiKey: "ngw_test_wrong" } });
    await expect(wrong).rejects.toMatchObject({ type: "InvalidAccessTokenError", message: /^\[401\] .+request req_/ });
  });

  it("makes, reads, finds, downloads, continues and cancels videos", async () => {
    const metadata = [
      { key: "order", value: "7" },
      { key: "shop", value: "a & b" },
    ];
    const { id } = await resource("makeVideo", { prompt: PROMPT, metadata });
    expect(await ended(id)).toMatchObject({ status: "completed", metadata: { order: "7", shop: "a & b" } });
    const file = z
      .object({ fileName: z.string(), data: z.instanceof(Uint8Array) })
      .parse(await module("downloadVideo", { id }));
    expect([file.fileName, Buffer.from(file.data.slice(4, 8)).toString()]).toEqual([`${id}.mp4`, "ftyp"]);
    const other = await resource("makeVideo", { prompt: `${PROMPT} at night` });
    const list = z.array(shown).parse(await module("searchVideos", { limit: 2 }));
    expect(list.map((video) => video.id)).toEqual([other.id, id]);
    // A limit of 1 in pages of one: Make asks for the next page by the cursor until the limit is reached.
    const search = codeOf("module", "searchVideos", "communication");
    const paged = { ...search, qs: { limit: 1 } };
    expect(await run(paged, { connection, parameters: { limit: 2 } })).toHaveLength(2);
    expect(await module("searchVideos", { limit: 5, status: "needs_input" })).toEqual([]);
    await ended(other.id);
    await resource("continueVideo", { id: other.id, prompt: "add a title" });
    expect((await resource("cancelVideo", { id: other.id })).id).toBe(other.id);
  });

  it("fills the lists of generators and of their variables, and makes a video of one", async () => {
    const list = z.array(z.object({ label: z.string(), value: z.string() }));
    const generators = list.parse(await run(codeOf("rpc", "listGenerators", "communication"), { connection }));
    expect(generators.length).toBeGreaterThan(4);
    const generator = generators[0]?.value ?? "";
    const scope = { connection, parameters: { generator } };
    const variables = z
      .array(
        z.strictObject({
          name: z.string(),
          label: z.string(),
          type: z.enum(["text", "number", "boolean"]),
          help: z.string(),
          required: z.boolean(),
        }),
      )
      .parse(await run(codeOf("rpc", "listVariables", "communication"), scope));
    expect(variables.length).toBeGreaterThan(0);
    const values = Object.fromEntries(
      variables
        .filter(({ required }) => required)
        .map(({ name, help }) => [name, / One of: ([^,]+)/.exec(help)?.[1] ?? "5"]),
    );
    const { id } = await resource("makeVideoFromGenerator", {
      generator,
      metadata: [{ key: "a", value: "b" }],
      ...values,
    });
    expect(await ended(id)).toMatchObject({ metadata: { a: "b" } });
  });

  it("uploads and imports files, and edits and exports a project", async () => {
    const upload = await resource("uploadFile", { fileName: "clip ü.mp4", data: media("clip.mp4") });
    expect(upload).toMatchObject({ filename: "clip ü.mp4" });
    const server = createServer((_, answer) => answer.setHeader("content-type", "video/mp4").end(media("clip.mp4")));
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
    const { port } = z.object({ port: z.number() }).parse(server.address());
    expect((await resource("importFile", { url: `http://127.0.0.1:${port}/clip.mp4` })).id).toMatch(/^upl_/);
    const project = await resource("createProject", { name: "first" });
    expect(await resource("chat", { project: project.id, prompt: PROMPT, wait: 30 })).toMatchObject({
      status: "completed",
    });
    expect((await resource("renderProject", { project: project.id })).id).toMatch(/^rnd_/);
    const call = { url: "/videos", method: "GET", qs: [{ key: "limit", value: "1" }] };
    expect(await module("makeApiCall", call)).toMatchObject({ statusCode: 200, body: { data: expect.any(Array) } });
    server.close();
  });

  it("receives every event by its own hook, and removes the hook", async () => {
    const receiver = await startReceiver();
    const webhook = { url: receiver.url };
    const attached = z
      .object({ externalHookId: z.string() })
      .parse(await run(codeOf("webhook", "videoCompleted", "attach"), { connection, webhook }));
    const { id } = await resource("makeVideo", { prompt: PROMPT, project: "" });
    const bodies = (): Values[] => receiver.received.map((got) => JSON.parse(got.body) as Values);
    const body = await until(
      async () => bodies().find(({ video_id }) => video_id === id),
      (got) => got !== undefined,
    );
    expect(body).toMatchObject({ type: "video.completed", status: "completed" });
    const named = fields.parse(codeOf("module", "watchVideoCompleted", "interface")).map((field) => field.name);
    expect(named.filter((field) => !(field in (body ?? {})))).toEqual([]);
    const detach = codeOf("webhook", "videoCompleted", "detach");
    await run(detach, { connection, webhook: attached });
    const hooks = await member.get("/v1/hooks", z.object({ data: z.array(shown) }));
    expect(hooks.data).toEqual([]);
    receiver.close();
    for (const name of TRIGGERS) {
      ran.add(name);
      const attach = codeOf("webhook", `${name.charAt(5).toLowerCase()}${name.slice(6)}`, "attach");
      const hook = z.object({ externalHookId: z.string() }).parse(await run(attach, { connection, webhook }));
      await run(detach, { connection, webhook: hook });
    }
  });

  it("reports errors by the type on which Make's error handlers act", async () => {
    const failed = (name: string, parameters: Values) => module(name, parameters).catch((error: unknown) => error);
    const invalid = await failed("makeVideo", { prompt: "" });
    expect(invalid).toBeInstanceOf(MakeError);
    expect(invalid).toMatchObject({ type: "DataError", message: /^\[422\] .+\(invalid_request, request req_/ });
    const missing = await failed("getVideo", { id: "vid_none" });
    expect(missing).toMatchObject({ type: "RuntimeError", message: /^\[404\] / });
  });

  it("has no module that these tests leave out", () => {
    expect(modules().filter((name) => !ran.has(name))).toEqual([]);
  });
});
