/** Every script's command line: `--help` lists its flags, and an unknown one is rejected before anything happens. */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";

const SCRIPTS = globSync("{scripts,bench}/*.{ts,mjs,sh}", { cwd: ROOT }).toSorted();
/** Run by other scripts, never by a person. */
const INNER = [
  "scripts/build-console.mjs",
  "scripts/build-docs.ts",
  "scripts/install.mjs",
  "scripts/make-test-clips.sh",
  "scripts/pack-test-clip.mjs",
  "scripts/publish-check.mjs",
];

function run(script: string, flag: string): Promise<{ code: number | null; output: string }> {
  const command = script.endsWith(".sh") ? "sh" : process.execPath;
  const child = spawn(command, [join(ROOT, script), flag], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  return new Promise((settle) => child.on("close", (code) => settle({ code, output })));
}

describe("a script", () => {
  it.each(SCRIPTS)("%s rejects an unknown flag", async (script) => {
    const { code, output } = await run(script, "--no-such-flag");
    expect(code, output).toBeGreaterThan(0);
    expect(output).toMatch(/no-such-flag|takes no arguments/);
  });

  it.each(SCRIPTS.filter((script) => !INNER.includes(script)))("%s prints its flags with --help", async (script) => {
    const { code, output } = await run(script, "--help");
    expect(code, output).toBe(0);
    expect(output).toContain("--help");
  });
});
