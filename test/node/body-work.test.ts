/**
 * Reading a body takes work in proportion to its size, for every route that takes JSON (test/fuzz/bodies.ts finds them by their
 * declarations) and for forms.
 *
 * Processor time is compared only where it is large: a large body that costs little needs no comparison, and one that costs much
 * is compared with a quarter of it, which a busy machine slows alike.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { bundleTargets } from "../../scripts/lib/fuzz/readers.ts";
import type { FuzzTarget } from "../fuzz/target.ts";

const filled = (chunk: string, bytes: number): string =>
  chunk.repeat(Math.ceil(bytes / new TextEncoder().encode(chunk).length)).slice(0, bytes);
const many = <T>(bytes: number, each: number, make: (index: number) => T): T[] =>
  Array.from({ length: Math.floor(bytes / each) }, (_, index) => make(index));

const TEXTS = [
  "a",
  " ",
  ",",
  "\n",
  "\\",
  "{{",
  "{{a}} ",
  "[",
  '{"a":',
  "https://a.org/b ",
  "https://",
  "%C3",
  "é",
  "\ud83d",
  "a=b&",
  "#fault:",
];

/** Values of so many bytes that ask a reader for work. Runs have a sign around them, since blank text is not looked at. */
const VALUES: readonly ((bytes: number) => unknown)[] = [
  ...TEXTS.map((chunk) => (bytes: number) => `x${filled(chunk, bytes)}x`),
  (bytes) => many(bytes, 4, () => "a"),
  (bytes) => many(bytes, 3, () => ({})),
  (bytes) => many(bytes, 3, () => []),
  (bytes) => many(bytes, 18, () => "https://a.org/b"),
  (bytes) => many(bytes, 30, (index) => ({ url: "https://a.org/b", [`k${index}`]: 1 })),
  (bytes) => Object.fromEntries(many(bytes, 12, (index) => [`k${index}`, ""])),
  (bytes) => JSON.stringify(many(bytes, 6, () => "a")),
  (bytes) => JSON.stringify(Object.fromEntries(many(bytes, 14, (index) => [`k${index}`, ""]))),
];

/** Flat fields of so many bytes, for readers of what cannot be nested. */
const FLAT = ["var_", "metadata_", "asset_urls_", "assets_", "output_", "variables_", "var_a_", "k"].map(
  (prefix) => (bytes: number) =>
    Object.fromEntries(many(bytes, prefix.length + 11, (index) => [`${prefix}${index}`, "a"])),
);

/** A quarter of the largest body: enough to show what grows with the square, and hundreds are read in seconds. */
const BODY_BYTES = 64_000;
/** Under this much processor time nothing of this size can be more than in proportion. */
const LITTLE_MS = 100;
/** How much more than four times the work of a quarter is still that: caches and collections cost at large sizes. */
const SLACK = 2;

/** The least of some runs: what runs beside costs time too. */
async function costOf(run: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let again = 0; again < 4 && least > LITTLE_MS; again++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/** What reading a large body costs, where that is more than in proportion to a quarter of it; else null. */
async function excess(name: string, run: (bytes: number) => () => unknown): Promise<string | null> {
  const whole = await costOf(run(BODY_BYTES));
  if (whole <= LITTLE_MS) return null;
  const quarter = await costOf(run(BODY_BYTES / 4));
  return whole <= quarter * 4 * SLACK ? null : `${name}: ${whole.toFixed(0)} ms, a quarter ${quarter.toFixed(0)} ms`;
}

let targets: readonly FuzzTarget[] = [];
beforeAll(async () => {
  targets = (await bundleTargets()).targets;
});
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the work for a request body", () => {
  it("is in proportion to its size, for every route that takes JSON", async () => {
    const reader = targets.find(({ name }) => name === "route-bodies");
    if (reader === undefined) throw new Error("no target reads the bodies of routes");
    const found: (string | null)[] = [];
    const tried = new Set<string>();
    for (const seed of reader.seeds) {
      const [route = 0, flat = 0] = seed;
      const names = Object.keys(JSON.parse(new TextDecoder().decode(seed.subarray(2))) as object);
      const bodies =
        flat === 1
          ? FLAT.map((fields) => ["", fields] as const)
          : names.flatMap((name) =>
              VALUES.map((value) => [name, (bytes: number) => ({ [name]: value(bytes) })] as const),
            );
      expect(reader.seeds.length).toBeGreaterThan(40);
      for (const [index, [name, body]] of bodies.entries()) {
        // A field of a name has the same schema, or one like it, on every route.
        const key = `${name} ${flat === 1 ? route : ""} ${index % VALUES.length}`;
        if (tried.has(key)) continue;
        tried.add(key);
        const run = (bytes: number) => {
          const input = Uint8Array.from(Buffer.concat([Uint8Array.of(route, flat), utf8(JSON.stringify(body(bytes)))]));
          return () => reader.run(input);
        };
        found.push(await excess(`route ${route} ${name} (value ${index % VALUES.length}, flat ${flat})`, run));
      }
    }
    expect(found.filter((one) => one !== null)).toEqual([]);
  });

  it("is in proportion to its size for a form, whatever its parts are", async () => {
    const part = (head: string, content: string): string => `--xX\r\n${head}\r\n\r\n${content}\r\n`;
    const field = 'Content-Disposition: form-data; name="a"';
    const forms: readonly ((bytes: number) => string)[] = [
      (bytes) => filled(part(field, "b"), bytes),
      (bytes) => part(field, filled("b", bytes)),
      (bytes) => part(field, filled("\r\n--", bytes)),
      (bytes) => part(field, filled("\r\n--xX", bytes)),
      (bytes) => part(field, filled("\r", bytes)),
      (bytes) => part(filled(`${field}; filename="c"\r\n`, bytes), "b"),
      (bytes) => part(`${field}; filename="${filled('\\"', bytes)}"`, "b"),
      (bytes) => filled("--xX\r\n", bytes),
      (bytes) => filled("-", bytes),
    ];
    const found: (string | null)[] = [];
    const readers = targets.filter(({ name }) => name.startsWith("upload-form"));
    expect(readers).toHaveLength(2);
    for (const reader of readers)
      for (const [index, form] of forms.entries()) {
        const run = (bytes: number) => {
          const body = new TextEncoder().encode(form(bytes));
          return () => reader.run(body);
        };
        found.push(await excess(`${reader.name} (form ${index})`, run));
      }
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});
