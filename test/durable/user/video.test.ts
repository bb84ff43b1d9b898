/** Videos in their user's object: every step made once, in order, whatever happens in between. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type UserAddress, uploadKey } from "../../../src/core/address.ts";
import { type AssetId, ownedId, type ProjectId, type VideoId } from "../../../src/core/ids.ts";
import type { AssetRecord, UserRpc } from "../../../src/core/rpc/user.ts";
import { HOUR_MS } from "../../../src/core/time.ts";
import type { VideoRequest } from "../../../src/core/video.ts";
import type { VideoWire } from "../../../src/core/wire/video.ts";
import {
  call,
  freshAddress,
  good,
  kill,
  newProject,
  random,
  requestLog,
  startTurn,
  tenantStub,
  until,
  uploadRpc,
  userRpc,
  userStub,
} from "../../support/objects.ts";

const order = (prompt: string, more: Partial<VideoRequest> = {}): VideoRequest => ({
  prompt,
  sources: [],
  project: null,
  language: null,
  output: { format: "mp4", quality: "high" },
  metadata: { order: "7" },
  callback: null,
  onQuestion: "wait",
  generator: null,
  attribution: null,
  accepts: null,
  expectedMs: 120_000,
  ...more,
});

const start = async (user: UserRpc, given: VideoRequest, key: string | null = null): Promise<VideoId> =>
  good(await user.startVideo(call(key), given)).id;

const endOf = (address: UserAddress, id: VideoId): Promise<VideoWire> =>
  until(async () => {
    const video = good(await userRpc(address).readVideo(id));
    return video.ended_at === null ? null : video;
  });

/** An asset whose file is nowhere. */
const fileOf = (address: UserAddress, id: AssetId): AssetRecord => ({
  id,
  status: "ready",
  filename: "a.png",
  kind: "image",
  content_type: "image/png",
  size_bytes: 1,
  duration_ms: null,
  width: 1,
  height: 1,
  sha256: null,
  error: null,
  metadata: {},
  created_at: new Date().toISOString(),
  key: uploadKey(address, `upl_${id.slice("ast_".length)}`),
  named: true,
});

/** Whether a step of it is still at work or due. */
const jobCount = (address: UserAddress, id: VideoId): Promise<number> =>
  runInDurableObject(
    userStub(address),
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'video' AND key = ?", id).toArray().length,
  );

const types = async (user: UserRpc, id: VideoId): Promise<string[]> =>
  good(await user.readVideoEvents(id, 0, 100, 0)).data.map(({ event }) => event.type);

