/** The real object: work outlives connections and evictions, reads write nothing, a finished render is a file that plays. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { SandboxObject } from "../../src/sandbox/object.ts";
import { ATTRIBUTION, eventsIn, type Json } from "./caller.ts";

const env = bindings as unknown as { SANDBOX: DurableObjectNamespace<SandboxObject> }; // both wrangler.toml files bind it

const ORIGIN = "https://sandbox.nemo.internal";

/** Calls to the object of this name. */
function at(name: string) {
  const stub = env.SANDBOX.getByName(name);
  let token = "";
  const send = (method: string, path: string, body?: object | string): Promise<Response> => {
    const headers = {
      ...ATTRIBUTION,
      Authorization: `Bearer ${token}`,
      "X-Client-Id": "c1",
      "Content-Type": "application/json",
    };
    const init = {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    };
    return stub.fetch(new Request(`${ORIGIN}${path}`, init));
  };
  const json = async (method: string, path: string, body?: object | string): Promise<Json> =>
    (await send(method, path, body)).json();
  return {
    stub,
    send,
    json,
    signIn: async (): Promise<string> => {
      token = (await json("POST", "/api/auth/anonymous-token")).data.token;
      return (await json("POST", "/api/tasks/me/with-session/nemo_agent", {})).data.session_id;
    },
    turn: (session: string, text: string) =>
      send("POST", "/run_sse", {
        app_name: "nemo_agent",
        user_id: "me",
        session_id: session,
        new_message: { parts: [{ text }] },
      }),
    draft: async (session: string): Promise<string> => {
      const text = await (await send("GET", `/api/state/nemo_agent/me/${session}/latest`)).text();
      return text.slice(text.indexOf('"draft":') + 8, text.indexOf(',"video_infos"'));
    },
  };
}

/** Asks until the answer is there, for a minute; real time runs in the object. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const answer = await ask();
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it never came");
}

describe("SandboxObject", () => {
  test("streams a turn and shows it in state", async () => {
    const user = at("ten_a:test:streams");
    const session = await user.signIn();
    const response = await user.turn(session, "make a 5 second cat video");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(eventsIn(await response.text())).toHaveLength(6);
    expect(JSON.parse(await user.draft(session)).d).toBe(5_000);
  });

  test("finishes the work of a turn whose caller disconnected, through an eviction", async () => {
    const user = at("ten_a:test:evicted");
    const session = await user.signIn();
    const response = await user.turn(session, "make a 5 second cat video #slow:180s");
    await response.body?.cancel();
    expect(await user.draft(session)).toBe("null");
    await evictDurableObject(user.stub);
    const draft = await until(async () => {
      const text = await user.draft(session);
      return text.includes('"tt":7') ? text : null;
    });
    await evictDurableObject(user.stub);
    expect(await user.draft(session)).toBe(draft);
    expect((await user.json("GET", "/__requests")).credits_charged).toBe(100);
  });

  test("writes nothing when it is only read", async () => {
    const user = at("ten_a:test:read");
    expect((await user.json("GET", "/__switches")).initial_credits).toBe(1_000_000);
    expect((await user.json("GET", "/__requests")).turns).toEqual([]);
    const tables = await runInDurableObject(user.stub, (_object, ctx) =>
      ctx.storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
  });

  test("breaks the connection if a fault says so", async () => {
    const user = at("ten_a:test:drop");
    const session = await user.signIn();
    const response = await user.turn(session, "make a cat video #fault:drop@1s");
    await expect(response.text()).rejects.toThrow();
  });

  test("stops the work of a turn whose caller disconnected, if the switch says so", async () => {
    const user = at("ten_a:test:stopped");
    const session = await user.signIn();
    await user.json("POST", "/__switches", { on_disconnect: "cancel" });
    const response = await user.turn(session, "make a cat video #slow:180s");
    await response.body?.cancel();
    await until(async () => ((await user.json("GET", "/api/credits/balance/simple")).data.frozen === 0 ? true : null));
    expect((await user.json("GET", "/__requests")).credits_charged).toBe(0);
    expect(await user.draft(session)).toBe("null");
  });

  test("is empty after a reset", async () => {
    const user = at("ten_a:test:reset");
    const session = await user.signIn();
    await user.json("POST", "/__reset");
    expect((await user.json("GET", `/api/state/nemo_agent/me/${session}/latest`)).code).toBe(1001);
  });

  test("serves a finished render with its length, by ranges, and to HEAD", async () => {
    const user = at("ten_a:test:render");
    const session = await user.signIn();
    await (await user.turn(session, "make a 3 second vertical cat video")).text();
    const body = `{"id":"r1","sessionId":"${session}","draft":${await user.draft(session)}}`;
    expect((await user.send("POST", "/api/render/proxy/lambda", body)).status).toBe(200);
    const output = await until(async () => (await user.json("GET", "/api/render/proxy/lambda/r1")).output ?? null);
    expect(output).toMatchObject({ url: `${ORIGIN}/render-result/r1.mp4`, duration: 3 });
    const whole = await user.stub.fetch(new Request(output.url));
    const bytes = new Uint8Array(await whole.arrayBuffer());
    expect([whole.headers.get("content-length"), bytes.length]).toEqual([String(output.size), output.size]);
    const size = output.size;
    for (const [range, first, last] of [
      ["bytes=0-9", 0, 9],
      [`bytes=${size - 5}-`, size - 5, size - 1],
      ["bytes=-7", size - 7, size - 1],
      ["bytes=1000-99999999", 1_000, size - 1],
    ] as const) {
      const part = await user.stub.fetch(new Request(output.url, { headers: { Range: range } }));
      expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes ${first}-${last}/${size}`]);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(first, last + 1));
    }
    const beyond = await user.stub.fetch(new Request(output.url, { headers: { Range: `bytes=${size}-` } }));
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
    const head = await user.stub.fetch(new Request(output.url, { method: "HEAD" }));
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, String(size), ""]);
  });
});
