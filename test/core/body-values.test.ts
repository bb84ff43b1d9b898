/** What tools without types send, as the schemas of our own routes read it. */
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { coerceBody, sentenceLists } from "../../src/core/requests/body-values.ts";
import { newBatch } from "../../src/core/wire/batch.ts";
import { generatorPatch, newGenerator } from "../../src/core/wire/generator.ts";
import { newTenant, tenantChange } from "../../src/core/wire/tenant.ts";
import { newTurn } from "../../src/core/wire/turn.ts";
import { newUpload } from "../../src/core/wire/upload.ts";
import { newVideo } from "../../src/core/wire/video.ts";
import { newEndpoint } from "../../src/core/wire/webhook.ts";

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
const read = (schema: z.ZodType, body: unknown): unknown => coerceBody(schema, body, json).body;

describe("null and empty text", () => {
  it("are not sent", () => {
    const blank = { callback_url: null, language: "", act: " ", route: null, metadata: null, on_session_loss: "" };
    expect(read(newTurn, { prompt: "hi", ...blank })).toEqual({ prompt: "hi" });
    expect(read(newUpload, { filename: "a.png", size_bytes: 7, metadata: "" })).toEqual({
      filename: "a.png",
      size_bytes: 7,
    });
  });

  it("are omitted for unknown fields too", () => {
    expect(read(newTurn, { prompt: "hi", old: null, older: "" })).toEqual({ prompt: "hi" });
    expect(read(newTurn, { prompt: "hi", other: 0 })).toEqual({ prompt: "hi", other: 0 });
  });

  it("are kept if the field accepts them: null clears, and so does empty text of a field that may be empty", () => {
    const change = { description: "", greeting: null, language: null, expected_seconds: null, name: "", output: null };
    expect(read(generatorPatch, change)).toEqual({
      description: "",
      greeting: null,
      language: null,
      expected_seconds: null,
    });
    expect(read(generatorPatch, { language: "" })).toEqual({});
    expect(read(tenantChange, { name: "a", render_file_seconds: null, tier: "" })).toEqual({
      name: "a",
      render_file_seconds: null,
    });
  });

  it("of a required field are reported: text as empty, anything else as missing", () => {
    expect(read(newTurn, { prompt: "" })).toEqual({ prompt: "" });
    expect(read(newTurn, { prompt: null })).toEqual({});
    expect(read(newUpload, { filename: "a.png", size_bytes: "" })).toEqual({ filename: "a.png" });
  });
});

describe("numbers and truth values", () => {
  it.each([
    ["70", 70],
    [" 7 ", 7],
    ["-1", -1],
    ["7.5", 7.5],
    ["1e3", 1000],
  ])("may be sent as text: %j", (text, size_bytes) => {
    expect(read(newUpload, { filename: "a", size_bytes: text })).toEqual({ filename: "a", size_bytes });
  });

  it.each([["0x10"], ["7 MB"], ["1,000"], ["Infinity"], ["NaN"], ["9007199254740993"], ["1e999"]])(
    "are not guessed: %j",
    (size_bytes) => {
      const body = { filename: "a", size_bytes };
      expect(read(newUpload, body)).toBe(body);
    },
  );

  it.each([
    ["true", true],
    ["False", false],
    ["YES", true],
    [" no ", false],
    ["on", true],
    ["0", false],
    [1, true],
    ["maybe", "maybe"],
    [2, 2],
  ])("of %j is %j", (sent, dry_run) => {
    expect(read(newVideo, { prompt: "hi", dry_run: sent })).toEqual({ prompt: "hi", dry_run });
  });

  it("become text in labels, but only as far as JSON preserves their digits", () => {
    expect(
      read(newTurn, { prompt: "hi", metadata: { order: 7, gift: true, part: 1.5, none: null, empty: "" } }),
    ).toEqual({
      prompt: "hi",
      metadata: { order: "7", gift: "true", part: "1.5", empty: "" },
    });
    const long = { prompt: "hi", metadata: { order: 2 ** 60 } };
    expect(read(newTurn, long)).toBe(long);
    const nested = { prompt: "hi", metadata: { order: { a: 1 } } };
    expect(read(newTurn, nested)).toBe(nested);
  });

  it("are unchanged if text is expected", () => {
    const body = { prompt: 5 };
    expect(read(newTurn, body)).toBe(body);
  });
});

