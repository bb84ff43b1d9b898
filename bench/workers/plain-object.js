/**
 * The minimum for the gateway's promise about streams: events are parsed, stored, and only then forwarded.
 *
 * What arrives in one read is one INSERT, on disk before the caller sees it. There is no second subscriber, no resumption, no
 * turn and no settling: the difference from the proxy is the cost of storing.
 */
import { DurableObject } from "cloudflare:workers";

const utf8 = new TextEncoder();

/** Rows per INSERT: an object's SQLite allows 100 variables, and a row has three. */
const ROWS = 32;

export class PlainObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS events (run TEXT, seq INTEGER, data TEXT, PRIMARY KEY (run, seq)) WITHOUT ROWID",
    );
  }

  async fetch(request) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: await request.text() };
    const upstream = await fetch(`${this.env.UPSTREAM}/run_sse`, init);
    const { readable, writable } = new IdentityTransformStream();
    this.ctx.waitUntil(this.#follow(upstream.body, writable.getWriter()).catch(() => undefined));
    return new Response(readable, { status: upstream.status });
  }

  async #follow(body, writer) {
    const run = crypto.randomUUID();
    let seq = 0;
    let rest = "";
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const records = (rest + text).split("\n\n");
      rest = records.pop() ?? "";
      const frames = records.map((record) => ({ seq: ++seq, data: JSON.stringify(eventOf(record)) }));
      for (let at = 0; at < frames.length; at += ROWS) this.#store(run, frames.slice(at, at + ROWS));
      await this.ctx.storage.sync();
      await writer.write(utf8.encode(frames.map(({ seq, data }) => `id: ${seq}\ndata: ${data}\n\n`).join("")));
    }
    await writer.close();
  }

  #store(run, frames) {
    const rows = frames.map(() => "(?, ?, ?)").join(", ");
    const values = frames.flatMap(({ seq, data }) => [run, seq, data]);
    this.ctx.storage.sql.exec(`INSERT INTO events (run, seq, data) VALUES ${rows}`, ...values);
  }
}

/** The text of an upstream event. */
function eventOf(record) {
  const { content, partial } = JSON.parse(record.slice("data: ".length));
  return { type: "message", text: content.parts[0].text, partial };
}
