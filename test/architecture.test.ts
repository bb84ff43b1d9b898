/** The plan of the house, enforced: who may import whom, and what the pure rooms may not touch. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOUNDARIES } from "../src/core/failpoints.ts";
import {
  findCycle,
  packageOf,
  ROOT,
  readFiles,
  roomOf,
  type SourceFile,
  withoutComments,
} from "./node/support/source-tree.ts";

/** Room → rooms it may import from. A room may always import from itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  log: [],
  nemo: ["core"],
  sandbox: ["core"],
  store: ["core"],
  env: ["core", "log"],
  crash: ["core", "env"],
  durable: ["core", "nemo", "store", "env", "log", "crash"],
  jobs: ["core", "store", "env", "log", "crash"],
  http: ["core", "store", "env", "log"],
  routes: ["core", "http", "store", "env", "log"],
  app: ["http", "routes", "env", "log"],
  index: ["app", "durable", "jobs", "sandbox", "env", "log"],
};

/** Room → rooms it may name in types alone: bindings are typed by their objects' classes. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { env: ["durable", "sandbox"] };

/** Room → libraries. A room that is not here uses none. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  core: ["ipaddr.js", "zod"],
  nemo: ["eventsource-parser", "jsonc-parser", "zod"],
  sandbox: ["cloudflare:workers", "hono", "jsonc-parser", "zod"],
  durable: ["cloudflare:workers", "standardwebhooks"],
  jobs: ["standardwebhooks"],
  http: ["hono", "@hono/zod-openapi", "@hono/zod-validator", "jsonc-parser", "zod"],
  routes: ["hono", "@hono/zod-openapi", "@hono/zod-validator", "jsonc-parser", "zod"],
  app: ["hono", "@hono/zod-openapi"],
};

/** What core has no way to reach: clocks, chance, the network, timers, the platform. They are handed in. */
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
const CARD = ["hono", "@cloudflare/workers-types", "wrangler", "zod", "miniflare", "vitest", "@hono/zod-validator"];

const source = readFiles("src/**/*.ts");
const inRoom = (room: string): SourceFile[] => source.filter(({ path }) => roomOf(path) === room);

/** What each file of ours imports from rooms it may not. */
function trespasses({ path, imports }: SourceFile): string[] {
  const room = roomOf(path);
  return imports.flatMap(({ file, typeOnly }) => {
    if (file === null) return [];
    const to = roomOf(file);
    const allowed = [room, ...(ROOMS[room] ?? []), ...(typeOnly ? (TYPES_ONLY[room] ?? []) : [])];
    return file.startsWith("src/") && allowed.includes(to) ? [] : [`${path} imports ${file}`];
  });
}

describe("the house", () => {
  it("has only rooms that the table knows", () => {
    expect([...new Set(source.map(({ path }) => roomOf(path)))].filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it.each(Object.keys(ROOMS))("lets %s import only from its neighbours in the table", (room) => {
    expect(inRoom(room).flatMap(trespasses)).toEqual([]);
  });

  it("lets each room use only its own libraries", () => {
    const strange = source.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ file, specifier }) => file === null && !(LIBRARIES[roomOf(path)] ?? []).includes(packageOf(specifier)),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(strange).toEqual([]);
  });

  it("keeps core pure: no clock, no chance, no network, no platform", () => {
    const impure = inRoom("core").flatMap(({ path, text }) =>
      IMPURE.filter((pattern) => pattern.test(withoutComments(text))).map(
        (pattern) => `${path} uses ${pattern.source}`,
      ),
    );
    expect(impure).toEqual([]);
  });

  it("passes every boundary that core names, so that a run can be killed there", () => {
    const passing = source.filter(({ path }) => /^src\/(durable|jobs)\//.test(path)).map(({ text }) => text);
    const passed = (name: string) => passing.some((text) => new RegExp(`(boundary|dieAt)\\("${name}"`).test(text));
    expect(BOUNDARIES.filter((name) => !passed(name))).toEqual([]);
  });

  it("has no import cycle", () => {
    expect(findCycle(source)).toBeNull();
  });

  it("has no barrel file: a name is imported from where it is made", () => {
    const barrels = source.filter(
      ({ path, imports }) => path !== "src/index.ts" && imports.some(({ isExport }) => isExport),
    );
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it("prints in src/log.ts alone", () => {
    const loud = source.filter(({ path, text }) => path !== "src/log.ts" && /\bconsole\b/.test(withoutComments(text)));
    expect(loud.map(({ path }) => path)).toEqual([]);
  });
});

describe("the packages", () => {
  it("are pinned exactly, and run nothing when they are installed", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    expect(readFileSync(join(ROOT, ".npmrc"), "utf8").split("\n")).toContain("ignore-scripts=true");
  });
});

describe("the packages of the card", () => {
  const ours = readFiles("src/**/*.ts", "test/**/*.ts", "scripts/**/*.ts", "bench/**/*.ts", "*.config.ts");
  const packageJson = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const listed: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };
  const types: string[] = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")).compilerOptions.types;

  it.each(CARD)("%s is listed, and imported, named in the types or run", (name) => {
    const isImported = ours.some(({ imports }) => imports.some(({ specifier }) => packageOf(specifier) === name));
    const isRun = ours.some(({ path, text }) => path.startsWith("scripts/") && text.includes(`node_modules/${name}/`));
    expect(Object.keys(listed)).toContain(name);
    expect(isImported || isRun || types.includes(name)).toBe(true);
  });
});
