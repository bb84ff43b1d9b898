import { describe, expect, it } from "vitest";
import { newOwnKey } from "../../src/core/wire/key.ts";
import { newProject } from "../../src/core/wire/project.ts";
import { newLink, newRender } from "../../src/core/wire/render.ts";
import { newTurn } from "../../src/core/wire/turn.ts";
import { newUpload } from "../../src/core/wire/upload.ts";
import { newEndpoint } from "../../src/core/wire/webhook.ts";

const wrong = (schema: { safeParse: (value: unknown) => { success: boolean } }, value: unknown): boolean =>
  !schema.safeParse(value).success;
const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));

describe("a body's limits", () => {
  it("apply to prompts: 1 to 20,000 bytes in UTF-8", () => {
    expect(wrong(newTurn, { prompt: " " })).toBe(true);
    expect(wrong(newTurn, { prompt: "a".repeat(20_000) })).toBe(false);
    expect(wrong(newTurn, { prompt: "a".repeat(20_001) })).toBe(true);
    expect(wrong(newTurn, { prompt: "视".repeat(6_667) })).toBe(true);
  });

  it("apply to metadata: 50 keys of 40 characters, values of 500 bytes", () => {
    expect(wrong(newProject, { metadata: labels(50) })).toBe(false);
    expect(wrong(newProject, { metadata: labels(51) })).toBe(true);
    expect(wrong(newProject, { metadata: { ["k".repeat(41)]: "v" } })).toBe(true);
    expect(wrong(newProject, { metadata: { k: "v".repeat(501) } })).toBe(true);
    expect(wrong(newProject, { metadata: { k: 1 } })).toBe(true);
  });

  it("apply to names, languages and sizes", () => {
    expect(wrong(newUpload, { filename: "../a.mp4", size_bytes: 1 })).toBe(true);
    expect(wrong(newUpload, { filename: "a\u0000.mp4", size_bytes: 1 })).toBe(true);
    expect(wrong(newUpload, { filename: "a.mp4", size_bytes: -1 })).toBe(true);
    expect(wrong(newUpload, { filename: "a.mp4", size_bytes: 1.5 })).toBe(true);
    expect(wrong(newProject, { language: "english please" })).toBe(true);
    expect(wrong(newProject, { language: "zh-Hant-TW" })).toBe(false);
    expect(wrong(newLink, { expires_in_seconds: 604_801 })).toBe(true);
  });

  it("reject values that are not text, and unknown ones", () => {
    expect(wrong(newRender, { output: { format: "../mp4" } })).toBe(true); // which words are offered is the object's to say
    expect(wrong(newRender, { output: { fps: "60" } })).toBe(true);
    expect(wrong(newEndpoint, { url: "https://a.example", types: ["render.exploded"] })).toBe(true);
    expect(wrong(newTurn, { prompt: "x", surprise: 1 })).toBe(true);
  });
});

describe("a timestamp of a request", () => {
  it.each([
    ["2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"],
    ["2026-11-21T11:00:00+01:00", "2026-11-21T10:00:00.000Z"],
    ["2026-11-21T10:00:00.123456Z", "2026-11-21T10:00:00.123Z"],
  ])("may be %s", (sent, read) => {
    expect(newOwnKey.parse({ expires_at: sent }).expires_at).toBe(read);
  });

  it.each(["2026-11-21", "10:00", "2026-13-01T00:00:00Z", "tomorrow"])("cannot be %s", (sent) => {
    expect(newOwnKey.safeParse({ expires_at: sent }).success).toBe(false);
  });
});
