/** What a wrong value is called, without a word of the validator's own. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { validationMessage } from "../../src/core/errors.ts";
import { newBatch } from "../../src/core/wire/batch.ts";
import { newGenerator } from "../../src/core/wire/generator.ts";
import { newVideo } from "../../src/core/wire/video.ts";

const said = (schema: z.ZodType, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map((issue) => `${issue.path.join(".")} ${validationMessage(issue)}`);

describe("the text of a validation error", () => {
  it.each([
    [z.object({ a: z.string() }), {}, "a is required"],
    [z.object({ a: z.union([z.string(), z.number()]) }), {}, "a is required"],
    [z.object({ a: z.string() }), { a: 5 }, "a must be a string"],
    [z.object({ a: z.string() }), { a: null }, "a must be a string"],
    [z.object({ a: z.int() }), { a: 1.5 }, "a must be an integer"],
    [z.object({ a: z.coerce.number() }), { a: "x" }, "a must be a number"],
    [z.object({ a: z.boolean() }), { a: "yes" }, "a must be true or false"],
    [z.object({ a: z.array(z.string()) }), { a: "x" }, "a must be an array"],
    [z.object({ a: z.record(z.string(), z.string()) }), { a: [] }, "a must be an object"],
    [z.object({ a: z.enum(["one", "two"]) }), { a: "three" }, "a must be one or two"],
    [z.object({ a: z.literal("high") }), { a: "low" }, "a must be high"],
    [
      z.object({ a: z.union([z.string(), z.number(), z.boolean()]) }),
      { a: {} },
      "a must be a string, a number or true or false",
    ],
    [z.object({ a: z.array(z.string()).max(2) }), { a: ["", "", ""] }, "a must have at most 2 items"],
    [z.object({ a: z.array(z.string()).min(1) }), { a: [] }, "a must not be empty"],
    [z.object({ a: z.string().max(2) }), { a: "xyz" }, "a must have at most 2 characters"],
    [z.object({ a: z.int().min(1).max(8) }), { a: 9 }, "a must be at most 8"],
    [z.object({ a: z.int().min(1).max(8) }), { a: 0 }, "a must be at least 1"],
    [z.object({ a: z.url() }), { a: "example.org" }, "a must be a URL, such as https://example.com/clip.mp4"],
    [z.object({ a: z.string().min(1, "must not be blank") }), { a: "" }, "a must not be blank"],
    [
      newVideo,
      { prompt: "x", assets: ["clip.mp4"] },
      "assets.0 must be the id of an asset or an upload, or an https address",
    ],
    [newVideo, { prompt: "x", assets: [5] }, "assets.0 must be the id of an asset or an upload, or an https address"],
  ])("%#: %s", (schema, value, words) => {
    expect(said(schema, value)).toEqual([words]);
  });

  it("is never the validator's own", () => {
    const odd: readonly unknown[] = [undefined, null, 5, -1, 1.5, true, "", "x", "Ü ü", [], [null], {}, { a: {} }];
    for (const schema of [newVideo, newBatch, newGenerator] as const)
      for (const field of Object.keys(schema.shape))
        for (const value of odd)
          for (const words of said(schema, { [field]: value }))
            expect(words, `${field} ${JSON.stringify(value)}`).not.toMatch(
              /\b(Invalid|Too (big|small)|received|NaN)\b/,
            );
  });
});
