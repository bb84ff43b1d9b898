/** The fuzzer is worth what it finds: planted faults of each kind, and the same inputs for the same seed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { mutated } from "../../scripts/lib/fuzz/mutate.ts";
import { bundleTargets, fuzzReader } from "../../scripts/lib/fuzz/readers.ts";
import type { FuzzTarget } from "../fuzz/target.ts";

const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seeds = [new TextEncoder().encode("hello, there")];

/** A target whose reader is this function's text, in a module of its own as the thread loads it. */
function planted(name: string, run: string): { bundle: string; target: FuzzTarget } {
  const file = join(folder, `${name}.mjs`);
  const seed = JSON.stringify([...(seeds[0] ?? [])]);
  writeFileSync(file, `export const targets = [{ name: "${name}", seeds: [Uint8Array.from(${seed})], run: ${run} }];`);
  return { bundle: pathToFileURL(file).href, target: { name, seeds, run: () => undefined } };
}

/** `aloneMs`: short where a test waits for an input that never ends. */
async function faultsOf(name: string, run: string, count: number, aloneMs = 120_000) {
  const { bundle, target } = planted(name, run);
  return (await fuzzReader(bundle, target, { seed: 7, from: 0, count, aloneMs })).faults;
}

describe("the fuzzer of parsers", () => {
  it("gives the same input for the same seed, name and number, and another one for another", () => {
    expect(mutated(seeds, 1, "a", 5)).toEqual(mutated(seeds, 1, "a", 5));
    const others = [mutated(seeds, 2, "a", 5), mutated(seeds, 1, "b", 5), mutated(seeds, 1, "a", 6)];
    for (const other of others) expect(other).not.toEqual(mutated(seeds, 1, "a", 5));
  });

  it("begins with the seeds as they are", () => {
    expect(mutated(seeds, 1, "a", 0)).toEqual(seeds[0]);
  });

  it("reports nothing for a parser that accepts its input", async () => {
    expect(await faultsOf("fine", "(bytes) => bytes.length", 200)).toEqual([]);
  });

  it("reports what is thrown, at once and later", async () => {
    const [thrown] = await faultsOf(
      "throws",
      "(bytes) => { if (bytes.length < 8) throw new Error('too short'); }",
      200,
    );
    expect(thrown?.what).toContain("too short");
    const [rejected] = await faultsOf("rejects", "async () => { throw new Error('later'); }", 2);
    expect(rejected).toMatchObject({ index: 0 });
  });

  it("reports what takes more processor time than its budget", async () => {
    const busy = "() => { for (let until = process.cpuUsage().user + 80_000; process.cpuUsage().user < until; ); }";
    const [slow] = await faultsOf("slow", busy, 1);
    expect(slow?.what).toMatch(/took \d+ ms of processor time/);
  });

  it("stops what never ends, names its input, and continues with the next", async () => {
    const faults = await faultsOf("endless", "(bytes) => { if (bytes.length === 12) for (;;); }", 3, 2_000);
    expect(faults[0]).toMatchObject({ index: 0, what: expect.stringContaining("did not end") });
  });

  it("knows every module of test/fuzz, and no name twice", async () => {
    const { targets } = await bundleTargets();
    expect(targets.map(({ name }) => name)).toContain("upstream-turn-stream");
  });
});
