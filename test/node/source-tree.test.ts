/** The parser of imports that the architecture test relies on. */
import { describe, expect, it } from "vitest";
import { findCycle, moduleOf, packageOf, readFiles, type SourceFile, withoutComments } from "./support/source-tree.ts";

const file = (path: string, to: string, typeOnly = false): SourceFile => ({
  path,
  text: "",
  imports: [{ specifier: to, file: to, typeOnly, isExport: false }],
});

describe("the parser of imports", () => {
  it("finds the imports of this file, including types and imports over several lines", () => {
    const [found] = readFiles("test/node/source-tree.test.ts");
    expect(found?.imports.map(({ specifier }) => specifier)).toEqual(["vitest", "./support/source-tree.ts"]);
  });

  it("resolves a relative path, and separates types from values", () => {
    const [env] = readFiles("src/env.ts");
    expect(env?.imports).toContainEqual({
      specifier: "./core/crypto.ts",
      file: "src/core/crypto.ts",
      typeOnly: true,
      isExport: false,
    });
  });

  it("finds as many imports as a line scan", () => {
    for (const { path, text, imports } of readFiles("src/**/*.ts")) {
      const seen = text
        .split("\n")
        .filter((line) => /\b(from |import\()"[^"]+"\)?;$/.test(line) || /^import "/.test(line)).length;
      expect(`${path}: ${imports.length}`).toBe(`${path}: ${seen}`);
    }
  });

  it("finds a cycle, and ignores imports of types", () => {
    expect(findCycle([file("a", "b"), file("b", "c"), file("c", "b")])).toEqual(["b", "c", "b"]);
    expect(findCycle([file("a", "b"), file("b", "a", true)])).toBeNull();
  });

  it("finds the module of a file and the package of a specifier", () => {
    expect([moduleOf("src/core/wire/turn.ts"), moduleOf("src/env.ts")]).toEqual(["core", "env"]);
    expect(["hono/cors", "@hono/zod-openapi/x", "cloudflare:workers"].map(packageOf)).toEqual([
      "hono",
      "@hono/zod-openapi",
      "cloudflare:workers",
    ]);
  });

  it("removes comments, and keeps addresses in strings", () => {
    const text = 'const at = "https://x.example"; // fetch(at)\n/** Date.now */\nuse(at);';
    expect(withoutComments(text)).toBe('const at = "https://x.example"; \n\nuse(at);');
  });
});
