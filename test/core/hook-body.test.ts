import { describe, expect, it } from "vitest";
import { hookBody, shareable } from "../../src/core/hook-body.ts";
import { sampleEvent, sampleFile } from "../../src/core/hook-sample.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../src/core/wire/event.ts";

const keysOf = (body: Record<string, unknown>): string[] =>
  Object.keys(body).filter((key) => !key.startsWith("metadata_"));
const sampleOf = (type: EventType) => hookBody(sampleEvent(type, "live"), sampleFile(sampleEvent(type, "live")));
const emptied = (event: EventWire): EventWire => ({ ...event, data: {} });

describe("a hook's body", () => {
  it.each(EVENT_TYPES)("%s is flat and begins with what every event has", (type) => {
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
    expect(keysOf(hookBody(emptied(sampleEvent(type, "live")), null))).toEqual(keysOf(sampleOf(type)));
  });

  it("has the same keys for every end of one resource", () => {
    expect(keysOf(sampleOf("render.failed"))).toEqual(keysOf(sampleOf("render.completed")));
    expect(keysOf(sampleOf("video.needs_input"))).toEqual(keysOf(sampleOf("video.completed")));
  });

  it("tells a video by the names that its own route has", () => {
    const body = sampleOf("video.completed");
    expect(body).toMatchObject({ status: "completed", content_url: "https://gateway.example/f/sample" });
    expect(body.video_id).toMatch(/^vid_/);
    expect(body.prompt).toContain("promotional clip");
    expect(body.content_url_expires_at).toBe("2026-11-28T10:02:30.000Z");
  });

  it("joins lists, reaches into things and flattens labels", () => {
    const event = sampleEvent("render.completed", "live");
    const warnings = [
      { code: "duration_differs", detail: "a" },
      { code: "dimensions_differ", detail: "b" },
    ];
    const body = hookBody({ ...event, data: { ...event.data, warnings, metadata: { a: "1", "b c": "2" } } }, null);
    expect(body).toMatchObject({
      warnings: "duration_differs, dimensions_differ",
      width: 1920,
      metadata_a: "1",
      "metadata_b c": "2",
      content_url: null,
      content_url_expires_at: null,
    });
    expect(sampleOf("endpoint.disabled").types).toBe("*");
  });

  it("says when a later event was already sent", () => {
    expect(hookBody({ ...sampleEvent("turn.failed", "test"), stale: true }, null)).toMatchObject({
      stale: true,
      mode: "test",
    });
  });

  it("has nothing where a value is an object or not there", () => {
    expect(sampleOf("turn.completed")).toMatchObject({ error_code: null, credits_amount: 12, timeline_changed: true });
    expect(sampleOf("turn.failed")).toMatchObject({ error_code: "nemo_unavailable", text: null });
  });
});

describe("the file of an event", () => {
  const event = sampleEvent("render.completed", "live");
  const at = Date.parse(event.timestamp);
  const WEEK = 7 * 24 * 3600 * 1000;

  it("may be opened for seven days, or as long as it is kept", () => {
    expect(shareable(event, at)).toEqual({ id: event.data.id, origin: "https://gateway.example", until: at + WEEK });
    const kept = Date.parse("2026-12-21T10:02:30.000Z");
    expect(shareable(event, kept - 1000)?.until).toBe(kept);
    expect(shareable(event, at + 999)?.until).toBe(at + WEEK);
    expect(shareable(event, kept)).toBeNull();
  });

  it("is the render's for a video, and none where nothing was made", () => {
    const video = sampleEvent("video.completed", "live");
    expect(shareable(video, at)?.id).toBe(video.data.render_id);
    for (const type of ["render.failed", "video.failed", "video.needs_input"] as const)
      expect(shareable(sampleEvent(type, "live"), at)).toBeNull();
    expect(shareable(sampleEvent("upload.completed", "live"), at)).toBeNull();
    expect(shareable({ ...event, data: { ...event.data, content_url: "/v1/x" } }, at)).toBeNull();
  });
});
