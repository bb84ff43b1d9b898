/** A body that comes too slowly, or not to its end: its sender's matter, and no mistake of ours. */
import { createExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { scaledTimings } from "../../src/core/timings.ts";
import { toBodyError } from "../../src/http/request-body.ts";
import { Broken, openStream } from "../../src/store/chunks.ts";
import { env, makeMember, ORIGIN, readProblem } from "../support/gateway.ts";

/** A body that gives these chunks, and then what `then` says. */
const bodyOf = (chunks: readonly string[], then: "nothing" | "error"): ReadableStream<Uint8Array> => {
  const left = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const chunk = left.shift();
      if (chunk !== undefined) return controller.enqueue(new TextEncoder().encode(chunk));
      if (then === "error") return controller.error(new Error("connection lost"));
      await new Promise(() => undefined); // no byte more, and no end
    },
  });
};

const app = createApp();

/** Asked in this isolate: a body's failure does not cross from one to another. */
const post = async (path: string, body: ReadableStream, headers: Record<string, string> = {}): Promise<Response> => {
  const member = await makeMember();
  const all = { ...member.headers, "Content-Type": "application/json", ...headers };
  return app.fetch(new Request(ORIGIN + path, { method: "POST", body, headers: all }), env, createExecutionContext());
};

describe("a body", () => {
  it("that breaks is reported as that, by JSON routes and by forms", async () => {
    const json = await readProblem(await post("/v1/projects", bodyOf(['{"name":'], "error")));
    expect(json).toMatchObject({
      status: 400,
      code: "malformed_json",
      detail: expect.stringContaining("connection ended"),
    });
    const form = { "Content-Type": "multipart/form-data; boundary=x" };
    const start = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.gif"\r\n\r\nGIF89a';
    for (const chunks of [[], [start.slice(0, 20)], [start]])
      expect((await readProblem(await post("/v1/uploads", bodyOf(chunks, "error"), form))).status).toBe(400);
  });

  it("without a byte until its timeout is rejected with 408", async () => {
    const answer = await readProblem(await post("/v1/projects", bodyOf(['{"name":'], "nothing")));
    expect(answer).toMatchObject({ status: 408, code: "body_timeout", retryable: true });
  });

  it("has 20 seconds for its next byte and two minutes in all", async () => {
    expect(scaledTimings(1)).toMatchObject({ bodyIdle: 20_000, bodyTotal: 120_000 });
    const late = openStream(
      bodyOf(["a"], "nothing"),
      { idleMs: 1_000, signal: new AbortController().signal },
      Date.now() - 1,
    );
    const error = await late.next().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Broken);
    expect(toBodyError(error)).toMatchObject({ problem: { code: "body_timeout" } });
  });

  it("that fails otherwise is an internal error", () => {
    const bug = new Error("of ours");
    expect(toBodyError(bug)).toBe(bug);
  });
});
