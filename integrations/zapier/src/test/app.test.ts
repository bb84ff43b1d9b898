/**
 * The app as Zapier runs it, against a gateway with a test key: GATEWAY_URL and GATEWAY_KEY. `npm run integrations:zapier` in the
 * repository starts one. The address that stands for Zapier's is a server of this test.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import zapier from "zapier-platform-core";
import { EVENTS } from "../api.gen.js";
import App from "../index.js";

const { GATEWAY_URL: baseUrl = "", GATEWAY_KEY: apiKey = "" } = process.env;
if (baseUrl === "" || apiKey === "")
  throw new Error("Set GATEWAY_URL and GATEWAY_KEY, or run npm run integrations:zapier.");

type Data = Record<string, unknown>;
type Received = { path: string; body: Data };

const authData = { baseUrl: `${baseUrl}/`, apiKey: ` ${apiKey}`, user: "ada" };
const appTester = zapier.createAppTester(App);
/** Runs one of the app's functions. Its type in the library excludes what the app's own type allows. */
const run = (method: unknown, bundle: Data = {}): Promise<Data> =>
  appTester(method as () => Promise<Data>, { authData, ...bundle } as never);
const create = (key: string) => {
  const found = App.creates?.[key];
  assert.ok(found, key);
  return found.operation;
};
const trigger = (key: string) => {
  const found = App.triggers?.[key];
  assert.ok(found, key);
  return found.operation as unknown as Record<string, unknown>;
};

const api = async (method: string, path: string, json?: Data): Promise<Data> => {
  const headers = { authorization: `Bearer ${apiKey}`, "x-user-id": "ada", "content-type": "application/json" };
  const answer = await fetch(`${baseUrl}/v1${path}`, {
    method,
    headers,
    body: json === undefined ? null : JSON.stringify(json),
  });
  const text = await answer.text();
  return text === "" ? {} : (JSON.parse(text) as Data);
};

