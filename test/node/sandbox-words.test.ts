import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FAULTS } from "../../src/core/sandbox-faults.ts";

it("the protocol tells every word of the sandbox and what it does", () => {
  const protocol = readFileSync("PROTOCOL.md", "utf8");
  for (const [name, meaning] of Object.entries(FAULTS))
    expect(protocol).toContain(`| \`#fault:${name}\` | ${meaning} |`);
});
