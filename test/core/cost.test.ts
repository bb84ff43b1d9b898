import { describe, expect, it } from "vitest";
import { costOf, orderTypeOf } from "../../src/core/usage/usage.ts";

const at = Date.UTC(2026, 10, 1);
const orders = (...credits: number[]) => credits.map((amount, n) => ({ credits: amount, endedAt: at + n }));

describe("what orders cost", () => {
  it("is the median and the range of those that were made, with their number and the oldest end", () => {
    expect(costOf("new", orders(90, 10, 100))).toEqual({
      basis: "measured",
      median: 90,
      min: 10,
      max: 100,
      orders: 3,
      since: "2026-11-01T00:00:00.000Z",
    });
    expect(costOf("new", orders(100, 0.5))).toMatchObject({ median: 50.25, min: 0.5, max: 100, orders: 2 });
    expect(costOf("new", orders(0))).toMatchObject({ basis: "measured", median: 0, min: 0, max: 0, orders: 1 });
  });

  it("is what Nemo publishes while there are none, and nothing for an export", () => {
    const published = { basis: "published", median: null, orders: 0, since: null };
    expect(costOf("new", [])).toEqual({ ...published, min: 50, max: 100 });
    expect(costOf("export", orders(7))).toEqual({ ...published, min: 0, max: 0 });
  });
});

describe("the type of an order", () => {
  const generator = { id: "gen_1", slug: "mine", version: 2 };
  it.each([
    [{ generator: null, project: null, prompt: "a clip" }, "new"],
    [{ generator: null, project: null, prompt: "export" }, "new"],
    [{ generator: null, project: "prj_1", prompt: "make it blue" }, "project"],
    [{ generator: null, project: "prj_1", prompt: "please export" }, "export"],
    [{ generator, project: null, prompt: "a clip" }, "gen_1"],
    [{ generator, project: "prj_1", prompt: "a clip" }, "gen_1"],
  ] as const)("of %j is %s", (order, type) => {
    expect(orderTypeOf(order)).toBe(type);
  });
});
