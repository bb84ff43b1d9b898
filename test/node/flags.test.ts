/** What scripts take on their command line: flags by name, `--help`, and nothing else. */
import { describe, expect, it } from "vitest";
import { helpOf, type Instead, parseFlags } from "../../scripts/lib/flags.ts";

const usage = {
  command: "npm run thing",
  says: "Does a thing.",
  flags: {
    port: { value: "N", from: 1, to: 65_535, says: "the port" },
    url: { value: "URL", says: "the address" },
    quick: { says: "less of it" },
  },
  words: { name: "name…", says: "what to do", most: 1 },
} as const;
const wordless = { command: "npm run other", says: "Does another thing." } as const;

const instead = (args: readonly string[], of: Parameters<typeof parseFlags>[0] = usage): Instead => {
  const given = parseFlags(of, args);
  if ("flags" in given) throw new Error("it would run");
  return given;
};

describe("a script's flags", () => {
  it("are given with their types, and absent ones as undefined or false", () => {
    expect(parseFlags(usage, ["--port", "8790", "--quick", "one"])).toEqual({
      flags: { port: 8790, url: undefined, quick: true },
      words: ["one"],
    });
    expect(parseFlags(usage, ["--url=http://a"])).toEqual({
      flags: { port: undefined, url: "http://a", quick: false },
      words: [],
    });
    expect(parseFlags(wordless, [])).toEqual({ flags: {}, words: [] });
  });

  it("are listed by --help, each in a line", () => {
    for (const flag of ["--help", "-h"]) expect(instead([flag])).toEqual({ code: 0, print: helpOf(usage) });
    expect(helpOf(usage).split("\n")).toEqual([
      "Does a thing.",
      "",
      "  npm run thing -- [name…] [flags]",
      "",
      "  name…      what to do",
      "  --port N   the port",
      "  --url URL  the address",
      "  --quick    less of it",
      "  --help     prints this",
    ]);
  });

  it.each([
    [["--prot", "1"], "--prot"],
    [["-x"], "-x"],
    [["--port"], "--port"],
    [["--port", "eighty"], 'from 1 to 65535, not "eighty"'],
    [["--port", "0"], 'from 1 to 65535, not "0"'],
    [["--port", "70000"], 'from 1 to 65535, not "70000"'],
    [["--port", "1.5"], 'not "1.5"'],
    [["--quick=yes"], "--quick"],
    [["one", "two"], '"two" is one word too many'],
  ])("reject %j", (args, words) => {
    const { code, print } = instead(args);
    expect(code).toBe(2);
    expect(print).toContain(words);
    expect(print).toContain("npm run thing -- --help");
  });

  it("have a hint when npm took a flag's name", () => {
    expect(instead(["8790"], wordless).print).toContain("npm run other -- --help");
  });
});
