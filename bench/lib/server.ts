/** A server process: one Worker on Miniflare, without the development proxy. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "./child.ts";

/** The settings of a server; `worker` has Miniflare's own options. */
export const serverSettings = z.object({
  scriptPath: z.string(),
  rootPath: z.string(),
  stateDir: z.string(),
  worker: z.looseObject({}),
  /** Statements for the database DB, one per line. */
  sql: z.string().nullable(),
  v8Flags: z.array(z.string()),
});
export type ServerSettings = z.infer<typeof serverSettings>;

/** The runtime's package, which exports the path of its binary. It is CommonJS without types. */
const runtimePackage = z.object({ default: z.string() });

const { worker, sql, scriptPath, rootPath, stateDir, v8Flags } = await settings(serverSettings);
// The gateway prints a line per request. The runtime writes it as in production, but Miniflare's Node process would read and
// parse it on the server's core, which no deployment does. So the log goes to /dev/null.
process.env.RUNTIME = runtimePackage.parse(createRequire(import.meta.url)("workerd")).default;
process.env.MINIFLARE_WORKERD_PATH = join(import.meta.dirname, "quiet-runtime.sh");
process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags.join(" ");
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
    handleStructuredLogs: () => {}, // warnings of a loaded server do not belong into the table
  }),
);
await miniflare.ready;
if (sql !== null) await (await miniflare.getD1Database("DB")).exec(sql);
report({ url: `http://${host}:${port}` });
