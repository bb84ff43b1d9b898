/**
 * Traces for the operator: a gateway whose collector is a server of this test. Everything that is secret or that a caller
 * chose is planted wherever it can be, and none of it is in a span.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { randomSecret, writeEnvFile } from "../../scripts/lib/env-file.ts";
import { type Gateway, startGateway } from "../../scripts/lib/gateway.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { contentOf, find } from "../node/support/leaks.ts";
import { PNG } from "../support/resources.ts";
import { startReceiver } from "./support/receiver.ts";

const value = z.union([z.strictObject({ stringValue: z.string() }), z.strictObject({ intValue: z.string() })]);
const attribute = z.strictObject({ key: z.string(), value });
/** The parts of OTLP/JSON that a span of ours has. Source: opentelemetry-proto, trace.proto, and its mapping to JSON. */
const span = z.strictObject({
  traceId: z.string().regex(/^(?!0+$)[0-9a-f]{32}$/),
  spanId: z.string().regex(/^(?!0+$)[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.enum(["turn", "upstream.call", "upload.part", "delivery"]),
  kind: z.union([z.literal(1), z.literal(3)]),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(attribute),
  status: z.strictObject({ code: z.literal(2).optional() }),
});
const body = z.strictObject({
  resourceSpans: z.tuple([
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(attribute) }),
      scopeSpans: z.tuple([z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span) })]),
    }),
  ]),
});
type Span = z.infer<typeof span>;

const attributeOf = (of: Span, key: string): string | undefined => {
  const found = of.attributes.find((one) => one.key === key)?.value;
  return found === undefined ? undefined : "stringValue" in found ? found.stringValue : found.intValue;
};

/** A collector that rejects its first request. */
async function startCollector() {
  const requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly text: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ url: request.url ?? "", headers: request.headers, text: Buffer.concat(chunks).toString("utf8") });
    response.writeHead(requests.length === 1 ? 503 : 200).end("{}");
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const spans = (): Span[] =>
    requests.flatMap(({ text }) => body.parse(JSON.parse(text)).resourceSpans[0].scopeSpans[0].spans);
  return { url: `http://127.0.0.1:${port}/v1/traces`, requests, spans, close };
}

const mark = (): string => randomBytes(9).toString("hex");
const planted = {
  "admin token": randomSecret(),
  "root secret": randomSecret(),
  "operator's Nemo token": `nmv_usr_${mark()}${mark()}`,
  "path of Nemo's address": mark(),
  "collector's key": mark(),
  "query of the collector's address": mark(),
  "Nemo token": `nmv_usr_sandbox_${mark()}`,
  prompt: `make a 1 second video of ${mark()}`,
  "file name": `holiday-${mark()}.png`,
  "user's name": `ada+${mark()}@example.com`,
  "label of a request": mark(),
  "path of a webhook": mark(),
  "query of a callback": mark(),
  "query of an import": mark(),
};
const PART = 5 * 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), "traces-"));
let gateway: Gateway | null = null;
const closers: (() => void)[] = [];
afterAll(async () => {
  await gateway?.stop();
  for (const close of closers) close();
  rmSync(folder, { recursive: true, force: true });
});

