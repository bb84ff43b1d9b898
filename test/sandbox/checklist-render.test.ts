/** Section 13 of the nemo-api reference, Render: one test titled with each line. */
import { describe, expect, test } from "vitest";
import { Caller, type Json } from "./caller.ts";

const DAY_MS = 86_400_000;

/** A caller and a session with a timeline; the prompt's words hold for its renders. */
async function ready(
  prompt = "make a 10 second cat video",
  switches = {},
): Promise<{ caller: Caller; session: string }> {
  const caller = await Caller.signedIn(switches);
  const session = await caller.session();
  await caller.turn(session, prompt);
  return { caller, session };
}

const done = async (caller: Caller, id: string): Promise<Json> => {
  await caller.clock.advance(60_000);
  return (await caller.poll(id)).body;
};

describe("Render", () => {
  test("compares the submitted draft with the stored one (byte-faithful test); rejects `session_id` in place of `sessionId` (status `?`, switchable); empty draft -> failed.", async () => {
    const { caller, session } = await ready();
    const { draft } = await caller.state(session);
    const order = (id: string, text: string, field = "sessionId") =>
      caller.json("POST", "/api/render/proxy/lambda", `{"id":"${id}", "${field}":"${session}", "draft" : ${text} }`);
    const typedAgain = await order("r1", JSON.stringify(JSON.parse(draft)));
    expect(typedAgain).toMatchObject({
      status: 400,
      body: { success: false, error: expect.stringContaining("byte for byte") },
    });
    expect((await order("r1", draft)).status).toBe(200);
    await caller.turn(session, 'add a title "Hi"');
    expect((await order("r2", draft)).status).toBe(200);
    expect((await caller.requestLog()).renders).toMatchObject([{ draft_match: "current" }, { draft_match: "earlier" }]);
    expect((await order("r3", draft, "session_id")).status).toBe(422);
    await caller.set({ wrong_session_field_status: "400" });
    expect((await order("r3", draft, "session_id")).status).toBe(400);
    expect((await order("r3", '{"t":[{"tt":0,"sg":[]}]}')).status).toBe(200);
    expect((await order("r4", "null")).status).toBe(200);
    expect((await done(caller, "r3")).status).toBe("failed");
    expect((await done(caller, "r4")).status).toBe("failed");
    await caller.set({ draft_mismatch: "fail" });
    expect((await order("r5", `${draft.slice(0, -1)} }`)).status).toBe(200);
    expect((await done(caller, "r5")).status).toBe("failed");
    await caller.set({ draft_mismatch: "accept" });
    expect((await order("r6", `${draft.slice(0, -1)} }`)).status).toBe(200);
    expect((await done(caller, "r6")).status).toBe("completed");
  });

  test("pending -> processing (progress rises) -> completed/failed over 30..90 s of fake time; flat and wrapped answers; completed-without-url once; failed with `error`; 5xx and 429 while polling; duplicate id: both behaviours; cancel; download fallback; URL that can be made to expire.", async () => {
    const { caller, session } = await ready("make a 10 second cat video #slow_render:60s #fault:render_no_url");
    expect((await caller.submit(session, "r1")).body).toEqual({
      success: true,
      data: { id: "r1", status: "pending", progress: 5 },
    });
    const seen: Json[] = [];
    for (let at = 0; at < 7; at++) {
      seen.push((await caller.poll("r1")).body);
      await caller.clock.advance(10_000);
    }
    expect(seen.map((poll) => poll.status)).toEqual([
      "pending",
      "pending",
      "processing",
      "processing",
      "processing",
      "processing",
      "completed",
    ]);
    expect(seen.map((poll) => poll.progress)).toEqual([5, 20, 35, 50, 65, 80, 100]);
    expect(seen.at(-1)).toEqual({ taskId: "r1", status: "completed", progress: 100, output: {} });
    const flat = (await caller.poll("r1")).body;
    const url = "https://sandbox.nemo.internal/render-result/r1.mp4";
    expect(flat.output).toEqual({ url, duration: 10, size: expect.any(Number) });
    await caller.set({ render_shape: "wrapped", render_url_ttl_ms: DAY_MS });
    expect((await caller.poll("r1")).body).toEqual({
      success: true,
      data: {
        id: "r1",
        status: "completed",
        progress: 100,
        outputUrl: url,
        createdAt: expect.any(Number),
        completedAt: expect.any(Number),
      },
    });
    const fallback = await caller.send("GET", "/api/render/proxy/r1/download");
    expect([fallback.status, (await fallback.arrayBuffer()).byteLength]).toEqual([200, flat.output.size]);
    await caller.clock.advance(DAY_MS);
    expect((await caller.send("GET", "/render-result/r1.mp4")).status).toBe(404);
    await caller.set({ render_url_gone_status: "403" });
    expect((await caller.send("GET", "/render-result/r1.mp4")).status).toBe(403);

    expect((await caller.submit(session, "r1")).status).toBe(409);
    await caller.set({ duplicate_render: "existing" });
    expect((await caller.submit(session, "r1")).body.data.status).toBe("completed");
    expect((await caller.requestLog()).renders[0].submits).toBe(3);

    await caller.submit(session, "r2");
    expect((await caller.json("POST", "/api/render/proxy/lambda/r2/cancel")).body.data.status).toBe("cancelled");
    expect((await done(caller, "r2")).data.status).toBe("cancelled");
    expect((await caller.json("POST", "/api/render/proxy/lambda/r2/cancel")).status).toBe(409);

    const failing = await ready("make a cat video #fault:render_fail_once");
    await failing.caller.submit(failing.session, "r1");
    expect(await done(failing.caller, "r1")).toMatchObject({ status: "failed", error: "a render worker failed" });
    await failing.caller.submit(failing.session, "r2");
    expect(await done(failing.caller, "r2")).toMatchObject({ status: "completed" });

    for (const [fault, status] of [
      ["render_5xx", 503],
      ["render_429", 429],
    ] as const) {
      const spoilt = await ready(`make a cat video #fault:${fault}`);
      await spoilt.caller.submit(spoilt.session, "r1");
      const poll = () => spoilt.caller.send("GET", "/api/render/proxy/lambda/r1");
      expect([(await poll()).status, (await poll()).status, (await poll()).status]).toEqual([status, status, 200]);
    }
  });

  test("survives for ever without the client (no tie to a connection).", async () => {
    const { caller, session } = await ready();
    await caller.submit(session, "r1");
    await caller.clock.advance(5 * DAY_MS);
    expect((await caller.poll("r1")).body.status).toBe("completed");
  });
});
