import { describe, expect, it } from "vitest";
import { json, SESSION, TOKEN, upstream, value } from "./support/upstream.ts";

describe("upstream's state", () => {
  const DRAFT =
    '{ "id":5500000000000000123,"10":1,"2":1.0,"far":1e21,"mark":"\\ud83c\\udfac","t":[{"tt":0,"sg":[{"d":1}],"sg":[{"d":2000,"m":{"title":"a"}}]}] }';
  const state = (draft: string, rest = '"video_infos":[],"generated_media":[]'): Response =>
    json(
      `{"code":0,"data":{"session_id":${SESSION},"task_id":"t","state":{"draft": ${draft} ,${rest},"canvas_config":{}}}}`,
    );
  const read = (answer: Response) => value(answer, (nemo) => nemo.readState(TOKEN, SESSION));

  it("returns the draft byte for byte, and submits it unchanged", async () => {
    const { draftText, timeline } = await read(state(DRAFT));
    expect(draftText).toBe(DRAFT);
    expect(timeline.tracks[0]?.segments).toMatchObject([{ label: "a", durationMs: 2000 }]);
    const { nemo, asked } = upstream([json({ success: true })]);
    await nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: draftText ?? "" });
    expect(asked[0]?.body).toContain(`"draft":${DRAFT},"output"`);
  });

  it("recognises an empty draft in every form, and a state without one", async () => {
    for (const empty of ["null", "{}", "{ }", "[]", '""']) expect((await read(state(empty))).draftText).toBeNull();
    const bare = await read(json({ code: 0, data: { state: {} } }));
    expect(bare).toMatchObject({
      draftText: null,
      mediaCount: 0,
      videoInfos: [],
      generatedCount: 0,
      timeline: { tracks: [] },
    });
    expect((await read(state('{"t":[]}'))).draftText).toBe('{"t":[]}');
  });

  it("contains the draft in a response without an envelope too", async () => {
    expect((await read(json(`{"state":{"draft":${DRAFT}}}`))).draftText).toBe(DRAFT);
    expect((await read(json(`{"draft":${DRAFT}}`))).draftText).toBe(DRAFT);
  });

  it("has media lists of unknown shape", async () => {
    const lists =
      '"video_infos":[{"filename":"a.mp4","size":10,"cdn_url":"https://c/a.mp4"},{"url":"https://c/x/b.mp4?t=1"},null],"generated_media":{"a":1,"b":2}';
    expect(await read(state("null", lists))).toMatchObject({
      mediaCount: 3,
      videoInfos: [
        { name: "a.mp4", sizeBytes: 10, url: "https://c/a.mp4" },
        { name: "b.mp4", url: "https://c/x/b.mp4?t=1" },
        { name: "" },
      ],
      generatedCount: 2,
    });
  });

  it("has the same fingerprint for equal states in any spelling, and another for different ones", async () => {
    const print = async (draft: string, rest?: string): Promise<string> => (await read(state(draft, rest))).fingerprint;
    const first = await print('{"a":1,"b":[2,"x"]}');
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await print('{ "b":[2, "\\u0078"], "a":1 }')).toBe(first);
    const others = await Promise.all([
      print('{"a":1,"b":[2,"y"]}'),
      print('{"a":2,"b":[2,"x"]}'),
      print('{"a":1,"b":[2,"x"]}', '"video_infos":[{}]'),
      print('{"a":1,"b":[2,"x"]}', '"generated_media":[{}]'),
    ]);
    expect(new Set([first, ...others]).size).toBe(5);
  });

  it("is rejected if its bytes are not text, because its draft could not be returned unchanged", async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('{"data":{"state":{"draft":{"a":"'),
      0xff,
      ...new TextEncoder().encode('"}}}}'),
    ]);
    expect(await upstream([new Response(bytes)]).nemo.readState(TOKEN, SESSION)).toMatchObject({
      error: { reason: "malformed" },
    });
  });
});
