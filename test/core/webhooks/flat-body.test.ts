import { describe, expect, it } from "vitest";
import { hookBody } from "../../../src/core/webhooks/flat-body.ts";
import { sampleEvent } from "../../../src/core/webhooks/samples.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../../src/core/wire/event.ts";

const keysOf = (body: Record<string, unknown>): string[] =>
  Object.keys(body).filter((key) => !key.startsWith("metadata_"));
const sampleOf = (type: EventType) => hookBody(sampleEvent(type, "live"));
const emptied = (event: EventWire): EventWire => ({ ...event, data: {} });

describe("a hook's body", () => {
  it.each(EVENT_TYPES)("%s is flat and begins with the common keys of all events", (type) => {
    const body = sampleOf(type);
    for (const value of Object.values(body)) expect(value === null || typeof value !== "object").toBe(true);
    expect(keysOf(body).slice(0, 6)).toEqual(["id", "type", "occurred_at", "mode", "sequence", "stale"]);
    expect(body).toMatchObject({
      type,
      occurred_at: "2026-11-21T10:02:30.000Z",
      mode: "live",
      sequence: 1,
      stale: false,
    });
  });

  it.each(EVENT_TYPES)("%s has the same keys whatever its data holds", (type) => {
    expect(keysOf(hookBody(emptied(sampleEvent(type, "live"))))).toEqual(keysOf(sampleOf(type)));
  });

  it("has the same keys for every end of one resource", () => {
    expect(keysOf(sampleOf("render.failed"))).toEqual(keysOf(sampleOf("render.completed")));
    expect(keysOf(sampleOf("video.needs_input"))).toEqual(keysOf(sampleOf("video.completed")));
  });

  it("describes a video by the field names of its route", () => {
    const body = sampleOf("video.completed");
    expect(body).toMatchObject({ status: "completed", download_url: "https://gateway.example/f/sample" });
    expect(body.video_id).toMatch(/^vid_/);
    expect(body.prompt).toContain("promotional clip");
    expect(body.download_url_expires_at).toBe("2026-11-28T10:00:00.000Z");
  });

  it("joins lists, flattens objects and labels", () => {
    const event = sampleEvent("render.completed", "live");
    const warnings = [
      { code: "duration_differs", detail: "a" },
      { code: "dimensions_differ", detail: "b" },
    ];
    const body = hookBody({ ...event, data: { ...event.data, warnings, metadata: { a: "1", "b c": "2" } } });
    expect(body).toMatchObject({
      warnings: "duration_differs, dimensions_differ",
      width: 1920,
      metadata_a: "1",
      "metadata_b c": "2",
      download_url: "https://gateway.example/f/sample",
    });
    expect(sampleOf("endpoint.disabled").types).toBe("*");
  });

  it("marks an event that is sent after a later one", () => {
    expect(hookBody({ ...sampleEvent("turn.failed", "test"), stale: true })).toMatchObject({
      stale: true,
      mode: "test",
    });
  });

  it("is null for a value that is an object or missing", () => {
    expect(sampleOf("turn.completed")).toMatchObject({ error_code: null, credits_amount: 12, timeline_changed: true });
    expect(sampleOf("turn.failed")).toMatchObject({ error_code: "nemo_unavailable", text: null });
  });
});

describe("a finished file in a hook's body", () => {
  const FILE = ["download_url", "download_url_expires_at", "size_bytes", "duration_ms", "width", "height"];

  it.each(["render.completed", "video.completed", "asset.ready"] as const)("%s: its link and its fields", (type) => {
    const { data } = sampleEvent(type, "live");
    const body = sampleOf(type);
    for (const name of FILE) expect([name, body[name]]).toEqual([name, data[name]]);
    expect(FILE.filter((name) => body[name] == null)).toEqual([]);
    expect(body).not.toHaveProperty("content_url");
  });

  it.each(["render.failed", "video.failed", "video.cancelled", "video.needs_input", "asset.rejected"] as const)(
    "%s: no link",
    (type) => {
      expect(sampleOf(type)).toMatchObject({ download_url: null, download_url_expires_at: null });
    },
  );
});
