import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RenderId } from "../../src/core/ids.ts";
import type { UserPort } from "../../src/core/ports.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import { SandboxObject } from "../../src/sandbox/object.ts";
import {
  bad,
  call,
  endOf,
  env,
  freshAddress,
  good,
  ledger,
  newProject,
  startTurn,
  until,
  userPort,
  userStub,
} from "../support/objects.ts";

const body = { output: { format: "mp4", quality: "high" }, metadata: { order: "7" } } as const;

const doneOf = (user: UserPort, id: string): Promise<RenderWire> =>
  until(async () => {
    const render = good(await user.readRender(id as RenderId));
    return render.ended_at === null ? null : render;
  });

/** Upstream, with some of its answers replaced; null lets the real one through. */
function upstream(answer: (request: Request, real: () => Promise<Response>) => Promise<Response> | null) {
  const { fetch } = SandboxObject.prototype;
  return vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(function (this: SandboxObject, request) {
    const real = (): Promise<Response> => fetch.call(this, request);
    return answer(request, real) ?? real();
  });
}

/** A project with something to render. */
async function filled() {
  const address = freshAddress();
  const user = userPort(address);
  const project = await newProject(user);
  await endOf(user, await startTurn(user, project, "make a 3 second video of the sea"));
  return { address, user, project };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a render in its object", () => {
  it("is refused while there is nothing to render", async () => {
    const user = userPort(freshAddress());
    const project = await newProject(user);
    expect(bad(await user.startRender(call(), project, body)).code).toBe("nothing_to_render");
  });

  it("ends with the file in our own store, once per key, and survives an eviction", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 3 second video of the sea"));
    const started = good(await user.startRender(call("r1"), project, body));
    expect(good(await user.startRender(call("r1"), project, body)).id).toBe(started.id);
    expect(bad(await user.renderFile(started.id as RenderId)).code).toBe("render_not_ready");
    await evictDurableObject(userStub(address));
    const render = await doneOf(user, started.id);
    expect(render).toMatchObject({ status: "completed", progress: 100, error: null, metadata: { order: "7" } });
    const { key } = good(await user.renderFile(started.id as RenderId));
    const file = await env.MEDIA.get(key);
    expect(file?.size).toBe(render.file?.size_bytes);
    const head = new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0)).slice(4, 8);
    expect(new TextDecoder().decode(head)).toBe("ftyp");
    expect((await ledger(address)).renders).toHaveLength(1);
  });

  it("fails when upstream fails, and says that nothing was charged", async () => {
    const user = userPort(freshAddress());
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 3 second video of the sea #fault:render_fail"));
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({
      status: "failed",
      error: { code: "render_failed", retryable: true },
      content_url: null,
    });
  });

  it("gives up a download that stops, and takes the file at the next try", async () => {
    const { user, project } = await filled();
    let stalls = 0;
    upstream(async (_, real) => {
      const response = await real();
      if (!response.headers.get("content-type")?.includes("video/mp4") || stalls++ >= 3) return response;
      const { readable, writable } = new FixedLengthStream(Number(response.headers.get("content-length") ?? 1_000));
      writable
        .getWriter()
        .write(new Uint8Array(10))
        .catch(() => undefined);
      return new Response(readable, { headers: { "content-type": "video/mp4" } });
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render.status).toBe("completed");
    expect(stalls).toBeGreaterThan(3);
  }, 20_000);

  it("ends at once with upstream's own reason when that will not pass", async () => {
    const { user, project } = await filled();
    const sends = vi.fn();
    upstream((request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda")) return null;
      sends();
      return Promise.resolve(Response.json({ detail: "Payment Required" }, { status: 402 }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "failed", error: { code: "plan_upgrade_required" } });
    expect(sends).toHaveBeenCalledTimes(1);
  });

  it("ends at once when its session turns out lost before the submit", async () => {
    const { user, project } = await filled();
    let reads = 0;
    upstream((request) => {
      if (!/state|sessions/.test(new URL(request.url).pathname) || request.method !== "GET" || reads++ === 0)
        return null;
      return Promise.resolve(Response.json({ code: 1002, msg: "session not found" }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "failed", error: { code: "session_lost" } });
  });

  it("is sent again while upstream is too busy to take it", async () => {
    const { address, user, project } = await filled();
    let sends = 0;
    upstream((request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda") || sends++ > 1) return null;
      return Promise.resolve(Response.json({ detail: "slow down" }, { status: 429 }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render.status).toBe("completed");
    expect(sends).toBe(3);
    expect((await ledger(address)).renders).toHaveLength(1);
  });

  it("is found after a restart although upstream knows its job only a little later", async () => {
    const { address, user, project } = await filled();
    let unknown = 0;
    upstream((request) => {
      if (request.method !== "GET" || !/\/lambda\/render_/.test(request.url) || unknown++ > 1) return null;
      return Promise.resolve(Response.json({ detail: "Render not found" }, { status: 404 }));
    });
    const id = good(await user.startRender(call(), project, body)).id;
    await until(async () => (await ledger(address)).renders.length === 1);
    // What a kill leaves behind between the submit and its answer.
    await runInDurableObject(userStub(address), (_, { storage }) => {
      const interrupted =
        "UPDATE renders SET record = json_set(record, '$.phase', 'submitting', '$.polls', 0) WHERE id = ?";
      storage.sql.exec(interrupted, id);
    });
    expect((await doneOf(user, id)).status).toBe("completed");
    expect(unknown).toBeGreaterThan(2);
    expect((await ledger(address)).renders).toHaveLength(1);
  });
});
