import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { ownedId, type ProjectId } from "../../src/core/ids.ts";
import type { AssetRecord, UserPort } from "../../src/core/ports.ts";
import { SandboxObject } from "../../src/sandbox/object.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  ledger,
  newProject,
  random,
  sandboxQueue,
  startTurn,
  until,
  userPort,
  userStub,
} from "../support/objects.ts";

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
  good(await userPort(address).addAsset(call(), asset));
  return asset;
}

const attached = (user: UserPort, project: ProjectId, asset: AssetRecord) =>
  until(async () => {
    const { status } = good(await user.attachAsset(call(), project, asset));
    return status === "pending" ? null : status;
  });

/** The user's only attachment as it is kept, once it is over. */
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

describe("an asset on its way into a project", () => {
  it("is pushed although another one of the same name is there", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    const one = await newAsset(address, "clip.mp4", 100);
    const two = await newAsset(address, "clip.mp4", 200);
    expect(await attached(user, project, one)).toBe("attached");
    let refusals = 0;
    pushes(() => (refusals++ === 0 ? Promise.resolve(Response.json({}, { status: 503 })) : null));
    expect(await attached(user, project, two)).toBe("attached");
    expect(refusals).toBe(2);
    expect((await ledger(address)).uploads).toHaveLength(2);
  });

  it("is not pushed again when an earlier push arrived and its answer was lost", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    await newAsset(address, "clip.mp4", 100);
    const asset = await newAsset(address, "clip.mp4", 200);
    let lost = 0;
    pushes((real) => (lost++ === 0 ? real().then(() => Response.json({}, { status: 503 })) : null));
    expect(await attached(user, project, asset)).toBe("attached");
    expect(lost).toBe(1);
    expect((await ledger(address)).uploads).toHaveLength(1);
  });

  it("tells a turn that waits for it why upstream does not take it", async () => {
    const address = freshAddress();
    const user = userPort(address);
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

  it("goes into the new session when the old one was replaced while it was on its way", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    let sent = 0;
    pushes((real) => {
      if (sent++ > 0) return null;
      return real().then(async (answer) => {
        await runInDurableObject(userStub(address), (_, { storage }) => {
          storage.sql.exec("UPDATE projects SET record = json_set(record, '$.session', NULL) WHERE id = ?", project);
        });
        return answer;
      });
    });
    expect(await attached(user, project, asset)).toBe("attached");
    expect(sent).toBe(2);
  });

  it("that failed with its lost session is owed again to the one that replaces it", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    pushes(() => Promise.resolve(Response.json({ code: 1002, msg: "session not found" })));
    good(await user.attachAsset(call(), project, asset));
    expect((await ended(address)).status).toBe("failed");
    vi.restoreAllMocks();
    await sandboxQueue(address, ["#fault:session_lost"]);
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
    expect((await ended(address)).status).toBe("attached");
    expect((await ledger(address)).uploads).toHaveLength(1);
  });

  it("ends at once when upstream's refusal will not pass", async () => {
    const address = freshAddress();
    const user = userPort(address);
    const project = await newProject(user);
    const asset = await newAsset(address, "clip.mp4", 100);
    pushes(() => Promise.resolve(Response.json({ code: 4001, msg: "unsupported" })));
    good(await user.attachAsset(call(), project, asset));
    const failed = await ended(address);
    expect(failed.status).toBe("failed");
    expect(JSON.parse(failed.record)).toMatchObject({ error: { code: "unsupported_media" } });
  });
});