describe("lists", () => {
  const urls = ["https://example.org/1.mp4", "https://example.org/2,3.mp4"];
  it.each([
    ["JSON text", JSON.stringify(urls)],
    ["lines", `${urls.join("\r\n")}\n`],
    ["commas", urls.join(",")],
    ["commas and blanks", urls.join(", ")],
    ["blanks", urls.join(" ")],
    ["semicolons", urls.join(";")],
    ["empty members", ["", urls[0], null, " ", urls[1]]],
    ["JSON text with empty members", JSON.stringify([null, urls[0], "", urls[1]])],
    ["attachments", urls.map((url) => ({ url, filename: "1.mp4" }))],
  ])("of addresses may be sent as %s", (_, assets) => {
    expect(read(newVideo, { prompt: "hi", assets })).toEqual({ prompt: "hi", assets: urls });
  });

  it.each([["[]"], [[""]], [[null]], [[]]])("may be empty: %j", (assets) => {
    expect(read(newVideo, { prompt: "hi", assets })).toEqual({ prompt: "hi", assets: [] });
  });

  it("of words are split at commas, of sentences only at line breaks", () => {
    expect(read(newEndpoint, { url: "https://a.org", types: "turn.completed, render.completed" })).toEqual({
      url: "https://a.org",
      types: ["turn.completed", "render.completed"],
    });
    expect(read(newGenerator, { name: "a", prompt: "b", tips: "Short, clear words\nOne thing at a time" })).toEqual({
      name: "a",
      prompt: "b",
      tips: ["Short, clear words", "One thing at a time"],
    });
    expect(sentenceLists.has(newGenerator.shape.tips.unwrap())).toBe(true);
  });

  it("report the index of an invalid member", () => {
    const { sentAt } = coerceBody(newVideo, { prompt: "hi", assets: ["", "ast_1", null, "x"] }, json);
    expect(["/assets/0", "/assets/1", "/prompt", "/"].map(sentAt)).toEqual(["/assets/1", "/assets/3", "/prompt", "/"]);
    const batch = coerceBody(newBatch, { items: [null, { prompt: "a", assets: ["", "x"] }] }, json);
    expect(batch.sentAt("/items/0/assets/0")).toBe("/items/1/assets/1");
    expect(batch.sentAt("/items/0/prompt")).toBe("/items/1/prompt");
  });
});

describe("objects", () => {
  it("are read to one member beyond their limit", () => {
    const sent = Array.from({ length: 10_000 }, (_, index) => `https://a.org/${index}`);
    for (const assets of [sent, sent.join("\n"), JSON.stringify(sent)]) {
      const body = read(newVideo, { prompt: "hi", assets });
      expect(body).toMatchObject({ assets: sent.slice(0, 21) });
      expect(newVideo.safeParse(body).error?.issues).toMatchObject([{ code: "too_big", path: ["assets"] }]);
    }
    const blanks = [...Array.from({ length: 100 }, () => ""), ...sent.slice(0, 20)];
    expect(read(newVideo, { assets: blanks })).toMatchObject({ assets: sent.slice(0, 20) });
  });

  it("may be JSON text", () => {
    expect(read(newTurn, { prompt: "hi", metadata: '{"order": 7}' })).toEqual({
      prompt: "hi",
      metadata: { order: "7" },
    });
    const items = JSON.stringify([{ prompt: "a", assets: "", metadata: { n: 1 } }]);
    expect(read(newBatch, { items, concurrency: "2", output: "" })).toEqual({
      items: [{ prompt: "a", metadata: { n: "1" } }],
      concurrency: 2,
    });
    const quotas = { live: { renders_per_day: "5", bytes_per_day: null } };
    expect(read(newTenant, { name: "a", quotas: JSON.stringify(quotas) })).toEqual({
      name: "a",
      quotas: { live: { renders_per_day: 5, bytes_per_day: null } },
    });
  });

  it.each([["{"], ["order=7"], [7], [true], [[]]])("are unchanged if they are not objects: %j", (metadata) => {
    const body = { prompt: "hi", metadata };
    expect(read(newTurn, body)).toBe(body);
  });

  it("with a label called __proto__ are rejected, because it would be dropped silently", () => {
    const { faults } = coerceBody(newTurn, JSON.parse('{"prompt":"hi","metadata":{"__proto__":"x","a":"b"}}'), json);
    expect(faults).toEqual([{ field: "/metadata/__proto__", message: expect.stringContaining("name") }]);
  });
});

it.each([[null], [7], ["text"], [[1]], [{ prompt: "hi", metadata: { a: "b" }, language: "en" }]])(
  "a body without anything to convert is returned unchanged: %j",
  (body) => {
    expect(read(newTurn, body)).toBe(body);
  },
);