it("spans of turns, requests to Nemo, parts and deliveries reach the collector, and hold nothing secret", async () => {
  const collector = await startCollector();
  const receiver = await startReceiver([{ status: 500, body: planted.prompt }]);
  closers.push(collector.close, receiver.close);
  const secretsFile = join(folder, "secrets.env");
  writeEnvFile(secretsFile, { ROOT_SECRET: planted["root secret"], ADMIN_TOKEN: planted["admin token"] });
  const printed: string[] = [];
  gateway = await startGateway({
    stateDir: join(folder, "gateway"),
    secretsFile,
    vars: {
      TIME_SCALE: "60",
      NEMO_TOKEN: planted["operator's Nemo token"],
      NEMO_API_URL: `http://127.0.0.1:9/${planted["path of Nemo's address"]}`, // no server answers there
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}?key=${planted["query of the collector's address"]}`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: `authorization=Basic%20${planted["collector's key"]},x-team=video`,
    },
    onLine: (line) => void (/^\[wrangler:info\]/.test(line) || printed.push(line)),
  });
  const { url } = gateway;
  const admin = apiWith(url, planted["admin token"]);
  const tenant = await makeTenant(admin, "acme");
  const key = await makeKey(admin, tenant, "test", "server");
  const named = { "x-user-id": planted["user's name"] };
  const api = apiWith(url, key);
  const id = z.object({ id: z.string() });
  const post = <T>(path: string, json: unknown, schema: z.ZodType<T>, headers = {}): Promise<T> =>
    api.get(path, schema, { method: "POST", json, headers: { ...named, ...headers } });

  const token = { token: planted["Nemo token"], for: "user" };
  await api.send("/v1/nemo_token", { method: "PUT", json: token, headers: named });
  const hook = `${receiver.url}/${planted["path of a webhook"]}`;
  const secret = z.object({ secret: z.string() });
  const endpoint = await post("/v1/webhook_endpoints", { url: hook }, secret);
  const { prompt } = planted;
  const metadata = { label: planted["label of a request"] };

  // A turn by a user token, followed by a stream ticket; its end is delivered to the endpoint and to a callback.
  const userPath = `/v1/users/${encodeURIComponent(planted["user's name"])}/tokens`;
  const userToken = await post(userPath, {}, z.object({ token: z.string() }));
  const project = await apiWith(url, userToken.token).get("/v1/projects", id, { method: "POST", json: {} });
  const callback = `${receiver.url}?secret=${planted["query of a callback"]}`;
  const turns = `/v1/projects/${project.id}/turns`;
  const turn = await post(turns, { prompt, metadata, callback_url: callback }, id, { prefer: "wait=60" });
  const ticket = await post(`/v1/turns/${turn.id}/stream_ticket`, {}, z.object({ url: z.string() }));
  await (await fetch(new URL(ticket.url, url))).text();

  // A render with its links; a file in parts, by tus; a file by a link; an import.
  const file = z.object({ id: z.string(), status: z.string(), download_url: z.string().nullable() });
  const render = await post(`/v1/projects/${project.id}/renders`, {}, file);
  let rendered = render;
  while (rendered.status !== "completed") {
    await sleep(100);
    rendered = await api.get(`/v1/renders/${render.id}`, file, { headers: named });
  }
  const link = await post(`/v1/renders/${render.id}/link`, {}, z.object({ download_url: z.string() }));
  expect((await fetch(link.download_url)).status).toBe(200);
  const large = new Uint8Array(PART + 1_000);
  large.set(PNG);
  const tus = { ...named, "tus-resumable": "1.0.0" };
  const fileName = Buffer.from(planted["file name"]).toString("base64");
  const created = await api.send("/v1/uploads", {
    method: "POST",
    headers: { ...tus, "upload-length": String(large.length), "upload-metadata": `filename ${fileName}` },
  });
  const upload = created.headers.get("location") ?? "";
  await api.send(upload, {
    method: "PATCH",
    bytes: large,
    headers: { ...tus, "upload-offset": "0", "content-type": "application/offset+octet-stream" },
  });
  const tool = await api.send("/mcp", {
    method: "POST",
    json: {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "create_upload", arguments: { filename: planted["file name"], size_bytes: PNG.length } },
    },
    headers: { ...named, accept: "application/json, text/event-stream" },
  });
  const putUrl = /http:[^"\\\s]+\/u\/[^"\\\s]+/.exec(await tool.text())?.[0] ?? "";
  expect((await fetch(putUrl, { method: "PUT", body: PNG })).status).toBe(200);
  const address = `http://127.0.0.1:9/clip.mp4?signature=${planted["query of an import"]}`;
  await post("/v1/uploads/import", { url: address }, id);

  // Live mode, with the operator's token: Nemo cannot be reached.
  const liveKey = await makeKey(admin, tenant, "live", "server");
  const live = apiWith(url, liveKey);
  const liveProject = await live.get("/v1/projects", id, { method: "POST", json: {}, headers: named });
  await live.send(`/v1/projects/${liveProject.id}/turns`, { method: "POST", json: { prompt }, headers: named });

  const of = (name: Span["name"], resource?: string): Span[] =>
    collector
      .spans()
      .filter((one) => one.name === name && (resource === undefined || attributeOf(one, "resource") === resource));
  const hasAll = (): boolean =>
    of("upload.part").length > 0 &&
    of("turn", turn.id).length > 0 &&
    of("delivery", turn.id).length > 2 && // the first answer was 500
    of("upstream.call", render.id).length > 0 &&
    of("turn").some((one) => attributeOf(one, "mode") === "live");
  for (const end = Date.now() + 120_000; !hasAll() && Date.now() < end; ) await sleep(100);
  await gateway.stop();
  gateway = null;

  const [own] = of("turn", turn.id);
  expect(own).toMatchObject({ kind: 1, status: {} });
  expect(attributeOf(own as Span, "code")).toBe("completed");
  const inTurn = of("upstream.call", turn.id);
  expect(inTurn.map((one) => attributeOf(one, "work"))).toContain("run_sse");
  for (const one of [...inTurn, ...of("delivery", turn.id)])
    expect(one).toMatchObject({ traceId: own?.traceId, parentSpanId: own?.spanId, kind: 3 });
  expect(of("delivery", turn.id).map((one) => [attributeOf(one, "status"), one.status.code])).toContainEqual([
    "500",
    2,
  ]);
  expect(attributeOf(of("upload.part")[0] as Span, "count")).toBe("1");
  expect(of("turn").find((one) => attributeOf(one, "mode") === "live")).toMatchObject({ status: { code: 2 } });

  // The collector is called as configured; that it rejects the first request fails nothing and is one line.
  for (const { url: called, headers } of collector.requests) {
    expect(called).toBe(`/v1/traces?key=${planted["query of the collector's address"]}`);
    expect(headers).toMatchObject({ authorization: `Basic ${planted["collector's key"]}`, "x-team": "video" });
  }
  expect(collector.requests.length).toBeLessThan(collector.spans().length); // several share a request
  expect(printed.filter((line) => line.includes('"traces_not_sent"'))).toEqual([
    expect.stringContaining('"status":503'),
  ]);

  const keys = new Set(collector.spans().flatMap(({ attributes }) => attributes.map((one) => one.key)));
  expect([...keys].sort()).toEqual(["attempt", "code", "count", "mode", "resource", "status", "tenant", "uh", "work"]);
  const signatureOf = (text: string): string => text.slice(text.lastIndexOf(".") + 1).replace(/[?&].*$/, "");
  const canaries = {
    ...planted,
    key,
    "live key": liveKey,
    "webhook secret": endpoint.secret.slice("whsec_".length),
    "webhook secret's bytes": Buffer.from(endpoint.secret.slice("whsec_".length), "base64"),
    "user token": signatureOf(userToken.token),
    "stream ticket": signatureOf(ticket.url),
    "link signature": signatureOf(link.download_url),
    "signature of a shown link": signatureOf(rendered.download_url ?? ""),
    "signature of a link for a file": signatureOf(putUrl),
    "an address": "://",
  };
  const sent = collector.requests.map(({ text }) => contentOf("span", text));
  expect(find({ "the turn's id": turn.id }, sent)).toHaveLength(1); // the search finds what is there
  expect(find(canaries, sent)).toEqual([]);
  const { "collector's key": collectorKey, "query of the collector's address": query } = planted;
  expect(find({ collectorKey, query }, [contentOf("printed", printed.join("\n"))])).toEqual([]);
});
