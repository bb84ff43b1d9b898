import { describe, expect, it } from "vitest";
import { json, SESSION, TOKEN, upstream, value } from "./support/upstream.ts";

describe("renders", () => {
  const poll = (body: unknown) => value(json(body), (nemo) => nemo.readRender(TOKEN, "r"));

  it("are accepted by any 2xx without an error field", async () => {
    for (const body of [
      { success: true, data: { status: "pending" } },
      { code: 0, data: { id: "r" } },
      {},
      "",
      "OK",
      { taskId: "r", status: "pending", error: null },
    ]) {
      expect(
        await value(json(body, 201), (nemo) =>
          nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: "{}" }),
        ),
      ).toBeNull();
    }
  });

  it("are rejected for a draft that is not JSON before anything is sent", async () => {
    const { nemo, asked } = upstream([]);
    expect(await nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: '{},"x":1' })).toMatchObject({
      error: { reason: "rejected" },
    });
    expect(asked).toEqual([]);
  });

  it("are read in the flat and the wrapped form", async () => {
    const url = "https://cdn.nemo.org/o.mp4";
    expect(
      await poll({ taskId: "r", status: "completed", progress: 100, output: { url, duration: 30.5, size: 15700000 } }),
    ).toEqual({ status: "completed", progress: 100, url, message: null, durationSeconds: 30.5, sizeBytes: 15700000 });
    const wrapped = {
      id: "r",
      status: "COMPLETED",
      progress: 100,
      outputUrl: url,
      createdAt: 1795000000000,
      completedAt: 1795000027600,
    };
    for (const body of [{ success: true, data: wrapped }, { code: 0, data: wrapped }, wrapped])
      expect(await poll(body)).toMatchObject({ status: "completed", url });
  });

  it("have every status in any case, and an unknown one means still running", async () => {
    const seen = await Promise.all(
      ["pending", "Processing", "FAILED", "canceled", "cancelled", "warming", "constructor"].map((status) =>
        poll({ status }),
      ),
    );
    expect(seen.map(({ status }) => status)).toEqual([
      "pending",
      "processing",
      "failed",
      "cancelled",
      "cancelled",
      "processing",
      "processing",
    ]);
  });

  it("distinguish a failed job from a failed call, in every envelope", async () => {
    for (const body of [
      { status: "failed", error: "no codec" },
      { success: false, data: { status: "failed", error: "no codec" } },
      { success: false, error: "no codec", data: { status: "failed" } },
      { status: "failed", error: { message: "no codec" } },
    ]) {
      expect(await poll(body)).toMatchObject({ status: "failed", message: "no codec", url: null });
    }
  });

  it("have progress within 0 to 100, and an address only if it is valid", async () => {
    expect(await poll({ status: "processing", progress: 250 })).toMatchObject({ progress: 100 });
    expect(await poll({ status: "processing", progress: "37.5" })).toMatchObject({ progress: 37.5 });
    expect(await poll({ status: "completed", output: { url: "file:///etc/passwd" } })).toMatchObject({
      progress: null,
      url: null,
    });
  });
});

describe("finished files", () => {
  const file = (): Response => new Response("MP4", { headers: { "content-type": "text/plain" } });

  it("are downloaded without the token, and only over https", async () => {
    const { nemo, asked } = upstream([file()]);
    const answer = await nemo.fetchResult("https://cdn.nemo.org/o.mp4?sig=1");
    expect(answer.ok && (await answer.value.text())).toBe("MP4");
    expect(asked[0]).toMatchObject({ method: "GET", path: "/o.mp4?sig=1" });
    expect([asked[0]?.headers.get("authorization"), asked[0]?.headers.get("x-skill-source")]).toEqual([null, null]);
    for (const url of ["http://cdn.nemo.org/o.mp4", "file:///o.mp4", "o.mp4", ""])
      expect(await nemo.fetchResult(url)).toMatchObject({ error: { reason: "rejected" } });
    expect(asked).toHaveLength(1);
  });

  it("follow five redirects, and none to an address that is rejected", async () => {
    const to = (location: string): Response => new Response(null, { status: 302, headers: { location } });
    const followed = upstream([to("https://a.org/1"), to("/2"), to("/3"), to("/4"), to("/5"), file()]);
    expect((await followed.nemo.fetchResult("https://cdn.nemo.org/o.mp4")).ok).toBe(true);
    expect(followed.asked.map(({ redirect }) => redirect)).toEqual(Array(6).fill("manual"));
    const tooFar = upstream([to("/1"), to("/2"), to("/3"), to("/4"), to("/5"), to("/6"), file()]);
    for (const { nemo, asked } of [
      tooFar,
      upstream([to("https://10.0.0.1/"), file()]),
      upstream([to("http://cdn.nemo.org/o.mp4"), file()]),
    ]) {
      const answer = await nemo.fetchResult("https://cdn.nemo.org/o.mp4");
      expect(answer).toMatchObject({ error: { at: "result", reason: "rejected" } });
      expect(asked).toHaveLength(asked === tooFar.asked ? 6 : 1);
    }
  });

  it("may be on upstream's own host, wherever the operator configured it", async () => {
    const { nemo, asked } = upstream([
      file(),
      new Response(null, { status: 307, headers: { location: "/o.mp4" } }),
      file(),
    ]);
    for (const path of ["/o.mp4", "/redirected"])
      expect((await nemo.fetchResult(`https://nemo.example${path}`)).ok).toBe(true);
    expect(asked).toHaveLength(3);
  });

  it("have a fallback that is a file, a redirect, or an address in JSON; the token goes to upstream only", async () => {
    const redirect = new Response(null, { status: 302, headers: { location: "https://cdn.nemo.org/o.mp4" } });
    const named = json({ success: true, data: { output: { url: "https://cdn.nemo.org/o.mp4" } } });
    for (const [answers, requests] of [
      [[file()], 1],
      [[redirect, file()], 2],
      [[named, file()], 2],
    ] as const) {
      const { nemo, asked } = upstream(answers);
      const answer = await nemo.downloadRender(TOKEN, "r");
      expect(answer.ok && (await answer.value.text())).toBe("MP4");
      expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual(
        [`Bearer ${TOKEN}`, null].slice(0, requests),
      );
    }
  });
});
