import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { ownedId, type ProjectId } from "../../../src/core/ids.ts";
import type { AssetRecord, UserRpc } from "../../../src/core/rpc/user.ts";
import { SandboxObject } from "../../../src/sandbox/object.ts";
import { type LiveNemo, someToken, startLiveNemo } from "../../support/live-nemo.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  newProject,
  random,
  requestLog,
  sandboxQueue,
  startTurn,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";

/** A ready asset of so many bytes, all alike. */
async function newAsset(address: UserAddress, filename: string, sizeBytes: number): Promise<AssetRecord> {
  const id = ownedId("ast", address.uh, Date.now(), random);
  const key = `t/${address.tenant}/${address.mode}/${address.uh}/uploads/${id}`;
  await env.MEDIA.put(key, new Uint8Array(sizeBytes).fill(sizeBytes % 251));
  const asset: AssetRecord = {
    id,
    status: "ready",
    filename,
    kind: "video",
    content_type: "video/mp4",
    size_bytes: sizeBytes,
    duration_ms: null,
    width: null,
    height: null,
    sha256: null,
    error: null,
    metadata: {},
    created_at: new Date().toISOString(),
    key,
    named: true,
  };
  good(await userRpc(address).addAsset(call(), asset));
  return asset;
}

const attached = (user: UserRpc, project: ProjectId, asset: AssetRecord) =>
  until(async () => {
    const { status } = good(await user.attachAsset(call(), project, asset));
    return status === "pending" ? null : status;
  });

/** The user's only attachment as stored, once it has ended. */
const ended = (address: UserAddress) =>
  until(async () => {
    const kept = await runInDurableObject(userStub(address), (_, { storage }) =>
      storage.sql.exec<{ status: string; record: string }>("SELECT status, record FROM attachments").one(),
    );
    return kept.status === "pending" ? null : kept;
  });

const isPush = (request: Request): boolean => request.method === "POST" && request.url.includes("/upload-video/");

/** Upstream, where pushes are answered by `answer`; null lets the real one answer. */
function pushes(answer: (real: () => Promise<Response>) => Promise<Response> | null) {
  const { fetch } = SandboxObject.prototype;
  vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(function (this: SandboxObject, request) {
    const real = (): Promise<Response> => fetch.call(this, request);
    return (isPush(request) ? answer(real) : null) ?? real();
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("an asset on its way to a project", () => {
  it("is pushed even if another one of the same name is there", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const one = await newAsset(address, "clip.mp4", 100);
    const two = await newAsset(address, "clip.mp4", 200);
    expect(await attached(user, project, one)).toBe("attached");
    let rejections = 0;
    pushes(() => (rejections++ === 0 ? Promise.resolve(Response.json({}, { status: 503 })) : null));
    expect(await attached(user, project, two)).toBe("attached");
    expect(rejections).toBe(2);
    expect((await requestLog(address)).uploads).toHaveLength(2);
  });

  it("is not pushed again when an earlier push arrived and its response was lost", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await newAsset(address, "clip.mp4", 100);
    const asset = await newAsset(address, "clip.mp4", 200);
    let lost = 0;
    pushes((real) => (lost++ === 0 ? real().then(() => Response.json({}, { status: 503 })) : null));
    expect(await attached(user, project, asset)).toBe("attached");
    expect(lost).toBe(1);
    expect((await requestLog(address)).uploads).toHaveLength(1);
  });

  it("reports upstream's rejection to a turn that waits for it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    let busy = true;
    pushes(() => (busy ? Promise.resolve(Response.json({ detail: "slow down" }, { status: 429 })) : null));
    good(await user.attachAsset(call(), project, asset));
    const turn = await endOf(user, await startTurn(user, project, "turn this video into a short clip"));
    expect(turn).toMatchObject({ status: "failed", charged: "no", error: { code: "nemo_busy" } });
    busy = false;
    expect(await attached(user, project, asset)).toBe("attached");
  });

  it("goes to the new session if the old one was replaced meanwhile", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    const session = (): Promise<string | null> =>
      runInDurableObject(userStub(address), (_, { storage }) => {
        const query = "SELECT record ->> '$.session.sessionId' AS id FROM projects WHERE id = ?";
        return storage.sql.exec<{ id: string | null }>(query, project).one().id;
      });
    const { fetch } = SandboxObject.prototype;
    let lose = (): void => undefined;
    const isLost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    let [sent, turns] = [0, 0];
    vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(async function (this: SandboxObject, request) {
      if (request.url.endsWith("/run_sse") && turns++ === 0) {
        await isLost;
        return Response.json({ detail: "Session not found" }, { status: 404 });
      }
      const answer = await fetch.call(this, request);
      if (!isPush(request) || sent++ > 0) return answer;
      const old = await session();
      lose();
      await until(async () => (await session()) !== old);
      return answer;
    });
    await startTurn(user, project, "make a video of the sea");
    await until(async () => turns > 0);
    expect(await attached(user, project, asset)).toBe("attached");
    expect(sent).toBe(2);
  });

  it("that failed with its lost session is scheduled again for the session that replaces it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    pushes(() => Promise.resolve(Response.json({ code: 1002, msg: "session not found" })));
    good(await user.attachAsset(call(), project, asset));
    expect((await ended(address)).status).toBe("failed");
    vi.restoreAllMocks();
    await sandboxQueue(address, ["#fault:session_lost"]);
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
    expect((await ended(address)).status).toBe("attached");
    expect((await requestLog(address)).uploads).toHaveLength(1);
  });

  it.each([
    [4001, "unsupported_media", /mp4, mov, avi, .* and aac|mp4, mov, avi, .*aac/],
    [4002, "file_too_large", /trim or compress/],
  ])(
    "fails at once when upstream's rejection %i is permanent, with the same problem as our own and a hint",
    async (code, problem, words) => {
      const address = freshAddress();
      const user = userRpc(address);
      const project = await newProject(user);
      const asset = await newAsset(address, "clip.mp4", 100);
      pushes(() => Promise.resolve(Response.json({ code, msg: "no" })));
      good(await user.attachAsset(call(), project, asset));
      const failed = await ended(address);
      expect(failed.status).toBe("failed");
      expect(JSON.parse(failed.record)).toMatchObject({
        error: { code: problem, detail: expect.stringMatching(words) },
      });
    },
  );

  it("is pushed to every project of its user from one staging copy, one push after the other, whole", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const asset = await newAsset(address, "clip.mp4", 70_000);
    const projects = await Promise.all([newProject(user), newProject(user), newProject(user)]);
    let [now, most] = [0, 0];
    pushes(async (real) => {
      most = Math.max(most, ++now);
      const answer = await real();
      now -= 1;
      return answer;
    });
    for (const project of projects) good(await user.attachAsset(call(), project, asset));
    for (const project of projects) expect(await attached(user, project, asset)).toBe("attached");
    expect(most).toBe(1);
    const { uploads } = await requestLog(address);
    expect(uploads).toMatchObject(projects.map(() => ({ filename: "clip.mp4", size_bytes: 70_000 })));
  });

  it("is pushed again to the session that replaces the one it was in", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    expect(await attached(user, project, asset)).toBe("attached");
    await sandboxQueue(address, ["#fault:session_lost"]);
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
    expect(await attached(user, project, asset)).toBe("attached");
    const { uploads } = await requestLog(address);
    expect(new Set(uploads.map((one) => (one as { session_id: string }).session_id)).size).toBe(2);
  });
});

