import { describe, expect, it } from "vitest";
import { json, SESSION, TOKEN, value } from "./support/upstream.ts";

describe("tokens and sessions", () => {
  it("reads a token with all fields, and with the token alone", async () => {
    const full = {
      code: 0,
      data: { token: TOKEN, user_id: "anon_0f3c9a", expires_at: "2026-11-27T00:00:00Z", credits: 100 },
    };
    expect(await value(json(full), (nemo) => nemo.issueToken("c"))).toEqual({
      token: TOKEN,
      userId: "anon_0f3c9a",
      expiresAt: Date.UTC(2026, 10, 27),
      credits: 100,
    });
    expect(await value(json({ token: TOKEN, expires_at: 1795000000 }), (nemo) => nemo.issueToken("c"))).toEqual({
      token: TOKEN,
      userId: null,
      expiresAt: 1795000000_000,
      credits: null,
    });
  });

  it("keeps every digit of a session id, written as a string or as a number, in every envelope", async () => {
    const shapes = [
      `{"code":0,"data":{"task_id":"task_1","session_id":"${SESSION}"}}`,
      `{"success":true,"data":{"task_id":"task_1","session_id":${SESSION},"user_id":"anon_1"}}`,
      `{"session_id":${SESSION},"task_id":77,"code":0}`,
    ];
    const sessions = await Promise.all(
      shapes.map((shape) => value(json(shape), (nemo) => nemo.createSession(TOKEN, { name: "p" }))),
    );
    expect(sessions).toEqual([
      { taskId: "task_1", sessionId: SESSION, userId: null },
      { taskId: "task_1", sessionId: SESSION, userId: "anon_1" },
      { taskId: "77", sessionId: SESSION, userId: null },
    ]);
  });

  it("makes a link of a claim token", async () => {
    const link = await value(json({ code: 0, data: { claim_token: "clm_a&b", expires_in: 604800 } }), (nemo) =>
      nemo.claimLink(TOKEN, { taskId: "t", sessionId: SESSION }),
    );
    expect(link).toEqual({
      claimToken: "clm_a&b",
      expiresInSeconds: 604800,
      url: "https://nemovideo.com/workspace/claim?ct=clm_a%26b",
    });
  });

  it("reads a balance, as numbers or as text, with or without its total", async () => {
    expect(
      await value(json({ code: 0, data: { available: 60, frozen: 40, total: 100 } }), (nemo) =>
        nemo.readCredits(TOKEN),
      ),
    ).toEqual({ available: 60, frozen: 40, total: 100 });
    expect(
      await value(json('{"available":1,"available":"60.5","frozen":"4"}'), (nemo) => nemo.readCredits(TOKEN)),
    ).toEqual({ available: 60.5, frozen: 4, total: 64.5 });
  });
});
