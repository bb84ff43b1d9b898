/** Reads the output of `wrangler deploy --dry-run`. */

/** The free plan's limit of a Worker, compressed. Source: developers.cloudflare.com/workers/platform/limits, "Worker size". */
export const GZIP_LIMIT_BYTES = 3_000_000;

export type Build = { readonly gzipBytes: number; readonly bindings: readonly string[] };

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2 };

/** Reads `Total Upload: 400.00 KiB / gzip: 100.00 KiB` and the lines `env.USER (UserObject)   Durable Object`. */
export function readBuild(printed: string): Build {
  const [, size = "", unit = ""] = /gzip: ([\d.]+) (B|KiB|MiB)/.exec(printed) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error("wrangler printed no size");
  const bindings = [...printed.matchAll(/^\s*env\.([A-Z0-9_]+)/gm)].map(([, name = ""]) => name);
  return { gzipBytes: Math.round(Number(size) * factor), bindings };
}

/** Why this build may not be deployed; empty if it may. */
export function faultsOf(build: Build, wanted: readonly string[]): string[] {
  const missing = wanted.filter((name) => !build.bindings.includes(name));
  return [
    ...(build.gzipBytes > GZIP_LIMIT_BYTES
      ? [`the Worker has ${build.gzipBytes} bytes compressed, ${GZIP_LIMIT_BYTES} are allowed`]
      : []),
    ...missing.map((name) => `binding ${name} of src/env.ts is not in wrangler.toml`),
  ];
}
