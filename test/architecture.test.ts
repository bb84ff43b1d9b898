/** Which module of `src/` may import which, what `core` must not use, and which packages the project is built on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAILPOINTS } from "../src/failpoints.ts";
import {
  findCycle,
  moduleOf,
  packageOf,
  ROOT,
  readFiles,
  type SourceFile,
  withoutComments,
} from "./node/support/source-tree.ts";

/**
 * The modules that each module may import, besides itself. A module is a folder of `src/` or a file directly in it.
 *
 * The table is tight: a test fails for an entry that no file uses. A module that is not in it is rejected.
 */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  log: [],
  nemo: ["core"],
  sandbox: ["core"],
  store: ["core"],
  env: ["core", "log"],
  failpoints: [],
  timeout: [],
  tracing: ["core", "log"],
  durable: ["core", "nemo", "store", "env", "failpoints", "log", "timeout", "tracing"],
  jobs: ["core", "store", "env", "failpoints", "log", "timeout", "tracing"],
  http: ["core", "store", "env", "log", "timeout"],
  services: ["core", "http", "store"],
  mcp: ["core", "http", "log", "services", "timeout"],
  routes: ["core", "http", "mcp", "services", "store", "timeout"],
  app: ["http", "routes"],
  index: ["app", "durable", "jobs", "sandbox"],
};

/** The modules of which only types may be imported: nothing of them is left at run time. */
const TYPE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  tracing: ["env"],
  routes: ["env"],
  index: ["env"],
};

