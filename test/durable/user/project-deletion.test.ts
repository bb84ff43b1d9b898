/** The end of videos and projects: hidden at once, taken out when nothing of them runs, wherever a crash comes. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { renderKey, type UserAddress, userPrefix } from "../../../src/core/address.ts";
import type { ProjectId, RenderId, TurnId, VideoId } from "../../../src/core/ids.ts";
import type { UserRpc } from "../../../src/core/rpc/user.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import type { VideoRequest } from "../../../src/core/video.ts";
import { newRender } from "../../../src/core/wire/render.ts";
import type { VideoWire } from "../../../src/core/wire/video.ts";
import {
  bad,
  call,
  env,
  freshAddress,
  good,
  kill,
  newProject,
  requestLog,
  startTurn,
  endOf as turnEnd,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";

const order = (prompt: string, project: ProjectId | null = null): VideoRequest => ({
  prompt,
  sources: [],
  project,
  language: null,
  output: { format: "mp4", quality: "high" },
  metadata: {},
  callback: null,
  onQuestion: "wait",
  generator: null,
  attribution: null,
  accepts: null,
  expectedMs: 120_000,
});

const start = async (user: UserRpc, given: VideoRequest): Promise<VideoId> =>
  good(await user.startVideo(call(), given)).id;

const ended = (address: UserAddress, id: VideoId): Promise<VideoWire> =>
  until(async () => {
    const video = good(await userRpc(address).readVideo(id));
    return video.ended_at === null ? null : video;
  });

const filesOf = async (address: UserAddress) =>
  (await env.MEDIA.list({ prefix: userPrefix(address) })).objects.map(({ key }) => key);

/** Rows by table that still contain any of these ids, except unpublished events and the ids of deleted resources. */
const rowsOf = (address: UserAddress, ids: readonly string[]): Promise<string[]> =>
  runInDurableObject(userStub(address), (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'")
      .toArray()
      .map(({ name }) => name)
      .filter((name) => !["outbox", "deletions", "idempotency_records", "sqlite_sequence"].includes(name));
    return tables.filter((name) => {
      const text = JSON.stringify(storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
      return ids.some((id) => text.includes(id));
    });
  });

/** Waits until the object has taken everything out. */
const taken = (address: UserAddress): Promise<unknown> =>
  until(async () => {
    await userRpc(address)
      .wake()
      .catch(() => undefined);
    return runInDurableObject(userStub(address), (_, { storage }) => {
      const left = storage.sql.exec("SELECT 1 FROM deletions WHERE record IS NOT NULL").toArray().length;
      return left === 0;
    }).catch(() => false);
  });

const sizeOf = (key: string) => env.MEDIA.head(key).then((head) => head?.size ?? 0);

describe("deleting a video", () => {
  it.concurrent("deletes its project, turns, render, events and file, and is idempotent", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video about tea"));
    const video = await ended(address, id);
    const [project, turn] = [video.project_id as ProjectId, video.turn_id as TurnId];
    expect(await filesOf(address)).toHaveLength(1);
    good(await user.removeVideo(call(), id));
    expect(bad(await user.readVideo(id)).code).toBe("not_found");
    expect(bad(await user.readVideoEvents(id, 0, 10, 0)).code).toBe("not_found");
    expect(bad(await user.readVideoFile(id)).code).toBe("not_found");
    expect(bad(await user.readProject(project)).code).toBe("not_found");
    expect(bad(await user.readTurn(turn)).code).toBe("not_found");
    expect(bad(await user.readTurnEvents(turn, 0, 10, 0)).code).toBe("not_found");
    good(await user.removeVideo(call(), id));
    await taken(address);
    expect(await filesOf(address)).toEqual([]);
    expect(await rowsOf(address, [id, project, turn])).toEqual([]);
    good(await userRpc(address).removeVideo(call(), id));
    expect(bad(await userRpc(freshAddress()).removeVideo(call(), id)).code).toBe("not_found");
  });

  it.concurrent("stops one that is in progress, through crashes", async () => {
    const address = freshAddress();
    const id = await start(userRpc(address), order("make a 10 second video about rain #fault:slow"));
    const turn = await until(async () => good(await userRpc(address).readVideo(id)).turn_id as TurnId | null);
    good(await userRpc(address).removeVideo(call(), id));
    await kill(address);
    expect(bad(await userRpc(address).readVideo(id)).code).toBe("not_found");
    expect(bad(await userRpc(address).readTurn(turn)).code).toBe("not_found");
    await kill(address);
    await taken(address);
    expect(await rowsOf(address, [id, turn])).toEqual([]);
    expect(await filesOf(address)).toEqual([]);
  });

  it.concurrent("leaves nothing if it follows the creation at once", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await start(user, order("make a 1 second video"));
    good(await user.removeVideo(call(), id));
    await taken(address);
    expect(await rowsOf(address, [id])).toEqual([]);
    expect((await user.listProjects({ limit: 10, after: null })).data).toEqual([]);
  });

  it.concurrent("deletes only its files from a project that is not its own, and none that another render uses", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const id = await start(user, order("make a 1 second video about tea", project));
    await ended(address, id);
    const [render] = good(await user.listRenders(project, { limit: 10, after: null })).data;
    const first = renderKey(address, render?.id ?? "");
    const again = good(await user.startRender(call(), project, newRender.parse({})));
    expect(again.reused_from).toBe(render?.id);
    good(await user.removeVideo(call(), id));
    await taken(address);
    expect(bad(await user.renderFile(render?.id as RenderId)).code).not.toBe("not_ready");
    expect(good(await user.renderFile(again.id as RenderId)).key).toBe(first);
    expect(await sizeOf(first)).toBeGreaterThan(0);
    expect(good(await user.readProject(project)).id).toBe(project);
    expect(good(await user.listTurns(project, { limit: 10, after: null })).data).toHaveLength(1);

    const other = await start(user, order("make a 2 second video about rain", project));
    await ended(address, other);
    expect(await filesOf(address)).toHaveLength(2);
    good(await user.removeVideo(call(), other));
    await until(async () => (await filesOf(address)).length === 1);
  });
});

