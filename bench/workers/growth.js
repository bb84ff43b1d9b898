/**
 * The whole gateway, with a route that calls an object directly: to hand it events, to fill its tables, and to count what its
 * statements read and write. Plain JavaScript, like peers.js.
 */
import gateway, { TenantObject as Tenant, UserObject as User } from "../../src/index.ts";

/** The runtime's own `exec`; null: not replaced yet. */
let plain = null;
let isMetered = false;
/** Runs of statements, by storage: an object may read its own cursors only. */
const runs = new WeakMap();
/** Sums by statement, by storage. */
const sums = new WeakMap();
/** Runs that are held before they are summed up. */
const HELD = 1_000;

/** Replaces `exec` of every storage in this isolate by one that holds the cursors. */
function meter(sql) {
  if (plain !== null) return;
  const kind = Object.getPrototypeOf(sql);
  plain = kind.exec;
  kind.exec = function (query, ...values) {
    const cursor = plain.call(this, query, ...values);
    if (!isMetered) return cursor;
    const own = runs.get(this) ?? [];
    runs.set(this, own);
    if (own.push({ query, cursor }) > HELD) sumUp(this);
    return cursor;
  };
}

function sumUp(sql) {
  const all = sums.get(sql) ?? {};
  sums.set(sql, all);
  for (const { query, cursor } of runs.get(sql) ?? []) {
    const text = query.replace(/\s+/g, " ").trim();
    const { times, read, written } = all[text] ?? { times: 0, read: 0, written: 0 };
    all[text] = { times: times + 1, read: read + cursor.rowsRead, written: written + cursor.rowsWritten };
  }
  runs.delete(sql);
  return all;
}

const measured = (Base) =>
  class extends Base {
    constructor(ctx, env) {
      meter(ctx.storage.sql);
      super(ctx, env);
    }

    /** What each statement did since the last call. */
    async benchCounts() {
      const { sql } = this.ctx.storage;
      const all = sumUp(sql);
      sums.delete(sql);
      return all;
    }

    /** Runs statements, each with its values, outside the counts; returns the rows of the last one and the size of the database. */
    async benchRun(statements) {
      const { storage } = this.ctx;
      let rows = [];
      storage.transactionSync(() => {
        for (const [query, ...values] of statements) rows = plain.call(storage.sql, query, ...values).toArray();
      });
      return { rows, bytes: storage.sql.databaseSize };
    }

    /** Ends this instance: it has read some rows into memory. */
    async benchRestart() {
      this.ctx.abort("restarted by the bench");
    }
  };

async function callObject(env, { kind, name, method, given }) {
  const object = (kind === "user" ? env.USER : env.TENANT).getByName(name);
  if (method !== "benchRestart") return (await object[method](...given)) ?? null;
  await object.benchRestart().catch(() => undefined);
  return null;
}

async function answer(request, env, ctx) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/bench/meter") {
    isMetered = searchParams.has("on");
    return Response.json(null);
  }
  if (pathname === "/bench/object") return Response.json(await callObject(env, await request.json()));
  return gateway.fetch(request, env, ctx);
}

const worker = { ...gateway, fetch: answer };

export const UserObject = measured(User);
export const TenantObject = measured(Tenant);
// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
// biome-ignore lint/performance/noBarrelFile: a Worker exports the classes of its objects
export { SandboxObject, TokenObject, UploadObject } from "../../src/index.ts";
