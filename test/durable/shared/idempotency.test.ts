/** Every creation in the objects of a user and of a tenant uses its idempotency key in the same way. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import type { Problem } from "../../../src/core/errors.ts";
import type { EndpointId, ProjectId, RenderId, TurnId, VideoId } from "../../../src/core/ids.ts";
import { QUOTA_DEFAULTS } from "../../../src/core/limits.ts";
import type { Result } from "../../../src/core/result.ts";
import type { AssetRecord, Call, UserRpc } from "../../../src/core/rpc/user.ts";
import { newRender } from "../../../src/core/wire/render.ts";
import { newVideo } from "../../../src/core/wire/video.ts";
import { orderOf } from "../../../src/services/videos.ts";
import { makeTenant } from "../../support/gateway.ts";
import {
  bad,
  call,
  endOf,
  freshAddress,
  good,
  newProject,
  say,
  startTurn,
  tenantRpc,
  tenantStub,
  until,
  userRpc,
} from "../../support/objects.ts";

/** What the creations need: a project with a timeline, its turn, a render and a video, all ended, and an endpoint. */
type Made = {
  readonly at: UserAddress;
  readonly user: UserRpc;
  readonly project: ProjectId;
  readonly turn: TurnId;
  readonly render: RenderId;
  readonly video: VideoId;
  readonly endpoint: EndpointId;
};
type Creation = {
  readonly create: (call: Call, made: Made) => Promise<Result<object, Problem>>;
  /** Deletes what was created, or what it belongs to; absent where a caller cannot. */
  readonly remove?: (made: Made, id: string) => Promise<unknown>;
  /** The quota of which each one reserves one. */
  readonly quota?: "concurrent_turns" | "renders_per_day";
};

const order = orderOf(newVideo.parse({ prompt: "make a 1 second video" }));
const asset = (at: UserAddress): AssetRecord => ({
  id: `ast_${"0".repeat(20)}${at.uh}`,
  filename: "tone.mp3",
  content_type: "audio/mpeg",
  kind: "audio",
  size_bytes: 8,
  sha256: "0".repeat(64),
  status: "ready",
  duration_ms: null,
  width: null,
  height: null,
  error: null,
  metadata: {},
  created_at: "2026-01-01T00:00:00Z",
  key: "none",
  named: true,
});
const batch = {
  mode: "own_projects",
  concurrency: 1,
  project: null,
  metadata: {},
  callback: null,
  shared: {
    output: { format: "mp4", quality: "high" },
    generator: null,
    attribution: null,
    accepts: null,
    expectedMs: 1_000,
  },
} as const;
const item = {
  prompt: "make a 1 second video",
  sources: [],
  language: null,
  metadata: {},
  onQuestion: "wait",
} as const;
/** Nothing listens there. */
const RECEIVER = "http://127.0.0.1:9/in";
const removeProject = ({ user, project }: Made) => user.removeProject(call(), project);

