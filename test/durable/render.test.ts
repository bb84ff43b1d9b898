import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { RenderId } from "../../src/core/ids.ts";
import type { UserPort } from "../../src/core/ports.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
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
});
