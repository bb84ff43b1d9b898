import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterAll, describe, expect, it, vi } from "vitest";
import { renderKey, type UserAddress, userPrefix } from "../../../src/core/address.ts";
import type { RenderId } from "../../../src/core/ids.ts";
import { POISON_ATTEMPTS, RENDER_TTL_MS } from "../../../src/core/limits.ts";
import type { UserRpc } from "../../../src/core/rpc/user.ts";
import { DAY_MS, HOUR_MS } from "../../../src/core/time.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import { newRender, type RenderWire } from "../../../src/core/wire/render.ts";
import { insertTenant } from "../../../src/store/tenants.ts";
import { sample } from "../../support/media.ts";
import {
  bad,
  call,
  endOf,
  env,
  freshAddress,
  good,
  kill,
  newProject,
  requestLog,
  startTurn,
  tenantRpc,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";
import { replaceUpstream } from "../../support/upstream.ts";

const body = newRender.parse({ metadata: { order: "7" } });

const doneOf = (user: UserRpc, id: string, ms = 20_000): Promise<RenderWire> =>
  until(async () => {
    const render = good(await user.readRender(id as RenderId));
    return render.ended_at === null ? null : render;
  }, ms);

/** The types of the tenant's events of this user's renders, in order. */
async function eventTypes(address: UserAddress): Promise<string[]> {
  await until(async () => (await jobsOf(address, "outbox")).length === 0);
  const { data } = await tenantRpc(address).listEvents(0, 100, null);
  return data.flatMap(({ type }) => (type.startsWith("render.") ? [type] : []));
}

/** The jobs of one kind of the user's object. */
const jobsOf = (address: UserAddress, kind: string): Promise<unknown[]> =>
  runInDurableObject(userStub(address), (_, { storage }) =>
    storage.sql.exec("SELECT key, due_at FROM jobs WHERE kind = ?", kind).toArray(),
  );

/** Changes a stored render, as if another time had come. */
const amend = (address: UserAddress, id: string, change: string, value: number): Promise<void> =>
  runInDurableObject(userStub(address), (_, { storage }) => {
    storage.sql.exec(`UPDATE renders SET record = json_set(record, ${change}) WHERE id = ?`, value, id);
  });

/** Has the object check a finished file now, as it does once a day. */
async function checkFile(address: UserAddress, id: string): Promise<void> {
  await runInDurableObject(userStub(address), (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = 'file_expiry' AND key = ?", id);
  });
  await userRpc(address).wake();
  await until(
    async () => !(await jobsOf(address, "file_expiry")).some((row) => (row as { due_at: number }).due_at === 1),
  );
}

/** Makes a file expire. */
async function expire(address: UserAddress, id: string): Promise<void> {
  await amend(address, id, "'$.endedAt', 0 + ?", Date.now() - RENDER_TTL_MS - 1);
  await amend(address, id, "'$.file.expiresAt', 0 + ?", Date.now() - 1);
  await runInDurableObject(userStub(address), (_, { storage }) => {
    storage.sql.exec("UPDATE renders SET file_expires_at = 1 WHERE id = ?", id);
    storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = 'file_expiry' AND key = ?", id);
  });
  await userRpc(address).wake();
  await until(async () => !(await jobsOf(address, "file_expiry")).some((row) => (row as { key: string }).key === id));
}

type Answer = (request: Request, real: () => Promise<Response>) => Promise<Response> | null;

/** This user's upstream, with some of its answers replaced; null lets the real one through. */
const upstream = (address: UserAddress, answer: Answer): void =>
  replaceUpstream(address, (request, real) => answer(request, real) ?? real());

afterAll(() => void vi.restoreAllMocks());

/** A project with something to render. */
async function filled(words = "") {
  const address = freshAddress();
  const user = userRpc(address);
  const project = await newProject(user);
  await endOf(user, await startTurn(user, project, `make a 3 second video of the sea ${words}`));
  return { address, user, project };
}

describe.concurrent("a render in its object", () => {
  it("is rejected while there is nothing to render", async () => {
    const user = userRpc(freshAddress());
    const project = await newProject(user);
    expect(bad(await user.startRender(call(), project, body)).code).toBe("nothing_to_render");
  });

  it("ends with the file in our own store, once per key, and survives an eviction", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    // The export takes two seconds, so that it has not ended when its file is read.
    await endOf(user, await startTurn(user, project, "make a 3 second video of the sea #slow_render:120s"));
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
    expect((await requestLog(address)).renders).toHaveLength(1);
  });

  it("fails when inspecting its file ends its instance repeatedly", async () => {
    const { address, user, project } = await filled();
    const { MEDIA } = env;
    const get = MEDIA.get.bind(MEDIA);
    let begun = 0;
    vi.spyOn(MEDIA, "get").mockImplementation(((key: string, options?: R2GetOptions) => {
      const isInspection = options?.range !== undefined && key.startsWith(userPrefix(address));
      if (!isInspection) return get(key, options);
      begun += 1;
      return new Promise(() => undefined);
    }) as typeof MEDIA.get);
    const { id } = good(await user.startRender(call(), project, body));
    const polls = POISON_ATTEMPTS; // the first one belongs to the poll that found it finished
    for (let nth = 1; nth <= polls; nth += 1) {
      await until(async () => begun >= nth, 40_000);
      await kill(address);
    }
    const render = await doneOf(userRpc(address), id, 40_000);
    expect(render).toMatchObject({ status: "failed", error: { code: "render_failed" } });
    expect(begun).toBe(polls);
  });

  it("is submitted once more when upstream fails it, and fails when that fails too", async () => {
    const { address, user, project } = await filled("#fault:render_fail_once");
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "completed", error: null, attempts: [{ detail: expect.any(String) }] });
    const two = (await requestLog(address)).renders as { id: string; submits: number }[];
    expect(new Set(two.map(({ id }) => id)).size).toBe(2);
    expect(two.map(({ submits }) => submits)).toEqual([1, 1]);
    const other = await filled("#fault:render_fail");
    const failed = await doneOf(other.user, good(await other.user.startRender(call(), other.project, body)).id);
    const error = { code: "render_failed", retryable: true };
    expect(failed).toMatchObject({ status: "failed", error, content_url: null, stage: null });
    expect(failed.attempts).toHaveLength(2);
    expect((await requestLog(other.address)).renders).toHaveLength(2);
  });

  it("stops a stalled download, and copies the file with the next attempt", async () => {
    const { address, user, project } = await filled();
    let stalls = 0;
    upstream(address, async (_, real) => {
      const response = await real();
      if (!response.headers.get("content-type")?.includes("video/mp4") || stalls++ >= 2) return response;
      const { readable, writable } = new FixedLengthStream(Number(response.headers.get("content-length") ?? 1_000));
      writable
        .getWriter()
        .write(new Uint8Array(10))
        .catch(() => undefined);
      return new Response(readable, { headers: { "content-type": "video/mp4" } });
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render.status).toBe("completed");
    expect(stalls).toBeGreaterThan(2);
  });

  it("ends at once with upstream's own reason if that is permanent", async () => {
    const { address, user, project } = await filled();
    let sends = 0;
    upstream(address, (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda")) return null;
      sends += 1;
      return Promise.resolve(Response.json({ detail: "Payment Required" }, { status: 402 }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "failed", error: { code: "plan_upgrade_required" } });
    expect(sends).toBe(1);
  });

  it("ends at once if its session is found lost before the submit", async () => {
    const { address, user, project } = await filled();
    let reads = 0;
    upstream(address, (request) => {
      if (!/state|sessions/.test(new URL(request.url).pathname) || request.method !== "GET" || reads++ === 0)
        return null;
      return Promise.resolve(Response.json({ code: 1002, msg: "session not found" }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "failed", error: { code: "session_lost" } });
  });

  it("is sent again while upstream is too busy to accept it", async () => {
    const { address, user, project } = await filled();
    let sends = 0;
    upstream(address, (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda") || sends++ > 1) return null;
      return Promise.resolve(Response.json({ detail: "slow down" }, { status: 429 }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render.status).toBe("completed");
    expect(sends).toBe(3);
    expect((await requestLog(address)).renders).toHaveLength(1);
  });

  it("ends with the reason if upstream stays too busy, after a few attempts at growing intervals", async () => {
    const { address, user, project } = await filled();
    const tries: number[] = [];
    upstream(address, (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda")) return null;
      tries.push(Date.now());
      return Promise.resolve(Response.json({ detail: "slow down" }, { status: 429 }));
    });
    const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(render).toMatchObject({ status: "failed", error: { code: "nemo_busy" } });
    const { retry } = scaledTimings(60);
    const least = [1, 2, 4, 8, 16].map((times) => times * retry);
    const waited = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
    expect(waited).toHaveLength(least.length);
    for (const [n, ms] of waited.entries()) expect(ms).toBeGreaterThanOrEqual(least[n] ?? 0);
    expect(await jobsOf(address, "render")).toEqual([]);
    expect((await requestLog(address)).renders).toEqual([]);
  });

  it("is not submitted again before upstream's Retry-After, and does not wait if that is too long", async () => {
    const [one, two] = [await filled(), await filled()];
    const tries: number[] = [];
    let seconds = 2;
    const busy: Answer = (request) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda") || tries.push(Date.now()) === 2) return null;
      const headers = { "retry-after": String(seconds) };
      return Promise.resolve(Response.json({ detail: "slow down" }, { status: 429, headers }));
    };
    for (const { address } of [one, two]) upstream(address, busy);
    const render = await doneOf(one.user, good(await one.user.startRender(call(), one.project, body)).id);
    expect(render.status).toBe("completed");
    const [first = 0, second = 0] = tries;
    expect(second - first).toBeGreaterThanOrEqual(2_000);
    seconds = 3_600;
    const other = await doneOf(two.user, good(await two.user.startRender(call(), two.project, body)).id);
    expect(other).toMatchObject({ status: "failed", error: { code: "nemo_busy" } });
    expect(tries).toHaveLength(3);
  });

  it("is found after a restart even if upstream knows its job only a little later", async () => {
    const { address, user, project } = await filled();
    let unknown = 0;
    upstream(address, (request) => {
      if (request.method !== "GET" || !/\/lambda\/render_/.test(request.url) || unknown++ > 1) return null;
      return Promise.resolve(Response.json({ detail: "Render not found" }, { status: 404 }));
    });
    const id = good(await user.startRender(call(), project, body)).id;
    await until(async () => (await requestLog(address)).renders.length === 1);
    // What a kill leaves behind between the submit and its answer.
    await runInDurableObject(userStub(address), (_, { storage }) => {
      const interrupted =
        "UPDATE renders SET record = json_set(record, '$.phase', 'submitting', '$.polls', 0) WHERE id = ?";
      storage.sql.exec(interrupted, id);
    });
    expect((await doneOf(user, id)).status).toBe("completed");
    expect(unknown).toBeGreaterThan(2);
    expect((await requestLog(address)).renders).toHaveLength(1);
  });

  it("describes its file", async () => {
    const { address, user, project } = await filled();
    const { id } = good(await user.startRender(call(), project, body));
    const render = await doneOf(user, id);
    const { key } = good(await user.renderFile(id as RenderId));
    const bytes = await (await env.MEDIA.get(key))?.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes ?? new ArrayBuffer(0)));
    expect(render.file).toMatchObject({
      sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      duration_ms: 3_000,
      width: 1_920,
      height: 1_080,
      codec: "h264",
      content_type: "video/mp4",
      size_bytes: bytes?.byteLength,
    });
    expect(render.warnings).toEqual([]);
    expect(await eventTypes(address)).toEqual(["render.completed"]);
  });

  it.each(["render_page", "render_short", "render_sound", "render_cut"])(
    "never completes with a file that is not the whole video (%s)",
    async (fault) => {
      const { address, user, project } = await filled(`#fault:${fault}`);
      const { id } = good(await user.startRender(call(), project, body));
      expect(await doneOf(user, id)).toMatchObject({ status: "failed", file: null, error: { code: "render_failed" } });
      expect(await env.MEDIA.head(renderKey(address, id))).toBeNull();
    },
  );

  it("does not download a file that is announced with more than 2 GB, by either way", async () => {
    const { address, user, project } = await filled();
    const offered: string[] = [];
    let givenBytes = 0;
    upstream(address, async (request, real) => {
      const answer = await real();
      if (answer.headers.get("content-type") !== "video/mp4") return answer;
      await answer.body?.cancel();
      offered.push(new URL(request.url).pathname);
      const body = new ReadableStream({
        pull: (to) => {
          givenBytes += 65_536;
          to.enqueue(new Uint8Array(65_536));
        },
      });
      const headers = new Headers(answer.headers);
      headers.set("content-length", "2000000001");
      return new Response(body.pipeThrough(new FixedLengthStream(2_000_000_001)), { headers });
    });
    const { id } = good(await user.startRender(call(), project, body));
    expect(await doneOf(user, id)).toMatchObject({ status: "failed", file: null, error: { code: "render_failed" } });
    expect(await env.MEDIA.head(renderKey(address, id))).toBeNull();
    expect(givenBytes).toBeLessThan(4_000_000); // what the streams between hold
    expect(new Set(offered).size).toBeGreaterThan(1); // the address and the fallback download
  });

  it.each(["render_url_gone", "render_url_short"])(
    "copies the whole file through the fallback download (%s)",
    async (fault) => {
      const { user, project } = await filled(`#fault:${fault}`);
      const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
      expect(render).toMatchObject({ status: "completed", file: { duration_ms: 3_000 } });
    },
  );

  it("copies the file through the fallback download if no address comes until its timeout", async () => {
    const { address, user, project } = await filled("#fault:render_never_url");
    const { id } = good(await user.startRender(call(), project, body));
    await until(async () => (await requestLog(address)).renders.length === 1);
    await until(async () => good(await user.readRender(id as RenderId)).stage === "waiting");
    await amend(address, id, "'$.submittedAt', 0 + ?", Date.now() - scaledTimings(60).renderTimeout + 1_000);
    expect(await doneOf(user, id)).toMatchObject({ status: "completed", file: { duration_ms: 3_000 } });
    expect(await eventTypes(address)).toEqual(["render.completed"]);
  });

  it("has a warning if the file differs from its timeline", async () => {
    const { user, project } = await filled("#fault:render_other_size");
    const { warnings } = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    expect(warnings).toEqual([{ code: "dimensions_differ", detail: expect.stringContaining("1080×1920") }]);
  });

  it("returns the finished file of an unchanged timeline, unless told not to", async () => {
    const { address, user, project } = await filled();
    const first = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    const plan = good(await user.planRender(project, body));
    expect(plan).toMatchObject({ dry_run: true, reuses: first.id, duration_ms: 3_000 });
    const again = good(await user.startRender(call(), project, newRender.parse({ metadata: { order: "8" } })));
    expect(again).toMatchObject({ status: "completed", reused_from: first.id, metadata: { order: "8" } });
    expect(again.id).not.toBe(first.id);
    expect({ ...again.file, expires_at: "" }).toEqual({ ...first.file, expires_at: "" });
    const keys = [first.id, again.id].map(async (id) => good(await user.renderFile(id as RenderId)).key);
    expect(new Set(await Promise.all(keys)).size).toBe(1);
    expect((await requestLog(address)).renders).toHaveLength(1);
    const anew = good(await user.startRender(call(), project, newRender.parse({ reuse: false })));
    expect(await doneOf(user, anew.id)).toMatchObject({ status: "completed", reused_from: null });
    expect((await requestLog(address)).renders).toHaveLength(2);
    expect(await eventTypes(address)).toEqual(["render.completed", "render.completed", "render.completed"]);
    await endOf(user, await startTurn(user, project, "add a title that says hello #fault:talkative"));
    expect(good(await user.planRender(project, body)).reuses).toBeNull();
  });

  it("only describes what it would do in a dry run", async () => {
    const { address, user, project } = await filled();
    expect(good(await user.planRender(project, body))).toMatchObject({ reuses: null, width: 1_920 });
    expect(good(await user.listRenders(null, { limit: 5, after: null })).data).toEqual([]);
    expect((await requestLog(address)).renders).toEqual([]);
    expect(bad(await user.planRender(await newProject(user), body)).code).toBe("nothing_to_render");
  });

  it("rejects an undocumented output, unless the operator allows it", async () => {
    const { user, project } = await filled();
    const odd = newRender.parse({ output: { format: "mov", quality: "4k" } });
    const problem = bad(await user.startRender(call(), project, odd));
    expect(problem.code).toBe("unattested_output");
    expect(problem.detail).not.toMatch(/[A-Z]+_[A-Z]+/); // no setting of the operator's
    expect(bad(await user.planRender(project, odd)).code).toBe("unattested_output");
    env.ALLOW_UNATTESTED_OUTPUT = "1";
    const open = await filled();
    delete env.ALLOW_UNATTESTED_OUTPUT;
    const asked: unknown[] = [];
    upstream(open.address, async (request, real) => {
      if (request.method === "POST" && request.url.endsWith("/lambda")) asked.push(await request.clone().json());
      return real();
    });
    const { id } = good(await open.user.startRender(call(), open.project, odd));
    expect(await doneOf(open.user, id)).toMatchObject({
      status: "completed",
      output: { format: "mov", quality: "4k" },
    });
    expect(asked).toMatchObject([{ output: { format: "mov", quality: "4k" } }]);
    expect(good(await open.user.renderFile(id as RenderId)).filename).toBe(`${id}.mov`);
  });

  it("can be cancelled, at upstream too", async () => {
    const { address, user, project } = await filled("#slow_render:600s");
    const { id } = good(await user.startRender(call(), project, body));
    await until(async () => good(await user.readRender(id as RenderId)).status === "processing");
    const cancelled = good(await user.cancelRender(call(), id as RenderId));
    expect(cancelled).toMatchObject({ status: "failed", error: { code: "cancelled" }, stage: null });
    expect(good(await user.cancelRender(call(), id as RenderId))).toEqual(cancelled);
    await until(async () => {
      const [job] = (await requestLog(address)).renders as { status: string }[];
      return job?.status === "cancelled";
    });
    await until(async () => (await jobsOf(address, "render")).length === 0);
    expect(good(await user.readRender(id as RenderId))).toEqual(cancelled);
    expect(await eventTypes(address)).toEqual(["render.failed"]);
  });

  it("is cancelled even while its submission is in flight, and never sent if it had not left", async () => {
    // One that upstream does not finish by itself before it is taken back.
    const { address, user, project } = await filled("#fault:render_stuck");
    let let_go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      let_go = resolve;
    });
    let sends = 0;
    upstream(address, async (request, real) => {
      if (request.method !== "POST" || !request.url.endsWith("/lambda")) return real();
      sends += 1;
      await held;
      return real();
    });
    const { id } = good(await user.startRender(call(), project, body));
    await until(async () => sends === 1);
    expect(good(await user.cancelRender(call(), id as RenderId)).error?.code).toBe("cancelled");
    let_go();
    await until(async () => (await jobsOf(address, "render")).length === 0);
    expect((await requestLog(address)).renders).toMatchObject([{ status: "cancelled", submits: 1 }]);
    expect(await eventTypes(address)).toEqual(["render.failed"]);
  });

  it("reports a timeout, and completes with a second event when the file comes late", async () => {
    const { address, user, project } = await filled("#fault:render_stuck");
    const { id } = good(await user.startRender(call(), project, body));
    await until(async () => (await requestLog(address)).renders.length === 1);
    await amend(address, id, "'$.submittedAt', 0 + ?", Date.now() - scaledTimings(60).renderTimeout);
    const timedOut = await doneOf(user, id);
    expect(timedOut).toMatchObject({
      status: "failed",
      stage: "late",
      error: { code: "render_timeout", retryable: true },
    });
    expect(timedOut.next_check_at).not.toBeNull();
    upstream(address, async (request, real) => {
      const response = await real();
      if (!/lambda\/render_/.test(request.url) && !request.url.includes("/download")) return response;
      if (request.url.includes("/download")) return new Response(sample("clip.mp4"));
      return Response.json({ status: "completed", output: { url: "https://nowhere.invalid/x.mp4" } });
    });
    const late = await until(async () => {
      const render = good(await user.readRender(id as RenderId));
      return render.status === "completed" ? render : null;
    });
    expect(late).toMatchObject({ error: null, stage: null, file: { duration_ms: 3_000, width: 320 } });
    expect(late.warnings).toMatchObject([{ code: "dimensions_differ" }]);
    expect(await eventTypes(address)).toEqual(["render.failed", "render.completed"]);
  });

  it("is submitted again if upstream never had it, and no submission is sent twice", async () => {
    for (const fault of ["render_submit_dropped", "render_lost"]) {
      const { address, user, project } = await filled(`#fault:${fault}`);
      const render = await doneOf(user, good(await user.startRender(call(), project, body)).id);
      expect(render, fault).toMatchObject({ status: "completed", attempts: [{ detail: expect.any(String) }] });
      expect((await requestLog(address)).renders, fault).toMatchObject([{ submits: 1 }]);
    }
  });

  it("keeps its file as long as the operator set for the tenant, and returning it again extends that", async () => {
    const { address, user, project } = await filled();
    const settings = { render_file_seconds: 7_200 };
    const tenant = { id: address.tenant, name: "short", tier: "small" as const, createdAt: Date.now(), settings };
    await insertTenant(env.DB, tenant).run();
    const first = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    const again = good(await user.startRender(call(), project, body));
    expect(again.reused_from).toBe(first.id);
    for (const { ended_at, file } of [first, again]) {
      const kept = Date.parse(file?.expires_at ?? "") - Date.parse(ended_at ?? "");
      expect(Math.round(kept / 60_000)).toBe(120);
    }
  });

  it("keeps existing files as long as the operator's current setting says, shorter or longer, a day later", async () => {
    const { address, user, project } = await filled();
    const tenant = {
      id: address.tenant,
      name: "changing",
      tier: "small" as const,
      createdAt: Date.now(),
      settings: {},
    };
    await insertTenant(env.DB, tenant).run();
    const done = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    const id = done.id as RenderId;
    const keepFor = async (render_file_seconds: number): Promise<number> => {
      const settings = JSON.stringify({ render_file_seconds });
      await env.DB.prepare("UPDATE tenants SET settings = ?1 WHERE id = ?2").bind(settings, address.tenant).run();
      await checkFile(address, id);
      const { file } = good(await user.readRender(id));
      return Date.parse(file?.expires_at ?? "") - Date.parse(done.ended_at ?? "");
    };
    const [row] = (await jobsOf(address, "file_expiry")) as { due_at: number }[];
    expect(row?.due_at).toBeLessThanOrEqual(Date.now() + scaledTimings(60).fileCheckInterval);
    expect(await keepFor(7 * 86_400)).toBe(7 * DAY_MS);
    expect(await keepFor(90 * 86_400)).toBe(90 * DAY_MS);
    await amend(address, id, "'$.endedAt', 0 + ?", Date.now() - 2 * HOUR_MS);
    await keepFor(3_600);
    expect(bad(await user.renderFile(id)).code).toBe("file_gone");
    await until(async () => (await env.MEDIA.head(renderKey(address, id))) === null);
    await keepFor(90 * 86_400);
    expect(bad(await user.renderFile(id)).code).toBe("file_gone");
  });

  it("deletes its file at its expiry, and not one that another render still uses", async () => {
    const { address, user, project } = await filled();
    const first = await doneOf(user, good(await user.startRender(call(), project, body)).id);
    const second = good(await user.startRender(call(), project, body));
    const key = renderKey(address, first.id);
    await expire(address, first.id);
    expect(bad(await user.renderFile(first.id as RenderId))).toMatchObject({ code: "file_gone" });
    const gone = { status: "completed", content_url: null, download_url: null, download_url_expires_at: null };
    expect(first.download_url).toMatch(/\/f\//);
    expect(good(await user.readRender(first.id as RenderId))).toMatchObject(gone);
    const known = { size_bytes: first.size_bytes, width: first.width, height: first.height };
    expect(good(await user.readRender(first.id as RenderId))).toMatchObject(known);
    expect(good(await user.renderFile(second.id as RenderId)).key).toBe(key);
    expect(await env.MEDIA.head(key)).not.toBeNull();
    await expire(address, second.id);
    expect(await env.MEDIA.head(key)).toBeNull();
    expect(good(await user.planRender(project, body)).reuses).toBeNull();
  });

  it("is listed with those of the user's other projects", async () => {
    const { user, project } = await filled();
    const one = good(await user.startRender(call(), project, body)).id;
    const other = await newProject(user);
    await endOf(user, await startTurn(user, other, "make a 2 second video of a cat"));
    const two = good(await user.startRender(call(), other, body)).id;
    const page = good(await user.listRenders(null, { limit: 1, after: null }));
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([[two], true]);
    const rest = good(await user.listRenders(null, { limit: 5, after: page.next_cursor }));
    expect(rest.data.map(({ id }) => id)).toEqual([one]);
    expect(good(await user.listRenders(other, { limit: 5, after: null })).data).toHaveLength(1);
  });
});
