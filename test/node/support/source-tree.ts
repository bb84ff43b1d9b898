/** The imports of every source file, read by regular expressions, which is reliable because Biome formats every file. */
import { globSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

export type Import = {
  /** As written: `./turn.ts`, `zod`. */
  readonly specifier: string;
  /** The imported file, relative to the repository; null for a package. */
  readonly file: string | null;
  /** True for `import type` and `export type`: erased at run time. */
  readonly typeOnly: boolean;
  /** True for `export … from`. */
  readonly isExport: boolean;
};

export type SourceFile = { readonly path: string; readonly text: string; readonly imports: readonly Import[] };

/** `import …` and `export … from` at the start of a line, also over several lines; and `import("…")`. */
const STATEMENT = /^(import|export)\s+(type\s+)?(?:[\w$*{}\s,]+?\s+from\s+)?"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"/g;

function importsOf(path: string, text: string): Import[] {
  const named = (specifier: string, typeOnly: boolean, isExport: boolean): Import => ({
    specifier,
    file: specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : null,
    typeOnly,
    isExport,
  });
  return [
    ...[...text.matchAll(STATEMENT)].map(([, word, type, specifier = ""]) =>
      named(specifier, type !== undefined, word === "export"),
    ),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier = ""]) => named(specifier, false, false)),
  ];
}

/** Every file that matches one of these patterns. */
export function readFiles(...patterns: readonly string[]): SourceFile[] {
  const paths = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  return [...new Set(paths.map((path) => path.replaceAll("\\", "/")))].sort().map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });
}

/** The text without comments, so that a name in a comment does not count as a use. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");

/** The module of a file in `src/`: the first folder, or the name of a file directly in it: `core`, `durable`, `env`. */
export const moduleOf = (path: string): string => (path.split("/")[1] ?? "").replace(/\.ts$/, "");

/** `hono/cors` → `hono`, `@hono/zod-openapi/x` → `@hono/zod-openapi`; `cloudflare:workers` and `node:fs` stay. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** A cycle of run-time imports, as the files along it; null if there is none. */
export function findCycle(files: readonly SourceFile[]): readonly string[] | null {
  const next = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ file, typeOnly }) => (file !== null && !typeOnly ? [file] : [])),
    ]),
  );
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const to of next.get(path) ?? []) {
      const cycle = walk(to, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle) return cycle;
  }
  return null;
}
