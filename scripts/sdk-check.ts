/**
 * `npm run sdk:check`: the SDK as its users get it.
 *
 * The types are those of the document; it compiles; the package passes publint; its size is within the limits; and the packed
 * file, installed into an empty folder, can be imported and its command runs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { readFlags } from "./lib/flags.ts";

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
try {
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  npm(SDK, "pack", "--ignore-scripts", "--pack-destination", folder);
  const packed = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(folder, "install", "--no-audit", "--no-fund", join(folder, packed));
  const program = `
    import { NemoGateway, GatewayError } from "nemo-gateway";
    import { unwrap } from "nemo-gateway/webhooks";
    const nemo = new NemoGateway({ apiKey: "ngw_test_none", baseURL: "http://127.0.0.1:9", maxRetries: 0 });
    const failed = await nemo.me().catch((error) => error.name);
    console.log(failed, typeof unwrap, typeof GatewayError);`;
  writeFileSync(join(folder, "try.mjs"), program);
  const said = node(folder, "try.mjs").trim();
  if (said !== "ConnectionError function function") throw new Error(`the installed package said: ${said}`);
  const version = execFileSync(join(folder, "node_modules/.bin/nemo-gateway"), ["--version"], {
    encoding: "utf8",
  }).trim();
  if (!packed.includes(version)) throw new Error(`the installed command said: ${version}`);
  console.log(`${packed} is installed and runs`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
