/** One word for one thing: words that were given up for ordinary ones do not come back. The list is in `support/words.ts`. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/source-tree.ts";
import { EXCEPTIONS, WORDS, type Word } from "./support/words.ts";

const CHECKED = /\.(ts|mjs|js|html|sql|sh|md|toml)$/;

const SKIPPED: readonly RegExp[] = [
  /^test\/node\/(words\.test|support\/words)\.ts$/, // the list itself
  /^test\/core\/(messages\/|agent-text\/|commands\/)|^src\/(core\/(agent-text|commands)|sandbox\/prompt)/, // what people and the agent write
  /^test\/(fixtures|media|nemo\/fixtures)\//, // recorded data
];

/** `keepPlace` → `keep`, `Place`; `__ledger` → `ledger`; `D1` stays. */
const PARTS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const TOKEN = /[A-Za-z_$][\w$]*/g;

/** The text with comments and strings blanked, so that only identifiers are left. Regular expressions count as code. */
const codeOf = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/`[^`]*`/g, (template) => template.replace(/[^\n]/g, " "));

type Finding = {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly word: string;
  readonly use: string;
};

/** The words of a line that a rule matches. */
function matches({ word, phrase }: Word, line: string): string[] {
  if (phrase !== undefined) return line.match(new RegExp(phrase, "gi")) ?? [];
  const whole = new RegExp(`^(?:${word})$`);
  return (line.match(TOKEN) ?? []).flatMap((token) =>
    (token.match(PARTS) ?? []).map((part) => part.toLowerCase()).filter((part) => whole.test(part)),
  );
}

function findingsIn(path: string, text: string): Finding[] {
  const lines = text.split("\n");
  const code = /\.(ts|mjs|js)$/.test(path) ? codeOf(text).split("\n") : null;
  return WORDS.filter(
    ({ files, in: where }) => (files?.test(path) ?? true) && (where === undefined || code !== null),
  ).flatMap((rule) =>
    (rule.in === "identifiers" ? (code ?? []) : lines).flatMap((line, index) =>
      matches(rule, line).map((word) => ({ path, line: index + 1, text: lines[index] ?? "", word, use: rule.use })),
    ),
  );
}

const tracked = spawnSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).stdout.split("\n");
const checked = tracked.filter((path) => CHECKED.test(path) && !SKIPPED.some((skipped) => skipped.test(path)));
const findings = checked.flatMap((path) => findingsIn(path, readFileSync(join(ROOT, path), "utf8")));

const excuses = ({ path, text, word }: Finding) =>
  EXCEPTIONS.filter(
    (one) => new RegExp(`^(?:${one.words})$`, "i").test(word) && one.files.test(path) && (one.text?.test(text) ?? true),
  );

describe("the words of the source, the documents and the tests", () => {
  it("are those of the glossary: no word of the list in support/words.ts", () => {
    expect(checked.length).toBeGreaterThan(400);
    const found = findings.filter((finding) => excuses(finding).length === 0);
    expect(found.map(({ path, line, word, use }) => `${path}:${line}: "${word}"; write: ${use}`)).toEqual([]);
  });

  it("need every exception that is listed", () => {
    const used = new Set(findings.flatMap(excuses));
    expect(EXCEPTIONS.filter((one) => !used.has(one)).map(({ words, why }) => `${words}: ${why}`)).toEqual([]);
  });

  it("are found in identifiers and in sentences", () => {
    const found = (text: string) => findingsIn("src/x.ts", text).map(({ line, word }) => [line, word]);
    expect(found("const a = 1;\nkeepPlace(a); // in place of it\n")).toEqual([
      [2, "place"],
      [2, "keepPlace"],
    ]);
    expect(found("// Nobody is told.\nconst OWED_MS = 1;")).toEqual([
      [2, "owed"],
      [1, "told"],
      [1, "nobody"],
    ]);
  });
});
