import { describe, expect, it } from "vitest";
import { unflatten } from "../../src/core/flat-fields.ts";

describe("a flat body", () => {
  it("is read into the nested one", () => {
    expect(
      unflatten({
        prompt: "hi",
        asset_urls: "https://a.org/1.mp4, https://b.org/2,3.png\nhttps://c.org/4.mov\r\n",
        asset_ids: "ast_1,upl_2",
        var_topic: "tea",
        var_seconds: 30,
        metadata_order: 7,
        metadata_gift: true,
        dry_run: "true",
        dedupe: "false",
      }),
    ).toEqual({
      prompt: "hi",
      variables: { topic: "tea", seconds: 30 },
      metadata: { order: "7", gift: "true" },
      dry_run: true,
      dedupe: false,
      assets: ["https://a.org/1.mp4", "https://b.org/2,3.png", "https://c.org/4.mov", "ast_1", "upl_2"],
    });
  });

  it("may be half nested", () => {
    expect(unflatten({ metadata: { a: "1" }, metadata_b: "2", assets: ["ast_1"], asset_ids: "ast_2" })).toEqual({
      metadata: { a: "1", b: "2" },
      assets: ["ast_1", "ast_2"],
    });
    expect(unflatten({ metadata_b: "2", metadata: { a: "1" } })).toEqual({ metadata: { a: "1", b: "2" } });
  });

  it("leaves out what such tools send empty, but not the prompt", () => {
    expect(unflatten({ prompt: "", language: "", callback_url: "", asset_urls: "", var_x: "" })).toEqual({
      prompt: "",
    });
  });

  it.each([[null], [7], ["text"], [[1]], [{ prompt: "hi", assets: ["ast_1"] }], [{ dry_run: "maybe", assets: 7 }]])(
    "is left as it is where there is nothing to read: %j",
    (body) => {
      expect(unflatten(body)).toEqual(body);
    },
  );
});
