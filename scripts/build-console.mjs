// Builds the console (packages/console) into the folder of the Worker's assets: index.html and files whose names contain a hash.
// Run by wrangler before every dev start and deploy ([build] in wrangler.toml), and by test/support/build-assets.ts before the tests.
// An argument names another folder; `--sizes` prints the compressed sizes as JSON. Fails if the console is larger than allowed.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Kilobytes of JavaScript, compressed: what the first page loads, and everything. Chosen: loaded in a second on a phone. */
const LIMITS_KB = { first: 45, all: 120 };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { sizes: { type: "boolean" } } });
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONSOLE = join(ROOT, "packages/console");
const to = positionals[0] ?? join(ROOT, "dist/assets/console");

const { outputFiles, metafile } = await build({
  absWorkingDir: CONSOLE,
  entryPoints: { main: "src/main.tsx", style: "src/style.css", icon: "src/icon.svg" },
  outdir: "out",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "copy" },
  alias: { "nemo-gateway": join(ROOT, "packages/sdk/src/index.ts") },
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  metafile: true,
  write: false,
  logLevel: "error",
});

// Signals update the components of their own copy of Preact alone.
const copies = Object.keys(metafile.inputs).filter((path) => /\/preact\/dist\/preact\./.test(path));
if (copies.length !== 1) throw new Error(`packages/console: there has to be one copy of Preact: ${copies.join(", ")}`);

const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ name: basename(path), ...output }));
const nameOf = (entry) => outputs.find(({ entryPoint }) => entryPoint === entry)?.name ?? "";

/** The files that are loaded with this one, itself first. */
function loadedWith(name, seen = new Set([name])) {
  for (const { path, kind } of outputs.find((one) => one.name === name)?.imports ?? [])
    if (kind === "import-statement" && !seen.has(basename(path))) loadedWith(basename(path), seen.add(basename(path)));
  return [...seen];
}

const first = loadedWith(nameOf("src/main.tsx"));
const kbOf = (names) => names.reduce((sum, name) => sum + gzipSync(files.get(name) ?? "").length / 1024, 0);
const sizes = { first: kbOf(first), all: kbOf([...files.keys()].filter((name) => name.endsWith(".js"))) };
if (values.sizes) console.log(JSON.stringify(sizes));
for (const [what, limit] of Object.entries(LIMITS_KB))
  if (sizes[what] > limit)
    throw new Error(`packages/console: ${what} has ${sizes[what].toFixed(1)} kB compressed, ${limit} are allowed`);

const icon = [...files.keys()].find((name) => name.endsWith(".svg"));
const head = [
  `<link rel="icon" type="image/svg+xml" href="/console/${icon}">`,
  `<link rel="stylesheet" href="/console/${nameOf("src/style.css")}">`,
  ...first.slice(1).map((name) => `<link rel="modulepreload" href="/console/${name}">`),
  `<script type="module" src="/console/${first[0]}"></script>`,
];
const page = readFileSync(join(CONSOLE, "index.html"), "utf8").replace("<!--head-->", () => head.join("\n"));
files.set("index.html", Buffer.from(page));

mkdirSync(to, { recursive: true });
for (const [name, contents] of files) {
  const target = join(to, name);
  // Equal files are not touched: a running gateway watches these files and restarts when they change.
  if (existsSync(target) && readFileSync(target).equals(contents)) continue;
  const whole = `${target}.${process.pid}`; // renamed atomically, because several runs may start at once
  writeFileSync(whole, contents);
  renameSync(whole, target);
}
for (const name of readdirSync(to))
  if (!files.has(name) && !/\.\d+$/.test(name)) rmSync(join(to, name), { force: true });
