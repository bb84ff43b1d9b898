/**
 * The platform calls of a video without the gateway: one object that sends as many requests upstream, puts one file into R2 and
 * reads from it, runs statements in D1, and calls another object that writes a row. Plain JavaScript, like peers.js.
 */
import { DurableObject } from "cloudflare:workers";

/** Upstream requests of one video on a live key, counted from the log; the other numbers are of the same order. */
const REQUESTS = 12;
const STATEMENTS = 4;
const CALLS = 10;
const FILE_BYTES = 64 * 1024;

export class NoteObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS notes (n INTEGER PRIMARY KEY, text TEXT)");
  }

  async note(text) {
    this.ctx.storage.sql.exec("INSERT INTO notes (text) VALUES (?)", text);
  }
}

export class MakerObject extends DurableObject {
  async make(n) {
    const { DB, MEDIA, NOTE, UPSTREAM } = this.env;
    for (let at = 0; at < REQUESTS; at++) await (await fetch(`${UPSTREAM}/__switches`)).text();
    for (let at = 0; at < CALLS; at++) await NOTE.getByName("one").note(`${n} ${at}`);
    for (let at = 0; at < STATEMENTS; at++) await DB.prepare("INSERT INTO notes (text) VALUES (?)").bind(`${n}`).run();
    await MEDIA.put(`made/${n}`, new Uint8Array(FILE_BYTES));
    await (await MEDIA.get(`made/${n}`, { range: { offset: 0, length: 1024 } })).arrayBuffer();
  }
}

const worker = {
  async fetch(request, env) {
    await env.MAKER.getByName("one").make(new URL(request.url).pathname.slice(1));
    return new Response("made");
  },
};

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
