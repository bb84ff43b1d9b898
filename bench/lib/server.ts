/** A process of its own: one Worker on Miniflare, listening without the development proxy in front. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { settings, tell } from "./child.ts";

/** What a server needs; `worker` holds Miniflare's own options. */
export const serverSettings = z.object({
  scriptPath: z.string(),
  rootPath: z.string(),
  stateDir: z.string(),
  worker: z.looseObject({}),
  /** Statements for the database DB, one a line. */
  sql: z.string().nullable(),
});
export type ServerSettings = z.infer<typeof serverSettings>;

const { worker, sql, scriptPath, rootPath, stateDir } = await settings(serverSettings);
const port = await freePort();
const host = "127.0.0.1";
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...worker,
    name: "bench",
    rootPath,
    modulesRoot: rootPath,
    scriptPath,
    modules: true,
    cf: false,
    host,
    resourcePersistencePath: stateDir,
    unsafeDirectSockets: [{ host, port }],
    // The gateway prints a line per request: written by the runtime as in production, dropped here.
    handleStructuredLogs: () => {},
  }),
);
await miniflare.ready;
if (sql !== null) await (await miniflare.getD1Database("DB")).exec(sql);
tell({ url: `http://${host}:${port}` });