describe("a video", () => {
  it.concurrent("goes from its prompt to its file without further requests", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 2 second video about coffee"));
    const video = await endOf(address, id);
    expect(video).toMatchObject({ status: "completed", stage: "done", progress: 100, charged: "yes", error: null });
    expect(video.metadata).toEqual({ order: "7" });
    expect(good(await user.readVideoFile(id)).contentType).toBe("video/mp4");
    const seen = await requestLog(address);
    expect(seen.turns.map(({ prompt }) => prompt)).toEqual(["make a 2 second video about coffee"]);
    expect(seen.renders).toHaveLength(1);
    const published = await types(user, id);
    expect(published[0]).toBe("video.started");
    expect(published.at(-1)).toBe("video.completed");
    expect(published).toContain("message");
    expect(published).toContain("timeline.changed");
    expect(published.filter((type) => type.startsWith("turn."))).toEqual([]);
  });

  it.concurrent("is created once for one key", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const given = order("make a 1 second video");
    const [one, two] = await Promise.all([start(user, given, "k"), start(user, given, "k")]);
    expect(two).toBe(one);
    await endOf(address, one);
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("asks its caller when the agent asks, and continues with the answer", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make something #fault:question"));
    const asked = await endOf(address, id);
    expect(asked).toMatchObject({ status: "needs_input", error: null });
    expect(asked.message).toMatch(/\?$/);
    expect(await user.readVideoFile(id)).toMatchObject({ ok: false, error: { code: "needs_input" } });
    good(await user.continueVideo(call(), id, "make a 1 second video about tea"));
    const video = await endOf(address, id);
    expect(video).toMatchObject({ status: "completed", prompt: "make a 1 second video about tea" });
    expect(video.project_id).toBe(asked.project_id);
    expect((await types(user, id)).filter((type) => type.startsWith("video.") && type !== "video.stage")).toEqual([
      "video.started",
      "video.needs_input",
      "video.completed",
    ]);
  });

  it.concurrent("sends the prepared answer once", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const answer = { answer: "make a 1 second video about tea" };
    const id = await start(user, order("make something #fault:question", { onQuestion: answer }));
    expect(await endOf(address, id)).toMatchObject({ status: "completed", prompt: answer.answer });
    const again = await start(
      userRpc(address),
      order("make something #fault:question", { onQuestion: { answer: "hm #fault:question" } }),
    );
    expect(await endOf(address, again)).toMatchObject({ status: "needs_input" });
    expect((await requestLog(address)).turns).toHaveLength(4);
  });

  it.concurrent("fails if its turn fails, with the charge", async () => {
    const address = freshAddress();
    const id = await start(userRpc(address), order("make a video #fault:no_credits"));
    expect(await endOf(address, id)).toMatchObject({
      status: "failed",
      stage: "turn",
      charged: "no",
      error: { code: "insufficient_credits" },
    });
  });

  it.concurrent("starts no turn once it is cancelled, and cancels one that was started and not recorded", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const turnsOf = async (project: ProjectId) =>
      good(await userRpc(address).listTurns(project, { limit: 10, after: null })).data;
    const atTurn = async (id: VideoId) => good(await userRpc(address).readVideo(id)).stage === "turn";

    // The tenant is slow to reserve a slot: the step waits for it while the video is cancelled. Until then the video waits
    // for a file.
    const upload = ownedId("upl", address.uh, Date.now(), random);
    const asset: AssetId = `ast_${upload.slice("upl_".length)}`;
    good(
      await uploadRpc(address, upload).create(call(), address, upload, {
        filename: "a.png",
        size_bytes: 1,
        metadata: {},
      }),
    );
    const waiting = await newProject(user);
    const first = await start(user, order("make a 1 second video", { project: waiting, sources: [{ asset, upload }] }));
    const held = Promise.withResolvers<void>();
    const holding = runInDurableObject(tenantStub(address), (_, state) =>
      state.blockConcurrencyWhile(() => held.promise),
    );
    good(await user.addAsset(call(), fileOf(address, asset)));
    await until(() => atTurn(first));
    good(await user.cancelVideo(call(), first));
    held.resolve();
    await holding;
    await until(async () => (await jobCount(address, first)) === 0);
    expect(await turnsOf(waiting)).toEqual([]);

    // A turn that waits behind another one, as a crash leaves it: made, and the video does not say so.
    const project = await newProject(user);
    const turns = () => turnsOf(project);
    const before = await startTurn(user, project, "make a 1 second video #slow:1800s");
    const second = await start(user, order("make it 2 seconds long", { project }));
    await until(async () => (await turns()).length === 2);
    await until(async () => good(await user.readVideo(second)).turn_id !== null);
    await runInDurableObject(userStub(address), (object, { storage }) => {
      const unsaid = "UPDATE videos SET turn = NULL, record = json_set(record, '$.turn', NULL) WHERE id = ?";
      storage.sql.exec(unsaid, second);
      return object.cancelVideo(call(), second);
    });
    const [last] = await turns();
    expect(last).toMatchObject({ status: "failed", error: { code: "cancelled" } });
    good(await user.cancelTurn(call(), before));
  });

  it.concurrent("stops when it is cancelled, and sends nothing more", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video #slow:600s"));
    await until(async () => good(await user.readVideo(id)).turn_id);
    expect(good(await user.cancelVideo(call(), id))).toMatchObject({
      status: "cancelled",
      error: { code: "cancelled" },
    });
    expect(await user.continueVideo(call(), id, "continue")).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect((await types(user, id)).at(-1)).toBe("video.cancelled");
    expect((await requestLog(address)).renders).toHaveLength(0);
    // The event has the same word, and so has the answer for the file.
    const published = await until(async () => {
      const rows = await runInDurableObject(tenantStub(address), (_, { storage }) =>
        storage.sql.exec<{ type: string }>("SELECT type FROM events WHERE resource = ?", id).toArray(),
      );
      return rows.length === 0 ? null : rows.map(({ type }) => type);
    });
    expect(published).toEqual(["video.cancelled"]);
    expect(await user.readVideoFile(id)).toMatchObject({
      error: { code: "no_file", members: { error: { code: "cancelled" } } },
    });
  });

  it.concurrent("reports what its turn cost, once that has ended after the cancellation", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video #slow:600s"));
    await until(async () => (await requestLog(address)).turns.length === 1);
    expect(good(await user.cancelVideo(call(), id))).toMatchObject({
      status: "cancelled",
      charged: null,
      credits: null,
    });
    const published = await until(async () => {
      const video = good(await userRpc(address).readVideo(id));
      return video.charged === null ? null : video;
    });
    expect(published).toMatchObject({
      status: "cancelled",
      charged: "yes",
      credits: { amount: 100, basis: "measured" },
    });
    expect((await types(userRpc(address), id)).at(-1)).toBe("video.cancelled"); // whatever its turn said after it
  });

  it.concurrent("exports again without another message, by default", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video #fault:render_fail"));
    const failed = await endOf(address, id);
    expect(failed).toMatchObject({ status: "failed", stage: "render", charged: "yes" });
    expect(failed.error?.hint).toBe(`POST /v1/videos/${id}/turns {"prompt": "export"}`);
    // The file's answer and the video have the same status.
    expect(await user.readVideoFile(id)).toMatchObject({
      ok: false,
      error: { code: "no_file", charged: "yes", hint: failed.error?.hint, members: { error: failed.error } },
    });
    const before = (await requestLog(address)).renders.length;
    good(await user.continueVideo(call(), id, "export"));
    expect(await endOf(address, id)).toMatchObject({ status: "failed", stage: "render", credits: { amount: 100 } });
    const { turns, renders } = await requestLog(address);
    expect(turns).toHaveLength(1);
    expect(renders.length).toBeGreaterThan(before);
  });

  it.concurrent("continues the numbers of its events after the old ones were removed", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video"));
    await endOf(address, id);
    const last = good(await user.readVideoEvents(id, 0, 100, 0)).next_after;
    const rows = (state: DurableObjectState) =>
      state.storage.sql.exec("SELECT seq FROM event_log WHERE owner = ?", id).toArray().length;
    await runInDurableObject(userStub(address), (_, state) => {
      state.storage.sql.exec("UPDATE videos SET ended_at = ended_at - ? WHERE id = ?", 26 * HOUR_MS, id);
      state.storage.sql.exec("UPDATE jobs SET due_at = 0 WHERE kind = 'cleanup'");
    });
    await until(async () => {
      await userRpc(address).wake();
      return (await runInDurableObject(userStub(address), (_, state) => rows(state))) === 1;
    });
    good(await user.continueVideo(call(), id, "make it 2 seconds long"));
    await endOf(address, id);
    const { data } = good(await user.readVideoEvents(id, last, 100, 0));
    expect(data[0]?.id).toBe(last + 1);
    expect(data.at(-1)?.event.type).toBe("video.completed");
  });

  it.concurrent("sends nothing twice, whenever its instance ends", async () => {
    const address = freshAddress();
    const id = await start(userRpc(address), order("make a 1 second video"));
    for (let crashes = 0; crashes < 6; crashes += 1) {
      await kill(address);
      await new Promise((resolve) => setTimeout(resolve, 60 * crashes));
      await userRpc(address).wake();
    }
    const video = await endOf(address, id);
    const seen = await requestLog(address);
    // A message whose instance ended before the request left is never sent again: the video reports no charge.
    const left = seen.turns.length === 1;
    expect([video.status, video.charged]).toEqual(left ? ["completed", "yes"] : ["failed", "no"]);
    expect(seen.turns.length).toBeLessThanOrEqual(1);
    expect(seen.renders).toHaveLength(left ? 1 : 0);
    await runInDurableObject(userStub(address), (_, state) => {
      const count = (table: string) =>
        state.storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
      expect([count("projects"), count("turns"), count("renders")]).toEqual([1, 1, left ? 1 : 0]);
    });
  });
});
