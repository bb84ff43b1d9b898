/** The architecture test is worth what its reader of imports is worth. */
import { describe, expect, it } from "vitest";
import { findCycle, packageOf, readFiles, roomOf, type SourceFile, withoutComments } from "./support/source-tree.ts";

const file = (path: string, to: string, typeOnly = false): SourceFile => ({
  path,
  text: "",
  imports: [{ specifier: to, file: to, typeOnly, isExport: false }],
});

describe("the reader of imports", () => {
  it("finds the imports of this file, types and several lines included", () => {
    const [found] = readFiles("test/node/source-tree.test.ts");
    expect(found?.imports.map(({ specifier }) => specifier)).toEqual(["vitest", "./support/source-tree.ts"]);
  });

  it("resolves a path from the file that names it, and tells types from values", () => {
    const [env] = readFiles("src/env.ts");
    expect(env?.imports).toContainEqual({
      specifier: "./durable/user.ts",
      file: "src/durable/user/object.ts",
      typeOnly: true,
      isExport: false,
    });
  });

  it("sees every import that a line scan sees", () => {
    for (const { path, text, imports } of readFiles("src/**/*.ts")) {
      const seen = text.split("\n").filter((line) => /\bfrom "[^"]+";$/.test(line) || /^import "/.test(line)).length;
      expect(`${path}: ${imports.length}`).toBe(`${path}: ${seen}`);
    }
  });

  it("finds a cycle, and does not take types for one", () => {
    expect(findCycle([file("a", "b"), file("b", "c"), file("c", "b")])).toEqual(["b", "c", "b"]);
    expect(findCycle([file("a", "b"), file("b", "a", true)])).toBeNull();
  });

  it("names rooms and packages", () => {
    expect([roomOf("src/core/wire/turn.ts"), roomOf("src/env.ts")]).toEqual(["core", "env"]);
    expect(["hono/cors", "@hono/zod-openapi/x", "cloudflare:workers"].map(packageOf)).toEqual([
      "hono",
      "@hono/zod-openapi",
      "cloudflare:workers",
    ]);
  });

  it("leaves comments out, and addresses in strings in", () => {
    const text = 'const at = "https://x.example"; // fetch(at)\n/** Date.now */\nuse(at);';
    expect(withoutComments(text)).toBe('const at = "https://x.example"; \n\nuse(at);');
  });
});
