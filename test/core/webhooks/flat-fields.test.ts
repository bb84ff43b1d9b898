import { describe, expect, it } from "vitest";
import * as z from "zod";
import { GENERATOR_VARIABLES, MAX_VIDEO_SOURCES, METADATA_KEYS } from "../../../src/core/limits.ts";
import { coerceBody } from "../../../src/core/requests/body-values.ts";
import { fieldsOfForm, unflatten } from "../../../src/core/webhooks/flat-body.ts";
import { newGeneratorVideo, newVideo } from "../../../src/core/wire/video.ts";

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
const schema = z.strictObject({ ...newVideo.shape, ...newGeneratorVideo.shape });
/** A body as the validators of the two routes see it. */
const read = (body: unknown): unknown => coerceBody(schema, unflatten(body, json).body, json).body;

describe("a flat body", () => {
  it("is converted to the nested one", () => {
    expect(
      read({
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

  it("may be partly nested", () => {
    expect(read({ metadata: { a: "1" }, metadata_b: "2", assets: ["ast_1"], asset_ids: "ast_2" })).toEqual({
      metadata: { a: "1", b: "2" },
      assets: ["ast_1", "ast_2"],
    });
    expect(read({ metadata_b: "2", metadata: { a: "1" } })).toEqual({ metadata: { a: "1", b: "2" } });
  });

  it("omits null, as text and inside a group, and reads booleans in every spelling", () => {
    expect(
      read({
        prompt: "hi",
        project: null,
        var_a: null,
        variables: { b: null, c: 1 },
        metadata: null,
        dry_run: "TRUE",
      }),
    ).toEqual({ prompt: "hi", variables: { c: 1 }, dry_run: true });
    expect(read({ dry_run: "Yes", dedupe: " no " })).toEqual({ dry_run: true, dedupe: false });
    expect(Object.entries(read(JSON.parse('{"__proto__": {"prompt": "x"}}')) as object)).toEqual([
      ["__proto__", { prompt: "x" }],
    ]);
  });

  it("omits what such tools send as empty, but not the prompt", () => {
    expect(read({ prompt: "", language: "", callback_url: "", asset_urls: "", var_x: "" })).toEqual({
      prompt: "",
    });
  });

  it.each([[null], [7], ["text"], [[1]], [{ prompt: "hi", assets: ["ast_1"] }], [{ dry_run: "maybe", assets: 7 }]])(
    "is unchanged if there is nothing to convert: %j",
    (body) => {
      expect(read(body)).toEqual(body);
    },
  );
});

describe("the fields of a form", () => {
  it("are a flat body; only a list may have several fields of one name", () => {
    const pairs = [
      ["prompt", "hi"],
      ["asset_ids", "ast_1"],
      ["asset_ids", "ast_2"],
    ] as const;
    expect(fieldsOfForm(pairs)).toEqual({ ok: true, value: { prompt: "hi", asset_ids: "ast_1\nast_2" } });
    expect(fieldsOfForm([...pairs, ["prompt", "ho"]])).toMatchObject({ ok: false, error: { field: "/prompt" } });
  });
});

describe("a field name in an error", () => {
  it("is the name that was sent", () => {
    const { sentAt } = unflatten(
      { prompt: "hi", asset_urls: "x\ny", asset_ids: ["", "z"], var_a: 1, "metadata_b/c": 2, metadata: { d: [] } },
      json,
    );
    const fields = ["/assets/0", "/assets/1", "/assets/2", "/variables/a", "/variables/missing", "/metadata/b~1c"];
    expect([...fields, "/metadata/d", "/prompt"].map(sentAt)).toEqual([
      "/asset_urls/0",
      "/asset_urls/1",
      "/asset_ids/1",
      "/var_a",
      "/var_missing",
      "/metadata_b~1c",
      "/metadata/d",
      "/prompt",
    ]);
    expect(unflatten({ variables: { a: 1 } }, json).sentAt("/variables/b")).toBe("/variables/b");
    expect(unflatten({ variables: { a: 1 }, var_c: 1 }, json).sentAt("/variables/a")).toBe("/variables/a");
    expect(unflatten({}, json, true).sentAt("/variables/b")).toBe("/var_b");
  });
});

it("contains of a group or list no more than one member beyond its limit", () => {
  const fields = (prefix: string) => Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${prefix}${n}`, "x"]));
  const { body } = unflatten(
    { ...fields("var_"), ...fields("metadata_"), asset_urls: Array.from({ length: 500 }, () => "ast_1") },
    json,
  );
  const { variables, metadata, assets } = body as { variables: object; metadata: object; assets: unknown[] };
  expect(Object.keys(variables)).toHaveLength(GENERATOR_VARIABLES + 1);
  expect(Object.keys(metadata)).toHaveLength(METADATA_KEYS + 1);
  expect(assets).toHaveLength(MAX_VIDEO_SOURCES + 1);
});
