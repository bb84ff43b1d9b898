/** Statements of the documents that can be checked: the tests that they name exist, and the rate limits that they name are configured. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RATE_LIMIT_TIERS } from "../../src/core/limits.ts";

const read = (path: string): string => readFileSync(path, "utf8");

describe("a document", () => {
  it.each(["SECURITY.md", "PROTOCOL.md", "ARCHITECTURE.md", "STORAGE.md"])("%s names tests that exist", (document) => {
    const named = [...read(document).matchAll(/`((?:test|src|bench)\/[\w/.-]+\.\w+)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("ARCHITECTURE.md names functions that are in their files", () => {
    const steps =
      /^## Four paths through the code$([\s\S]*?)^## /m.exec(read("ARCHITECTURE.md"))?.[1]?.split("\n") ?? [];
    const named = steps.flatMap((step) => {
      const marked = [...step.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
      const files = marked.filter((text) => text.startsWith("src/"));
      const names = marked.filter((text) => /^#?\w+$/.test(text));
      return /^\d+\. /.test(step) ? names.map((name) => ({ name, text: files.map(read).join("\n") })) : [];
    });
    expect(named.length).toBeGreaterThan(80);
    expect(
      named.filter(({ name, text }) => !new RegExp(`(?<![\\w#])${name}\\b`).test(text)).map(({ name }) => name),
    ).toEqual([]);
  });

  it.each(globSync("{*,bench/*,docs/*}.md"))(
    "%s has no comment after a command, which an interactive zsh would pass as arguments",
    (document) => {
      const commands = read(document)
        .split("\n")
        .filter((line) => /^(?: {4}|\s*)(?:npm|npx|curl|node|git|sh) /.test(line));
      expect(commands.filter((line) => /\s# /.test(line))).toEqual([]);
    },
  );

  it("README.md begins with two commands that do everything", () => {
    const block = read("README.md").match(/(?:^ {4}.*\n)+/m)?.[0] ?? "";
    expect(block.trim().split(/\n\s*/)).toEqual(["npm run demo", "npm test"]);
  });

  it("package.json installs before every script of ours, and works in any shell", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const parts = Object.values(scripts).flatMap((script) => script.split(" && "));
    const known =
      /^(?:node scripts\/install\.mjs (?:scripts|bench)\/[\w-]+\.ts(?: --\w+)*|tsc [\w /-]+|biome check|sh scripts\/[\w-]+\.sh)$/;
    expect(parts.filter((part) => !known.test(part))).toEqual([]);
    const named = parts.flatMap((part) => /(?:scripts|bench)\/[\w-]+\.(?:ts|sh)/.exec(part) ?? []);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("STORAGE.md lists every table of D1 and of the objects", () => {
    const sources = globSync("{migrations/*.sql,src/durable/**/*.ts}").map(read);
    const tables = sources.flatMap((text) => [...text.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+)/g)]);
    const names = [...new Set(tables.map(([, name = ""]) => name))];
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !read("STORAGE.md").includes(`\`${name}\``))).toEqual([]);
  });

  it("SECURITY.md has a test, or says that there is none, for every limit", () => {
    const rows =
      read("SECURITY.md")
        .split("## Limits")[1]
        ?.split("\n")
        .filter((line) => /^\| (?!what|---)/.test(line)) ?? [];
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !/\| (`test\/|no test: )[^|]*\|$/.test(row))).toEqual([]);
  });
});

describe("test/faults.md", () => {
  /** Each citation as `file › title`. Rows of numbers or parameters in parentheses after a title are not part of it. */
  const cited = read("test/faults.md")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => {
      let file = "";
      return [...line.matchAll(/(test\/[\w/.-]+\.test\.ts)|› (.+?)(?= ›|; (?=›|test\/|scripts\/|npm )| \|$)/g)].flatMap(
        ([, path, title]) => {
          file = path ?? file;
          return title === undefined ? [] : [{ file, title: title.replace(/ \([^()]*\)$/, "") }];
        },
      );
    });

  it("cites files and titles that exist", () => {
    expect(cited.length).toBeGreaterThan(100);
    const missing = cited.filter(({ file, title }) => {
      const text = existsSync(file) ? read(file).replaceAll('\\"', '"') : "";
      return !title.split("…").every((part) => part !== "" && text.includes(part.trim()));
    });
    expect(missing).toEqual([]);
  });
});

describe("the rate limit", () => {
  it("is configured as documented, and counts by the minute", () => {
    const toml = read("wrangler.toml");
    const limits = toml.matchAll(
      /name = "RATE_LIMIT_(\w+)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = 60 \}/g,
    );
    expect(Object.fromEntries([...limits].map(([, name = "", limit]) => [name.toLowerCase(), Number(limit)]))).toEqual(
      RATE_LIMIT_TIERS,
    );
  });
});
