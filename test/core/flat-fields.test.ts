import { describe, expect, it } from "vitest";
import { fieldsOfForm, unflatten } from "../../src/core/flat-fields.ts";

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

  it("leaves out null, as text and inside a group, and reads a truth value however it is written", () => {
    expect(
      unflatten({
        prompt: "hi",
        project: null,
        var_a: null,
        variables: { b: null, c: 1 },
        metadata: null,
        dry_run: "TRUE",
      }),
    ).toEqual({ prompt: "hi", variables: { c: 1 }, dry_run: true });
    expect(unflatten({ dry_run: "Yes", dedupe: " no " })).toEqual({ dry_run: true, dedupe: false });
    expect(Object.entries(unflatten(JSON.parse('{"__proto__": {"prompt": "x"}}')) as object)).toEqual([
      ["__proto__", { prompt: "x" }],
    ]);
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

describe("the fields of a form", () => {
  it("are a flat body; a list may come in several of one name, nothing else may", () => {
    const pairs = [
      ["prompt", "hi"],
      ["asset_ids", "ast_1"],
      ["asset_ids", "ast_2"],
    ] as const;
    expect(fieldsOfForm(pairs)).toEqual({ ok: true, value: { prompt: "hi", asset_ids: "ast_1\nast_2" } });
    expect(fieldsOfForm([...pairs, ["prompt", "ho"]])).toMatchObject({ ok: false, error: { field: "/prompt" } });
  });
});