/** The packages that each module may import. A module that is not listed may import none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ["ipaddr.js", "zod"],
  nemo: ["eventsource-parser", "jsonc-parser"],
  sandbox: ["cloudflare:workers", "hono", "jsonc-parser", "zod"],
  durable: ["cloudflare:workers", "standardwebhooks"],
  http: ["hono", "@hono/zod-openapi", "jsonc-parser", "zod"],
  mcp: ["@modelcontextprotocol/server", "zod"],
  routes: ["hono", "@hono/zod-validator", "zod"],
  app: ["@hono/zod-openapi"],
  tracing: ["node:async_hooks"],
};

/** What `core` must not use: clocks, randomness, the network, timers, the platform. They are passed in as arguments. */
const IMPURE = [
  /\bfetch\(/,
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\bcrypto\.(getRandomValues|randomUUID)\b/,
  /\bset(Timeout|Interval)\b/,
  /\bperformance\./,
  /\bprocess\./,
  /\bcaches\b/,
  /\bconsole\./,
];

/** The packages this project is built on: each is used, not only listed. */
const FOUNDATION = [
  "hono",
  "@cloudflare/workers-types",
  "wrangler",
  "zod",
  "miniflare",
  "vitest",
  "@hono/zod-validator",
];

/** How many exported names two files may define: search and auto-import find one thing for nearly every name. */
const NAMES_DEFINED_TWICE = 2;

const source = readFiles("src/**/*.ts");
const filesOf = (module: string): SourceFile[] => source.filter(({ path }) => moduleOf(path) === module);
const allowedIn = (module: string, typeOnly: boolean): readonly string[] => [
  ...(IMPORTS[module] ?? []),
  ...(typeOnly ? (TYPE_IMPORTS[module] ?? []) : []),
];

/** The imports of this file that the tables do not allow. */
function forbiddenImports({ path, imports }: SourceFile): string[] {
  const module = moduleOf(path);
  return imports.flatMap(({ file, typeOnly }) => {
    if (file === null) return [];
    const isAllowed = [module, ...allowedIn(module, typeOnly)].includes(moduleOf(file));
    return file.startsWith("src/") && isAllowed ? [] : [`${path} imports ${file}`];
  });
}

/** Whether any file of `from` imports a file of `to`; with `typeOnly` false, for more than its types. */
const imports = (from: string, to: string, typeOnly: boolean): boolean =>
  filesOf(from).some((file) =>
    file.imports.some((one) => one.file !== null && moduleOf(one.file) === to && (typeOnly || !one.typeOnly)),
  );

/** Entries of a table that no file needs, as `from → to`. */
const unused = (table: Readonly<Record<string, readonly string[]>>, needs: (from: string, to: string) => boolean) =>
  Object.entries(table).flatMap(([from, all]) => all.filter((to) => !needs(from, to)).map((to) => `${from} → ${to}`));

describe("the modules of src", () => {
  it("are those of the table", () => {
    expect([...new Set(source.map(({ path }) => moduleOf(path)))].sort()).toEqual(Object.keys(IMPORTS).sort());
  });

  it.each(Object.keys(IMPORTS))("%s imports only the modules that the table allows", (module) => {
    expect(filesOf(module).flatMap(forbiddenImports)).toEqual([]);
  });

  it("import only the packages that the table allows", () => {
    const forbidden = source.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ file, specifier }) => file === null && !(PACKAGES[moduleOf(path)] ?? []).includes(packageOf(specifier)),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(forbidden).toEqual([]);
  });

  it("use everything that the tables allow", () => {
    expect(unused(IMPORTS, (from, to) => imports(from, to, false))).toEqual([]);
    expect(unused(TYPE_IMPORTS, (from, to) => imports(from, to, true))).toEqual([]);
    expect(
      unused(PACKAGES, (from, to) =>
        filesOf(from).some((file) => file.imports.some((one) => one.file === null && packageOf(one.specifier) === to)),
      ),
    ).toEqual([]);
  });

  it("core uses no clock, no randomness, no network and no platform", () => {
    const impure = filesOf("core").flatMap(({ path, text }) =>
      IMPURE.filter((pattern) => pattern.test(withoutComments(text))).map(
        (pattern) => `${path} uses ${pattern.source}`,
      ),
    );
    expect(impure).toEqual([]);
  });

  it("durable and jobs pass every failpoint that is declared", () => {
    const texts = [...filesOf("durable"), ...filesOf("jobs")].map(({ text }) => text);
    const isPassed = (name: string) => texts.some((text) => new RegExp(`(failpoint|failAt)\\("${name}"`).test(text));
    expect(FAILPOINTS.filter((name) => !isPassed(name))).toEqual([]);
  });

  it("in durable write through the runtime's storage, which drops what is held in memory when a transaction is rolled back", () => {
    const direct = filesOf("durable").filter(
      ({ path, text }) => path !== "src/durable/shared/context.ts" && /\bctx\.storage\b/.test(text),
    );
    expect(direct.map(({ path }) => path)).toEqual([]);
  });

  it("have no import cycle", () => {
    expect(findCycle(source)).toBeNull();
  });

  it("have no barrel file: a name is imported from where it is declared", () => {
    const barrels = source.filter(
      ({ path, imports }) => path !== "src/index.ts" && imports.some(({ isExport }) => isExport),
    );
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it("define each exported name in one file", () => {
    const files = new Map<string, string[]>();
    for (const { path, text } of source)
      for (const [, name = ""] of text.matchAll(/^export (?:async )?(?:const|function|class|type|interface) (\w+)/gm))
        files.set(name, [...(files.get(name) ?? []), path]);
    const twice = [...files].filter(([, paths]) => new Set(paths).size > 1);
    expect(twice.length, twice.map(([name, paths]) => `${name}: ${paths.join(", ")}`).join("\n")).toBeLessThanOrEqual(
      NAMES_DEFINED_TWICE,
    );
  });

  it("print in src/log.ts alone", () => {
    // The samples in the second file are programs of callers.
    const exempt = new Set(["src/log.ts", "src/http/code-samples.ts"]);
    const printing = source.filter(
      ({ path, text }) => !exempt.has(path) && /\bconsole\??\.\w+\??\.?\(/.test(withoutComments(text)),
    );
    expect(printing.map(({ path }) => path)).toEqual([]);
  });
});

/** A pinned version. */
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

describe("the packages in package.json", () => {
  it("are pinned exactly, and run nothing when they are installed", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(versions.filter(([, version]) => !EXACT.test(version))).toEqual([]);
    expect(readFileSync(join(ROOT, ".npmrc"), "utf8").split("\n")).toContain("ignore-scripts=true");
  });

  it("and those of the benches' peers are pinned exactly, and run nothing when they are installed", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "bench/peers/package.json"), "utf8"));
    const versions = Object.entries<string>(dependencies);
    expect(versions.filter(([, version]) => !EXACT.test(version))).toEqual([]);
    expect(readFileSync(join(ROOT, "bench/peers/.npmrc"), "utf8").split("\n")).toContain("ignore-scripts=true");
  });
});

describe("the packages this project is built on", () => {
  const ours = readFiles("src/**/*.ts", "test/**/*.ts", "scripts/**/*.ts", "bench/{*,lib/*}.ts", "*.config.ts");
  const packageJson = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const listed: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };
  const types: string[] = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")).compilerOptions.types;

  it.each(FOUNDATION)("%s is listed, and imported, named in the types or run", (name) => {
    const isImported = ours.some(({ imports }) => imports.some(({ specifier }) => packageOf(specifier) === name));
    const isRun = ours.some(({ path, text }) => path.startsWith("scripts/") && text.includes(`node_modules/${name}/`));
    expect(Object.keys(listed)).toContain(name);
    expect(isImported || isRun || types.includes(name)).toBe(true);
  });
});
