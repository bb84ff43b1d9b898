import { describe, expect, it } from "vitest";
import { cutPage, idBefore, rowsFor } from "../../src/core/page.ts";

const rows = ["c", "b", "a"].map((id) => ({ id }));
const cut = (limit: number, some = rows) =>
  cutPage(
    some,
    { limit },
    ({ id }) => id,
    ({ id }) => id.toUpperCase(),
  );

describe("a page of a list", () => {
  it("is read with one row more, which shows that there are others", () => {
    expect(rowsFor({ limit: 2 })).toBe(3);
    expect(cut(2)).toEqual({ data: ["C", "B"], has_more: true, next_cursor: "b" });
  });

  it("is the last one without that row", () => {
    expect(cut(3)).toEqual({ data: ["C", "B", "A"], has_more: false, next_cursor: null });
    expect(cut(3, [])).toEqual({ data: [], has_more: false, next_cursor: null });
  });

  it("starts above every id, and then below its cursor", () => {
    expect(idBefore({ limit: 2, after: null }) > "vid_zzzz").toBe(true);
    expect(idBefore({ limit: 2, after: "b" })).toBe("b");
  });
});
