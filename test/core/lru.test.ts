import { describe, expect, it } from "vitest";
import { Lru } from "../../src/core/lru.ts";

describe("an LRU map", () => {
  it("drops the least recently used entry", () => {
    const lru = new Lru<number>(2);
    lru.set("a", 1);
    lru.set("b", 2);
    expect(lru.get("a")).toBe(1);
    lru.set("c", 3);
    expect([...lru.entries()]).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
    expect([lru.get("b"), lru.has("a"), lru.has("b")]).toEqual([undefined, true, false]);
  });

  it("replaces and deletes", () => {
    const lru = new Lru<number>(2);
    lru.set("a", 1);
    lru.set("a", 2);
    lru.set("b", 3);
    lru.delete("a");
    expect([...lru.entries()]).toEqual([["b", 3]]);
    lru.clear();
    expect([...lru.entries()]).toEqual([]);
  });
});