describe("deleting a project", () => {
  it.concurrent("deletes everything in it, a running turn too, and nothing else", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const [project, other] = [await newProject(user), await newProject(user)];
    const kept = await startTurn(user, other, "make a 1 second video about tea");
    await turnEnd(user, kept);
    const turn = await startTurn(user, project, "make a 10 second video about rain #fault:slow");
    const waiting = await startTurn(user, project, "make it longer");
    good(await user.removeProject(call(), project));
    for (const problem of [
      await user.readProject(project),
      await user.readTurn(turn),
      await user.readTurnEvents(waiting, 0, 10, 0),
      await user.watchTurn(turn, 0),
      await user.listTurns(project, { limit: 10, after: null }),
      await user.startRender(call(), project, newRender.parse({})),
      await user.readTimeline(project),
    ])
      expect(bad(problem as never).code).toBe("not_found");
    good(await user.removeProject(call(), project));
    await kill(address);
    await taken(address);
    expect(await rowsOf(address, [project, turn, waiting])).toEqual([]);
    expect((await userRpc(address).listProjects({ limit: 10, after: null })).data.map(({ id }) => id)).toEqual([other]);
    expect(good(await userRpc(address).readTurn(kept)).status).toBe("completed");
  });

  it.concurrent("does not wait for a render that timed out, and neither stores nor reports a late file", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await turnEnd(user, await startTurn(user, project, "make a 1 second video about tea #fault:render_stuck"));
    const { id } = good(await user.startRender(call(), project, newRender.parse({})));
    await until(async () => (await requestLog(address)).renders.length === 1);
    await runInDurableObject(userStub(address), (_, { storage }) => {
      const late = "UPDATE renders SET record = json_set(record, '$.submittedAt', 0 + ?) WHERE id = ?";
      storage.sql.exec(late, Date.now() - scaledTimings(60).renderTimeout, id);
    });
    await until(async () => good(await user.readRender(id as RenderId)).error?.code === "render_timeout");
    good(await user.removeProject(call(), project));
    await taken(address);
    expect(await rowsOf(address, [project, id])).toEqual([]);
    expect(await filesOf(address)).toEqual([]);
    expect((await requestLog(address)).renders).toMatchObject([{ status: "cancelled" }]);
  });

  it.concurrent("differs from changing one, which renames it, and answers 404 once it is deleted", async () => {
    const user = userRpc(freshAddress());
    const project = await newProject(user);
    expect(good(await user.changeProject(call(), project, { name: "tea" }))).toMatchObject({
      name: "tea",
      metadata: {},
    });
    const changed = good(await user.changeProject(call(), project, { metadata: { order: "7" } }));
    expect(changed).toMatchObject({ name: "tea", metadata: { order: "7" } });
    good(await user.removeProject(call(), project));
    expect(bad(await user.changeProject(call(), project, { name: "x" })).code).toBe("not_found");
  });
});
