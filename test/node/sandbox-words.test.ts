import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FAULTS } from "../../src/core/sandbox-faults.ts";

it("the protocol lists every #fault: word of the sandbox and its effect", () => {
  const protocol = readFileSync("PROTOCOL.md", "utf8");
  for (const [name, meaning] of Object.entries(FAULTS))
    expect(protocol).toContain(`| \`#fault:${name}\` | ${meaning} |`);
});
