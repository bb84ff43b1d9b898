/**
 * `npm run sdk:check`: the SDK as its users get it.
 *
 * The types are those of the document; it compiles; the package passes publint; its size is within the limits; and the packed
 * file, installed into an empty folder, runs the quick start of its README against a local gateway, in each version of Node at
 * hand.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { apiWith } from "./lib/api.ts";
import { cleanUp } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

readFlags({
  command: "npm run sdk:check",
  says: "Checks the SDK's types, its package, its size and its installation.",
});

const ROOT = join(import.meta.dirname, "..");
const SDK = join(ROOT, "packages/sdk");
const node = (cwd: string, ...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Kilobytes of a bundle for browsers, compressed. Source: the limits are chosen, as those of comparable clients. */
const LIMITS_KB = { index: 12, webhooks: 4 } as const;

async function sizeKb(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(SDK, "dist", `${entry}.js`)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length / 1024;
}

node(ROOT, "scripts/sdk-generate.ts", "--check");
node(SDK, "scripts/build.mjs");
for (const [entry, limit] of Object.entries(LIMITS_KB)) {
  const size = await sizeKb(entry);
  console.log(`${entry}: ${size.toFixed(1)} kB compressed, limit ${limit}`);
  if (size > limit) throw new Error(`packages/sdk: ${entry} is larger than ${limit} kB`);
}
node(SDK, join(ROOT, "node_modules/publint/src/cli.js"), "--strict");

const folder = mkdtempSync(join(tmpdir(), "sdk-"));
const gateway = await startGateway({ stateDir: join(folder, "gateway"), vars: { TIME_SCALE: "30" } });
try {
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  npm(SDK, "pack", "--ignore-scripts", "--pack-destination", folder);
  const packed = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(folder, "install", "--no-audit", "--no-fund", join(folder, packed));
  writeFileSync(join(folder, "quick-start.js"), quickStart()); // it prints the address of a file
  const admin = apiWith(gateway.url, gateway.adminToken);
  const key = await makeKey(admin, await makeTenant(admin, "sdk-check"), "test", "quick start");
  const env = { NEMO_GATEWAY_URL: gateway.url, NEMO_GATEWAY_API_KEY: key };
  for (const [version, program] of nodes()) {
    const run = (file: string, ...words: string[]): Promise<string> => outputOf(program, [file, ...words], env);
    const link = (await run("quick-start.js")).trim();
    const file = await (await fetch(link)).text();
    if (!file.slice(0, 12).includes("ftyp")) throw new Error(`the quick start printed ${link}, which is no MP4 file`);
    const said = (await run("node_modules/nemo-gateway/dist/cli.js", "--version")).trim();
    if (!packed.includes(said)) throw new Error(`the installed command said: ${said}`);
    console.log(`${packed}: its quick start made a video in Node ${version}`);
  }
} finally {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
await cleanUp();

/** The first code block of the SDK's README. */
function quickStart(): string {
  const code = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(SDK, "README.md"), "utf8"))?.[1];
  if (code === undefined) throw new Error("packages/sdk/README.md has no block of ts");
  return code;
}

/** Programs by version: the Node that runs this, and the one of the shell without the project's own. */
function nodes(): ReadonlyMap<string, string> {
  const path = (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.includes("node_modules"));
  const found = [process.execPath, ...path.map((dir) => join(dir, "node")).filter((file) => existsSync(file))];
  const versionOf = (file: string): string => execFileSync(file, ["--version"], { encoding: "utf8" }).trim();
  return new Map(found.map((file) => [versionOf(file), file]));
}

/** What a program prints. Does not block this process, which watches over the gateway. */
async function outputOf(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, ...env }, encoding: "utf8" } as const;
  return (await promisify(execFile)(program, args, options)).stdout;
}
