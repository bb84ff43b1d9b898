/** The operating guide against the code: every setting is in its table, every command and every name that it gives exists. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHECKS } from "../../src/core/status.ts";
import { LOG_FIELDS } from "../../src/log.ts";

const guide = readFileSync("docs/operating.md", "utf8");

/** A section's text, without its heading. */
const section = (title: string): string => guide.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";

describe("docs/operating.md", () => {
  it("has every variable and secret of src/env.ts in its table, with all columns, and no other", () => {
    const env = /export type Env = \{([\s\S]*?)\n\};/.exec(readFileSync("src/env.ts", "utf8"))?.[1] ?? "";
    const settings = [...env.matchAll(/^ {2}([A-Z_]+)\??: string;$/gm)].map(([, name = ""]) => name);
    expect(settings.length).toBeGreaterThan(15);
    const rows = [...section("Settings").matchAll(/^\| `([A-Z_]+)` \| (secret|variable) \|(.+)\|(.+)\|(.+)\|$/gm)];
    expect(rows.map(([, name]) => name).toSorted()).toEqual(settings.toSorted());
    for (const [row, ...cells] of rows) for (const cell of cells) expect(cell?.trim(), row).not.toBe("");
  });

  it("states the thresholds of the checks", () => {
    const alerts = section("Alerts");
    const number = (value: number | null): string => (value === null ? "" : value.toLocaleString("en"));
    for (const name of ["late_work", "late_objects", "unpublished_events", "dead_letters"] as const) {
      const { warn, critical } = CHECKS[name];
      expect(alerts).toMatch(new RegExp(`check \`${name}\`[^|]*\\| ${number(critical)} \\| ${number(warn)} \\|`));
    }
  });

  it("explains every field of the log", () => {
    const logs = section("Logs");
    expect(LOG_FIELDS.filter((field) => !logs.includes(`\`${field}\``))).toEqual([]);
  });

  it("gives commands of npm run admin that exist, and routes that exist", () => {
    const commands = readFileSync("scripts/lib/admin.ts", "utf8");
    const given = [...guide.matchAll(/npm run (?:-s )?admin -- ([a-z]+(?: [a-z]+)?)/g)].map(([, name = ""]) => name);
    expect(given.length).toBeGreaterThan(5);
    for (const name of given)
      expect(commands, name).toMatch(new RegExp(`^ {2}(?:"${name}"|${name.split(" ")[0]}):`, "m"));
    const schema = readFileSync("packages/sdk/src/schema.gen.ts", "utf8");
    const routes = [...guide.matchAll(/`(?:GET|POST|PUT) (\/v1\/[\w{}/]+)`/g)].map(([, path = ""]) => path);
    expect(routes.length).toBeGreaterThan(3);
    expect(routes.filter((path) => !schema.includes(`"${path}"`))).toEqual([]);
  });
});
