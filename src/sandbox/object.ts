/**
 * The Durable Object of a sandbox: one per tenant, mode and user, named by the caller, with its records in SQLite. And the
 * Worker that serves it alone.
 */
import { DurableObject } from "cloudflare:workers";
import { createSandbox } from "./app.ts";
import type { SandboxApp } from "./context.ts";
import type { Kind, Records, Store } from "./store.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON
  UNIQUE (kind, id)
)`;
const INDEX = "CREATE INDEX IF NOT EXISTS records_by_parent ON records (kind, parent, seq)";

type SqlRow = { readonly body: string };

/** The store in the object's SQLite. The first write creates the table, so an object that is only read stays empty. */
function sqlStore(sql: SqlStorage): Store {
  let ready = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'records'").toArray().length > 0;
  const make = (): void => {
    if (ready) return;
    sql.exec(TABLE);
    sql.exec(INDEX);
    ready = true;
  };
  const rows = (query: string, ...values: string[]): SqlRow[] =>
    ready ? sql.exec<SqlRow>(query, ...values).toArray() : [];
  const open = <K extends Kind>(row: SqlRow): Records[K] => JSON.parse(row.body) as Records[K]; // only `write` fills the table

  return {
    read: <K extends Kind>(kind: K, id: string) => {
      const [row] = rows("SELECT body FROM records WHERE kind = ? AND id = ?", kind, id);
      return row === undefined ? null : open<K>(row);
    },
    write: (kind, id, record, parent = "") => {
      make();
      sql.exec(
        "INSERT INTO records (kind, id, parent, body) VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, parent = excluded.parent",
        kind,
        id,
        parent,
        JSON.stringify(record),
      );
    },
    remove: (kind, id) => {
      if (ready) sql.exec("DELETE FROM records WHERE kind = ? AND id = ?", kind, id);
    },
    list: <K extends Kind>(kind: K, parent?: string) =>
      (parent === undefined
        ? rows("SELECT body FROM records WHERE kind = ? ORDER BY seq", kind)
        : rows("SELECT body FROM records WHERE kind = ? AND parent = ? ORDER BY seq", kind, parent)
      ).map((row) => open<K>(row)),
    trim: (kind, keep) => {
      if (!ready) return;
      sql.exec(
        "DELETE FROM records WHERE kind = ? AND seq <= (SELECT seq FROM records WHERE kind = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        kind,
        kind,
        keep,
      );
    },
    clear: () => {
      if (ready) sql.exec("DELETE FROM records");
    },
  };
}

type SandboxObjectEnv = {
  /** Divides every duration of work; a number as text, "1" if missing. */
  readonly TIME_SCALE?: string;
};

export class SandboxObject extends DurableObject<SandboxObjectEnv> {
  readonly #app: SandboxApp;

  constructor(ctx: DurableObjectState, env: SandboxObjectEnv) {
    super(ctx, env);
    const scale = Math.max(1, Number(env.TIME_SCALE ?? "1") || 1);
    this.#app = createSandbox({ store: sqlStore(ctx.storage.sql), seed: ctx.id.name ?? "sandbox", scale });
  }

  /** The Nemo API on any origin; URLs of results have the origin of the request. */
  override async fetch(request: Request): Promise<Response> {
    return this.#app.fetch(request);
  }
}

/* The sandbox as a Worker of its own. `X-Sandbox` or `?sandbox=` names the object that gets the request; the default is "default". */

type ServerEnv = SandboxObjectEnv & { readonly SANDBOX: DurableObjectNamespace<SandboxObject> };

// biome-ignore lint/style/noDefaultExport: a Worker's entry is its default export
export default {
  fetch(request: Request, env: ServerEnv): Promise<Response> {
    const name = request.headers.get("X-Sandbox") ?? new URL(request.url).searchParams.get("sandbox") ?? "default";
    return env.SANDBOX.getByName(name).fetch(request);
  },
} satisfies ExportedHandler<ServerEnv>;