describe("the app", () => {
  const received: Received[] = [];
  const waiting: { path: string; resolve: (body: Data) => void }[] = [];
  const server = createServer(async (incoming, answer) => {
    let text = "";
    for await (const chunk of incoming) text += chunk;
    answer.end();
    const one = { path: incoming.url ?? "", body: JSON.parse(text) as Data };
    const at = waiting.findIndex(({ path }) => path === one.path);
    if (at >= 0) waiting.splice(at, 1)[0]?.resolve(one.body);
    else received.push(one);
  });
  /** The body that arrives, or has arrived, at a path. */
  const arrivalAt = (path: string): Promise<Data> => {
    const at = received.findIndex((one) => one.path === path);
    if (at >= 0) return Promise.resolve(received.splice(at, 1)[0]?.body ?? {});
    return new Promise((resolve) => waiting.push({ path, resolve }));
  };
  let here = "";

  before(async () => {
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
    here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  /** Runs a create, waits for the gateway's callback, and resumes, as Zapier does. */
  async function createAndResume(key: string, inputData: Data): Promise<Data> {
    const operation = create(key);
    const path = `/callback/${crypto.randomUUID()}`;
    const outputData = await runWithCallback(operation.perform, { inputData }, `${here}${path}`);
    const cleanedRequest = await arrivalAt(path);
    return await run(operation.performResume, { inputData, outputData, cleanedRequest });
  }

  /** The library's tester has a fixed callback address; Zapier's own is part of the event. */
  async function runWithCallback(method: unknown, bundle: Data, url: string): Promise<Data> {
    const perform = method as (z: Data, bundle: Data) => Promise<Data>;
    return await run((z: Data, whole: Data) => perform({ ...z, generateCallbackUrl: () => url }, whole), bundle);
  }

  it("connects with a key, and asks for another one when it is wrong", async () => {
    const me = await run(App.authentication?.test);
    assert.equal(me.mode, "test");
    const wrong = { ...authData, apiKey: "ngw_test_wrong" };
    await assert.rejects(run(App.authentication?.test, { authData: wrong }), { name: "ExpiredAuthError" });
  });

  it("has a sample with every output field, and a live sample with the same fields, for each event", async () => {
    for (const [event, { sample, outputFields }] of Object.entries(EVENTS)) {
      const key = event.replaceAll(".", "_");
      for (const field of outputFields) assert.ok(field.key in sample, `${key}: ${field.key}`);
      const [live] = (await run(trigger(key).performList)) as unknown as Data[];
      for (const field of outputFields) assert.ok(live && field.key in live, `${key}: live ${field.key}`);
    }
  });

  it("subscribes, receives the event, and unsubscribes, twice if asked", async () => {
    const operation = trigger("video_completed");
    const path = "/hook/completed";
    const subscribeData = await run(operation.performSubscribe, { targetUrl: `${here}${path}` });
    const video = await api("POST", "/videos", { prompt: "make a 4 second clip of the sea", metadata: { order: "7" } });
    const cleanedRequest = await arrivalAt(path);
    const [event] = (await run(operation.perform, { cleanedRequest })) as unknown as Data[];
    assert.deepEqual([event?.video_id, event?.status, event?.metadata_order], [video.id, "completed", "7"]);
    await run(operation.performUnsubscribe, { subscribeData });
    await run(operation.performUnsubscribe, { subscribeData });
    const { data } = (await api("GET", "/hooks")) as { data: Data[] };
    assert.deepEqual(
      data.filter(({ target_url }) => target_url === `${here}${path}`),
      [],
    );
  });

  it("makes a video and resumes with its file", async () => {
    const made = await createAndResume("make_video", {
      prompt: "make a 4 second clip of the sea",
      assets: [""],
      metadata: { order: 7 },
      language: "",
      project: null,
      wait: true,
    });
    assert.deepEqual([made.status, made.metadata], ["completed", { order: "7" }]);
    const file = await fetch(String(made.download_url));
    assert.equal(
      Buffer.from(await file.arrayBuffer())
        .subarray(4, 8)
        .toString(),
      "ftyp",
    );
    const [found] = (await run(App.searches?.find_video?.operation.perform, {
      inputData: { id: made.id },
    })) as unknown as Data[];
    assert.equal(found?.id, made.id);
  });

  it("makes one video when the same run of a step is tried again", async () => {
    const { perform } = create("make_video");
    const bundle = { inputData: { prompt: "make a 4 second clip of a lake" } };
    const [one, other] = [
      await runWithCallback(perform, bundle, `${here}/again`),
      await runWithCallback(perform, bundle, `${here}/again`),
    ];
    assert.equal(one.id, other.id);
  });

  it("does not wait where the user said no, and continues the video later", async () => {
    const inputData = { prompt: "make a 4 second clip of a hill #fault:question", wait: "false" };
    const made = await run(create("make_video").perform, { inputData });
    assert.match(String(made.id), /^vid_/);
    for (let state = made; state.status !== "needs_input"; ) state = await api("GET", `/videos/${made.id}?wait=30`);
    const continued = await run(create("continue_video").perform, {
      inputData: { id: made.id, prompt: "make it blue" },
    });
    assert.equal(continued.id, made.id);
  });

  it("stops with the gateway's explanation when a video fails", async () => {
    const failing = createAndResume("make_video", { prompt: "make a 4 second clip of snow #fault:no_credits" });
    await assert.rejects(failing, (error: Error) => /credit/i.test(error.message));
  });

  it("offers generators, their variables, and makes a video from one", async () => {
    const generators = (await run(trigger("generator_list").perform)) as unknown as Data[];
    assert.ok(generators.some(({ id }) => id === "free-generation-maker"));
    const operation = create("make_video_from_generator");
    const fields = operation.inputFields?.find((field) => typeof field === "function");
    const inputData = { generator: "free-generation-maker" };
    const shown = (await run(fields, { inputData })) as unknown as Data[];
    assert.ok(shown.some(({ key }) => key === "var_topic"));
    const made = await createAndResume("make_video_from_generator", {
      ...inputData,
      var_topic: "coffee",
      var_seconds: "5",
    });
    assert.equal(made.status, "completed");
  });

  it("sends a message to a project and exports it", async () => {
    const project = await api("POST", "/projects", { name: "A film" });
    const projects = (await run(trigger("project_list").perform)) as unknown as Data[];
    assert.ok(projects.some(({ id, name }) => id === project.id && name === "A film"));
    const turn = await createAndResume("send_message", { project: project.id, prompt: "make a 4 second clip of rain" });
    assert.equal(turn.status, "completed");
    const render = await createAndResume("export_project", { project: project.id, reuse: "false" });
    assert.equal(render.status, "completed");
  });

  it("uploads a file by its address", async () => {
    const file = createServer((_, answer) => void answer.end(Buffer.from("GIF89a\x01\0\x01\0\0\0\0;", "latin1")));
    await new Promise<void>((settle) => file.listen(0, "127.0.0.1", settle));
    const url = `http://127.0.0.1:${(file.address() as AddressInfo).port}/a.gif`;
    const upload = await run(create("upload_file").perform, { inputData: { url, file_name: "" } });
    assert.match(String(upload.id), /^upl_/);
    file.close();
  });

  it("says what is wrong, where, and what to do", async () => {
    const inputData = { prompt: "a clip", language: "12", wait: false };
    await assert.rejects(run(create("make_video").perform, { inputData }), (error: Error) =>
      /language .*invalid_request, request /s.test(error.message),
    );
    const unknown = { id: `vid_${"0".repeat(36)}` };
    assert.deepEqual(await run(App.searches?.find_video?.operation.perform, { inputData: unknown }), []);
  });
});