const CREATIONS: Readonly<Record<string, Creation>> = {
  project: {
    create: (by, { user }) => user.createProject(by, { name: "p", metadata: {} }),
    remove: ({ user }, id) => user.removeProject(call(), id as ProjectId),
  },
  turn: {
    create: (by, { user, project }) => user.startTurn(by, project, say("make a video of the sea #slow:1800s")),
    remove: removeProject,
    quota: "concurrent_turns",
  },
  render: {
    create: (by, { user, project }) => user.startRender(by, project, newRender.parse({ reuse: false })),
    remove: removeProject,
    quota: "renders_per_day",
  },
  video: {
    create: async (by, { user }) => {
      const started = await user.startVideo(by, order);
      return started.ok ? { ok: true, value: { id: started.value.id } } : started;
    },
    remove: ({ user }, id) => user.removeVideo(call(), id as VideoId),
  },
  "turn of a video": {
    create: (by, { user, video }) => user.continueVideo(by, video, "make it longer"),
    remove: ({ user, video }) => user.removeVideo(call(), video),
  },
  batch: { create: (by, { user }) => user.startBatch(by, batch, [item, item]) },
  "generator job": {
    create: (by, { user }) =>
      user.startGeneratorJob(by, {
        description: "quote cards",
        name: null,
        slug: null,
        language: null,
        callback: null,
      }),
  },
  attachment: {
    create: async (by, { at, user, project }) => {
      good(await user.addAsset(call(), asset(at)));
      const attached = await user.attachAsset(by, project, asset(at));
      return attached.ok ? { ok: true, value: { id: attached.value.asset_id } } : attached;
    },
    remove: removeProject,
  },
  "link to a render": {
    create: (by, { user, render }) => user.shareRender(by, render, 60),
    remove: removeProject,
  },
  "link to a video": { create: (by, { user, video }) => user.shareVideo(by, video, 60) },
  "stream ticket": { create: (by, { user, turn }) => user.makeTicket(by, turn), remove: removeProject },
  endpoint: {
    create: async (by, { at }) => {
      const created = await tenantRpc(at).createEndpoint(by, { url: RECEIVER, types: ["*"] });
      return created.ok ? { ok: true, value: { id: created.value.endpoint.id } } : created;
    },
    remove: ({ at }, id) => tenantRpc(at).deleteEndpoint(id as EndpointId),
  },
  "recovery of an endpoint": {
    create: (by, { at, endpoint }) => tenantRpc(at).recoverEndpoint(by, endpoint, 0),
    remove: ({ at, endpoint }) => tenantRpc(at).deleteEndpoint(endpoint),
  },
  "test of an endpoint": { create: (by, { at, endpoint }) => tenantRpc(at).testEndpoint(by, endpoint, null) },
  "new secret": {
    create: async (by, { at, endpoint }) => {
      const rotated = await tenantRpc(at).rotateSecret(by, endpoint);
      return rotated.ok ? { ok: true, value: { id: rotated.value.previous_until } } : rotated; // the secret is shown once
    },
  },
  "default secret": {
    create: async (by, { at }) => {
      const shown = await tenantRpc(at).showSecret(by);
      return shown.ok ? { ok: true, value: { id: shown.value.previous_until } } : shown; // the secret is shown once
    },
  },
  session: { create: (by, { user }) => user.openSession(by) },
  "sign-out": { create: (by, { user }) => user.signOut(by) },
};

async function prepare(): Promise<Made> {
  const at = { ...freshAddress(), tenant: (await makeTenant()).id as UserAddress["tenant"] };
  const user = userRpc(at);
  const project = await newProject(user);
  const turn = await startTurn(user, project, "make a 1 second video");
  const video = good(await user.startVideo(call(), order)).id as VideoId;
  await endOf(user, turn);
  const render = good(await user.startRender(call(), project, newRender.parse({}))).id as RenderId;
  await until(async () => good(await user.readRender(render)).ended_at !== null);
  await until(async () => good(await user.readVideo(video)).ended_at !== null);
  const { endpoint } = good(await tenantRpc(at).createEndpoint(call(), { url: RECEIVER, types: ["*"] }));
  return { at, user, project, turn, render, video, endpoint: endpoint.id as EndpointId };
}

const keyed = (fingerprint?: string): Call => ({ ...call("k", fingerprint), quotas: QUOTA_DEFAULTS.test });
/** What identifies a result: its id, or all of it where it has none. */
const identityOf = (value: object): unknown => ("id" in value ? value.id : value);
/** How many slots for turns the tenant's object counts. */
const slotsOf = ({ at }: Made): Promise<number> =>
  runInDurableObject(
    tenantStub(at),
    (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM slots").one().n,
  );
/** How much of a quota is left. */
const remaining = async ({ at }: Made, quota: string): Promise<number> => {
  const limits = await tenantRpc(at).readQuotas(QUOTA_DEFAULTS.test, at.uh);
  return limits.find(({ name }) => name === quota)?.remaining ?? 0;
};

describe.concurrent.each(Object.entries(CREATIONS))("a %s", (_, { create, remove, quota }) => {
  it("is created once by equal requests, and not by another request with their key", async () => {
    const made = await prepare();
    // The slot of a turn that has ended is free when the tenant has its event, which may be later.
    await until(async () => (await slotsOf(made)) === 0);
    const before = quota === undefined ? 0 : await remaining(made, quota);
    const both = await Promise.all([create(keyed(), made), create(keyed(), made)]);
    const [first, second] = both.map((result) => identityOf(good(result)));
    expect(second).toEqual(first);
    expect(identityOf(good(await create(keyed(), made)))).toEqual(first);
    expect(bad(await create(keyed("other"), made)).code).toBe("idempotency_mismatch");
    if (quota !== undefined) await until(async () => (await remaining(made, quota)) === before - 1);
    if (remove === undefined) return;
    await remove(made, String(first));
    expect(bad(await create(keyed(), made)).code).toBe("repeat_deleted");
  });
});
