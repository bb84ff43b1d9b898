import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { LiteralFirstRouter } from "../../src/http/router.ts";

describe("the router", () => {
  it("matches every registered route, literal or with parameters, with all its middleware", () => {
    const app = createApp();
    const used = app.routes.filter(({ method }) => method !== "ALL");
    expect(used.length).toBeGreaterThan(100);
    for (const { method, path, handler } of used) {
      const [matched] = app.router.match(method, path.replaceAll(/:[a-z_]+(\{.*?\})?/g, "x"));
      expect(
        matched.some(([[found]]) => found === handler),
        `${method} ${path}`,
      ).toBe(true);
      if (path.startsWith("/v1/")) expect(matched.length, path).toBeGreaterThanOrEqual(6);
    }
  });

  it("gives a literal path to its own routes only", () => {
    const router = new LiteralFirstRouter<string>();
    router.add("ALL", "*", "first");
    router.add("POST", "/uploads/import", "import");
    router.add("ALL", "/uploads/:id", "any");
    router.add("GET", "/uploads/:id", "read");
    const names = (method: string, path: string) => router.match(method, path)[0].map(([name]) => name);
    expect(names("POST", "/uploads/import")).toEqual(["first", "import"]);
    expect(names("GET", "/uploads/import")).toEqual(["first"]);
    expect(names("GET", "/uploads/x")).toEqual(["first", "any", "read"]);
    expect(names("POST", "/uploads/x")).toEqual(["first", "any"]);
  });
});
