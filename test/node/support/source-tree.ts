/** The source tree as text: which file imports what. Regular expressions are enough for our own formatted files. */
import { globSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

export type Import = {
  /** What the file says: `./turn.ts`, `zod`. */
  readonly specifier: string;
  /** The file it names, relative to the repository; null for a library. */
  readonly file: string | null;
  /** True for `import type` and `export type`: nothing of it is left at run time. */
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

/** Every file that these patterns find. */
export function readFiles(...patterns: readonly string[]): SourceFile[] {
  const paths = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  return [...new Set(paths.map((path) => path.replaceAll("\\", "/")))].sort().map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });
}

/** The text without comments, so that a word in a sentence is no use of what it names. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");

/** The first folder under src, or the file's own name at its top: `core`, `durable`, `env`. */
export const roomOf = (path: string): string => (path.split("/")[1] ?? "").replace(/\.ts$/, "");

/** `hono/cors` → `hono`, `@hono/zod-openapi/x` → `@hono/zod-openapi`; `cloudflare:workers` and `node:fs` stay. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** A cycle of imports that exist at run time, as the files along it; null when there is none. */
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
