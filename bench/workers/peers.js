/**
 * The comparisons for the gateway, each minimal: a proxy, an object that stores what it forwards, a greeting, and Workers that
 * call one or two objects. Plain JavaScript, so that no script sees the Worker's global types.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { PlainObject } from "./plain-object.js";
import { TusObject } from "./tus-object.js";

const STREAM = { "content-type": "text/event-stream", "cache-control": "no-cache" };

/** The cheapest response of an object: a value from memory. */
class ValueObject extends DurableObject {
  async read() {
    return 1;
  }
}

/** Part size of the upload loop. */
const PART_BYTES = 8 * 1024 * 1024;

const app = new Hono();

app.get("/hello", (c) => c.text("hello"));

app.post("/proxy", async (c) => {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: c.req.raw.body };
  const upstream = await fetch(`${c.env.UPSTREAM}/run_sse`, init);
  return new Response(upstream.body, { status: upstream.status, headers: STREAM });
});

app.post("/object/:name", async (c) => {
  const answer = await c.env.PLAIN.getByName(c.req.param("name")).fetch(c.req.raw);
  return new Response(answer.body, { status: answer.status, headers: STREAM });
});

app.put("/store/put/:n", async (c) => {
  const bytes = Number(c.req.header("content-length"));
  const { readable, writable } = new FixedLengthStream(bytes);
  await Promise.all([c.env.MEDIA.put(`put/${c.req.param("n")}`, readable), c.req.raw.body.pipeTo(writable)]);
  return c.text("stored");
});

/** Like the platform's examples: reads a whole part, stores it, then the next. */
app.put("/store/loop/:n", async (c) => {
  const file = await c.env.MEDIA.createMultipartUpload(`loop/${c.req.param("n")}`);
  const reader = c.req.raw.body.getReader({ mode: "byob" });
  const parts = [];
  for (let memory = new ArrayBuffer(PART_BYTES); ; ) {
    const { value } = await reader.readAtLeast(PART_BYTES, new Uint8Array(memory));
    if (!value?.byteLength) break;
    parts.push(await file.uploadPart(parts.length + 1, value));
    memory = value.buffer;
  }
  await file.complete(parts);
  return c.text("stored");
});

/** The same for a tus client, one request per chunk: an object stores the offset. */
app.post("/store/tus", async (c) => {
  const name = crypto.randomUUID();
  await c.env.TUS.getByName(name).create(`tus/${name}`, Number(c.req.header("upload-length")));
  return c.body(null, 201, { "tus-resumable": "1.0.0", location: `${c.req.url}/${name}` });
});

app.patch("/store/tus/:name", (c) => c.env.TUS.getByName(c.req.param("name")).fetch(c.req.raw));

/** The two routes that call objects bypass the router, to measure the bare platform. */
async function answer(request, env, ctx) {
  const { pathname } = new URL(request.url);
  if (pathname === "/one") return Response.json({ value: await env.VALUE.getByName("one").read() });
  if (pathname !== "/two") return app.fetch(request, env, ctx);
  const [one, two] = await Promise.all([env.VALUE.getByName("one").read(), env.VALUE.getByName("two").read()]);
  return Response.json({ value: one + two });
}

const worker = { fetch: answer };

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
export { PlainObject, TusObject, ValueObject };