describe("a turn after an attachment that failed for good", () => {
  /** A project whose only attachment, asked for with a key, has failed. */
  async function failed() {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    pushes(() => Promise.resolve(Response.json({ code: 4001, msg: "unsupported" })));
    good(await user.attachAsset(call("attach"), project, asset));
    expect((await ended(address)).status).toBe("failed");
    return { address, user, project, asset };
  }

  it("fails with its problem before anything is sent, once; the next one continues without the file", async () => {
    const { address, user, project } = await failed();
    const turn = await endOf(user, await startTurn(user, project, "turn this video into a short clip"));
    expect(turn).toMatchObject({
      status: "failed",
      charged: "no",
      error: { code: "unsupported_media", detail: expect.stringMatching(/^clip\.mp4: /) },
    });
    expect((await requestLog(address)).turns).toEqual([]);
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
  });

  it("is sent if the caller has seen the failure", async () => {
    const { user, project, asset } = await failed();
    expect(good(await user.attachAsset(call("attach"), project, asset))).toMatchObject({
      status: "failed",
      error: { code: "unsupported_media" },
    });
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
  });

  it("is sent if the attachment was retried and succeeded", async () => {
    const { user, project, asset } = await failed();
    vi.restoreAllMocks();
    expect(await attached(user, project, asset)).toBe("attached");
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
  });
});

describe("with PUBLIC_URL, an asset of a live user", () => {
  let nemo: LiveNemo;
  beforeEach(() => {
    env.PUBLIC_URL = "https://gateway.example";
    nemo = startLiveNemo();
  });
  afterEach(() => {
    nemo.stop();
    delete env.PUBLIC_URL;
  });

  it("is pulled through a link that ends in its name, and found by it when the response was lost", async () => {
    const address = { ...freshAddress(), mode: "live" as const };
    const user = userRpc(address);
    good(await user.putToken(call(), { token: someToken(), expires_at: null }));
    const project = await newProject(user);
    const asset = await newAsset(address, "Ferien 2026.mp4", 100);
    let lost = 0;
    pushes((real) => (lost++ === 0 ? real().then(() => Response.json({}, { status: 503 })) : null));
    expect(await attached(user, project, asset)).toBe("attached");
    const { uploads } = (await nemo.control("/__requests")) as { uploads: { url: string; filename: string }[] };
    expect(uploads).toHaveLength(1);
    expect(uploads[0]).toMatchObject({ mode: "url", filename: "Ferien 2026.mp4" });
    expect(uploads[0]?.url).toMatch(/^https:\/\/gateway\.example\/f\/[\w.~-]+\/Ferien%202026\.mp4$/);
    expect(lost).toBe(1);
  });
});
