/** Random faults, random crashes: every render ends, every end is reported once, and nothing is submitted to upstream twice. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { renderKey, type UserAddress } from "../../../src/core/address.ts";
import type { RenderId } from "../../../src/core/ids.ts";
import { newRender, type RenderWire } from "../../../src/core/wire/render.ts";
import { SandboxObject } from "../../../src/sandbox/object.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  kill,
  newProject,
  startTurn,
  tenantRpc,
  until,
  userRpc,
} from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

const fault = fc.constantFrom(
  "render_fail",
  "render_fail_once",
  "render_no_url",
  "render_never_url",
  "render_5xx",
  "render_429",
  "render_submit_5xx",
  "render_submit_dropped",
  "render_lost",
  "render_402",
  "render_stuck",
  "render_odd_status",
  "render_wrapped",
  "render_expired",
  "render_cut",
  "render_short",
  "render_page",
  "render_sound",
  "render_url_gone",
  "render_url_short",
);
const moment = fc.integer({ min: 0, max: 700 });
const story = fc.record({
  faults: fc.uniqueArray(fault, { maxLength: 2 }),
  renders: fc.integer({ min: 1, max: 2 }),
  /** When the object crashes, in milliseconds after the last submission. */
  kills: fc.array(moment, { maxLength: 2 }),
  /** When the first render is taken back; null: it is not. */
  cancelAt: fc.option(moment, { nil: null, freq: 3 }),
});
type Story = {
  readonly faults: string[];
  readonly renders: number;
  readonly kills: number[];
  readonly cancelAt: number | null;
};

/** How often each order's id has reached upstream. */
const arrivals = new Map<string, number>();

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A call that may meet an instance which is being killed: asked again of the next one. */
const insist = <T>(ask: () => Promise<T>): Promise<T> => until(() => ask().catch(() => null));

async function play({ faults, renders, kills, cancelAt }: Story): Promise<void> {
  const address = freshAddress();
  const project = await newProject(userRpc(address));
  const words = faults.map((name) => `#fault:${name}`).join(" ");
  await endOf(userRpc(address), await startTurn(userRpc(address), project, `make a 2 second video ${words}`));
  const ids: RenderId[] = [];
  for (let n = 0; n < renders; n++) {
    const order = (): Promise<RenderWire> =>
      userRpc(address)
        .startRender(call(`order ${n}`), project, newRender.parse({ reuse: false }))
        .then(good);
    ids.push((await insist(order)).id as RenderId);
  }
  const cancel = async (at: number): Promise<void> => {
    await sleep(at);
    await insist(() =>
      userRpc(address)
        .cancelRender(call(), ids[0] as RenderId)
        .then(good),
    );
  };
  const crash = async (at: number): Promise<void> => {
    await sleep(at);
    await kill(address);
  };
  await Promise.all([...kills.map(crash), ...(cancelAt === null ? [] : [cancel(cancelAt)])]);
  for (const id of ids) await judge(address, id);
}

async function judge(address: UserAddress, id: RenderId): Promise<void> {
  const read = (): Promise<RenderWire> => insist(() => userRpc(address).readRender(id).then(good));
  const render = await until(async () => {
    const now = await read();
    return now.ended_at === null ? null : now;
  });
  const published = await until(async () => {
    const { data } = await tenantRpc(address).listEvents(0, 100, null);
    const own = data.filter(({ data: shown }) => (shown as { id?: string }).id === id);
    return own.length > 0 ? own : null;
  });
  expect(published.map(({ sequence }) => sequence)).toEqual(published.map((_, at) => at + 1));
  expect(new Set(published.map(({ type }) => type)).size).toBe(published.length);
  expect(published.at(-1)?.type).toBe(`render.${render.status}`);
  expect(render.attempts.length).toBeLessThanOrEqual(2);
  const stored = () => env.MEDIA.head(renderKey(address, id));
  if (render.status === "completed") expect((await stored())?.size).toBe(render.file?.size_bytes);
  // What an interrupted copy left is deleted by a job after the end was shown.
  else if (render.stage === null) await until(async () => (await stored()) === null);
}

paceIs(240);
beforeAll(() => {
  const { fetch } = SandboxObject.prototype;
  vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(async function (this: SandboxObject, request) {
    if (request.method !== "POST" || !request.url.endsWith("/api/render/proxy/lambda"))
      return fetch.call(this, request);
    const { id } = (await request.clone().json()) as { id: string };
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
    return fetch.call(this, request);
  });
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe("renders, for any faults and any crash", () => {
  it("end, report each end once, and reach upstream at most once per submission", async () => {
    const seed = Date.now();
    // Side by side: each story has a user of its own, and most of its time is waiting.
    const stories = fc.sample(story, { numRuns: 24, seed });
    const played = await Promise.allSettled(stories.map(play));
    const broken = played.flatMap((one, at) =>
      one.status === "rejected" ? [{ story: stories[at], why: String(one.reason) }] : [],
    );
    expect({ seed, broken }).toEqual({ seed, broken: [] });
    expect([...arrivals.values()].filter((times) => times > 1)).toEqual([]);
    expect(arrivals.size).toBeGreaterThan(stories.length / 2);
  });
});
