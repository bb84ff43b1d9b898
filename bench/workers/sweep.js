/**
 * The gateway's cron run and queue consumer with a stub for the objects, which only records that it was woken. Calls of database
 * and queue are counted. Plain JavaScript, like peers.js.
 */
import { sweep } from "../../src/jobs/cron.ts";
import { wakeAll } from "../../src/jobs/messages.ts";

/** Wake messages per object, by its number, and the number of objects woken. */
let wakes = new Uint8Array(0);
let woken = 0;

function note(name) {
  const at = Number(name.split(":")[2]);
  if (wakes[at] === 0) woken++;
  wakes[at]++;
}

const objects = { getByName: (name) => ({ wake: async () => note(name) }) };

/** Fills the table with `rows` objects that are a minute to a day overdue. */
async function seed(db, rows) {
  wakes = new Uint8Array(rows);
  woken = 0;
  await db.prepare("DELETE FROM watchdogs").run();
  const count = "WITH RECURSIVE seq (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n + 1 < ?1)";
  const make =
    "INSERT INTO watchdogs (object_name, kind, due_at, created_at) SELECT 'ten_bench:live:' || n, 'user', ?2 - 60000 - (n * 7919) % 86400000, ?2 FROM seq";
  await db.prepare(`${count} ${make}`).bind(rows, Date.now()).run();
}

/** The database, with its queries and rows read counted as D1 reports them. */
function counted(db, counts) {
  const statement = (inner) => ({
    bind: (...values) => statement(inner.bind(...values)),
    all: async () => {
      const found = await inner.all();
      counts.queries++;
      counts.rowsRead += found.meta.rows_read;
      return found;
    },
  });
  return { prepare: (query) => statement(db.prepare(query)) };
}

/** One cron run; `isAlone`: its messages are dropped, so that only the run is measured. */
async function run(env, isAlone) {
  const counts = { queries: 0, rowsRead: 0, batches: 0, messages: 0 };
  const sendBatch = (batch) => {
    counts.batches++;
    counts.messages += batch.length;
    return isAlone ? Promise.resolve() : env.WAKE.sendBatch(batch);
  };
  const began = performance.now();
  await sweep({ DB: counted(env.DB, counts), WAKE: { sendBatch } }, Date.now());
  return { ...counts, ms: performance.now() - began };
}

async function answer(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/seed") await seed(env.DB, Number(searchParams.get("rows")));
  return Response.json(
    pathname === "/sweep"
      ? await run(env, searchParams.has("alone"))
      : { woken, again: wakes.filter((times) => times > 1).length },
  );
}

const worker = {
  fetch: answer,
  queue: (batch, env) => wakeAll(batch, { ...env, USER: objects, TENANT: objects, UPLOAD: objects, TOKEN: objects }),
};

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
