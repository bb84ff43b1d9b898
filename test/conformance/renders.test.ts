/** PROTOCOL.md section 6: renders and their files. */
import { beforeAll, describe, expect, it } from "vitest";
import { checkMp4 } from "../../scripts/lib/mp4-check.ts";
import { pageSchema } from "../../src/core/wire/common.ts";
import { link, RENDER_STATUSES, type RenderWire, render, renderPlan } from "../../src/core/wire/render.ts";
import { turn } from "../../src/core/wire/turn.ts";
import { type Member, newMember, problem, request, shown } from "./support/client.ts";
import { endOfRender, finishedRender, startRender } from "./support/renders.ts";

const listed = pageSchema(turn);

describe.concurrent("§6 renders", () => {
  it("§6 rejects an empty timeline", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await problem(member.post(`/v1/projects/${id}/renders`), "nothing_to_render");
    await member.said(id, "hello");
    await problem(member.post(`/v1/projects/${id}/renders`), "nothing_to_render");
  });

  it("§6 answers 202 with the time of the next poll until there is a file", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await member.said(id, "make a 4 second clip of the sea #slow_render:90s");
    const answer = await member.post(`/v1/projects/${id}/renders`, { metadata: { order: "7" } });
    const location = answer.headers.get("location");
    const made = await shown(answer, render, 202);
    expect(location).toBe(`/v1/renders/${made.id}`);
    expect(made).toMatchObject({ project_id: id, metadata: { order: "7" }, file: null, content_url: null });
    const seen: RenderWire[] = [made];
    while (seen.at(-1)?.ended_at === null) seen.push(await member.get(`/v1/renders/${made.id}`, render));
    for (const { status, next_check_at, ended_at, progress } of seen) {
      expect(RENDER_STATUSES).toContain(status);
      expect(next_check_at === null, status).toBe(ended_at !== null);
      expect(progress).toBeLessThanOrEqual(100);
    }
    const order = [...new Set(seen.map(({ status }) => RENDER_STATUSES.indexOf(status)))];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ status: "completed", progress: 100, error: null });
    const last = await member.get(`/v1/projects/${id}/turns`, listed);
    expect(last.data[0]?.render_ids).toEqual([made.id]);
  });

  it.each(["render_wrapped", "render_no_url", "render_5xx", "render_429", "render_submit_5xx", "render_odd_status"])(
    "§6 completes a render although Nemo's answers are irregular (%s)",
    async (fault) => {
      const { done } = await finishedRender(await newMember(), `#fault:${fault}`);
      expect(done).toMatchObject({ status: "completed", error: null });
    },
  );

  it.each(["render_cut", "render_expired"])("§6 never completes with a truncated file (%s)", async (fault) => {
    const { done } = await finishedRender(await newMember(), `#fault:${fault}`);
    expect(done).toMatchObject({ status: "failed", file: null, error: { code: "render_failed", retryable: true } });
  });

  it("§6 submits a render that Nemo fails once more, and fails it when that fails too", async () => {
    const member = await newMember();
    const once = await finishedRender(member, "#fault:render_fail_once");
    expect(once.done).toMatchObject({ status: "completed", error: null, attempts: [{ detail: expect.any(String) }] });
    const { done } = await finishedRender(member, "#fault:render_fail");
    expect(done).toMatchObject({ status: "failed", stage: null, file: null, content_url: null, next_check_at: null });
    expect([done.error?.code, done.attempts.length]).toEqual(["render_failed", 2]);
    const rejected = await problem(member.ask("GET", `/v1/renders/${done.id}/content`), "no_file");
    expect(rejected.error).toEqual(done.error);
  });

  it("§6 returns the finished file of an unchanged timeline again, unless told not to", async () => {
    const member = await newMember();
    const { project, done } = await finishedRender(member);
    const dry = await member.post(`/v1/projects/${project}/renders`, { dry_run: true });
    expect(await shown(dry, renderPlan, 200)).toMatchObject({ reuses: done.id });
    const again = await startRender(member, project);
    expect(again).toMatchObject({ status: "completed", reused_from: done.id });
    const [one, two] = [done, again].map(async ({ content_url }) =>
      (await member.ask("GET", content_url ?? "")).text(),
    );
    expect(await two).toBe(await one);
    const anew = await startRender(member, project, { reuse: false });
    expect(anew).toMatchObject({ ended_at: null, reused_from: null });
    await endOfRender(member, anew.id);
    const all = await member.get("/v1/renders", pageSchema(render));
    expect(all.data.map(({ id }) => id)).toEqual([anew.id, again.id, done.id]);
  });

  it("§6 rejects an output that is not documented", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await member.said(id, "make a 2 second clip of the sea");
    const odd = member.post(`/v1/projects/${id}/renders`, { output: { format: "mov", quality: "high" } });
    await problem(odd, "unattested_output");
  });

  it("§6 cancels a render, and answers a second cancellation the same", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await member.said(id, "make a 2 second clip of the sea #slow_render:1800s");
    const made = await startRender(member, id);
    const cancel = (): Promise<RenderWire> => shown(member.post(`/v1/renders/${made.id}/cancel`), render, 200);
    const cancelled = await cancel();
    expect(cancelled).toMatchObject({ status: "failed", error: { code: "cancelled" }, next_check_at: null });
    expect(await cancel()).toEqual(cancelled);
    const rejected = await problem(member.ask("GET", `/v1/renders/${made.id}/content`), "no_file");
    expect(rejected.error?.code).toBe("cancelled");
  });

  it("§6 describes the file", async () => {
    const { done } = await finishedRender(await newMember());
    expect(done.file).toMatchObject({ duration_ms: 4_000, width: 1_920, height: 1_080, codec: "h264" });
    expect(done.file?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(done.file?.expires_at ?? "")).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(done.warnings).toEqual([]);
  });
});

describe("§6 files", () => {
  let member: Member;
  let done: RenderWire;
  let whole: Uint8Array;
  const content = (headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
    member.ask(method, `/v1/renders/${done.id}/content`, { headers });

  beforeAll(async () => {
    member = await newMember();
    ({ done } = await finishedRender(member));
    whole = new Uint8Array(await (await content()).arrayBuffer());
  });

  it("§6 serves the whole file from its own address, with its size, type and ETag", async () => {
    const answer = await member.ask("GET", done.content_url ?? "");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("video/mp4");
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(answer.headers.get("etag")).toBe(done.file?.etag);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes.length).toBe(done.file?.size_bytes);
    expect(() => checkMp4(bytes)).not.toThrow();
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=4-7", 4, 8],
    ["bytes=-100", -100, undefined],
    ["bytes=1000-", 1_000, undefined],
    ["bytes=1000-99999999", 1_000, undefined],
  ])("§6 serves %s of it", async (range, from, to) => {
    const part = await content({ range });
    expect(part.status).toBe(206);
    const wanted = whole.slice(from, to);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(wanted);
    expect(part.headers.get("content-length")).toBe(String(wanted.length));
    const first = from < 0 ? whole.length + from : from;
    expect(part.headers.get("content-range")).toBe(`bytes ${first}-${first + wanted.length - 1}/${whole.length}`);
  });

  it("§6 answers 416 with the size to a range outside it", async () => {
    const outside = await content({ range: `bytes=${whole.length}-` });
    expect(outside.headers.get("content-range")).toBe(`bytes */${whole.length}`);
    await problem(outside, "range_not_satisfiable");
  });

  it("§6 answers HEAD like GET without the bytes", async () => {
    const head = await content({}, "HEAD");
    expect([head.status, head.headers.get("content-length"), head.headers.get("etag"), await head.text()]).toEqual([
      200,
      String(whole.length),
      done.file?.etag,
      "",
    ]);
  });

  it("§6 answers 304 to a caller that has the file, and respects If-Range", async () => {
    const tag = done.file?.etag ?? "";
    expect((await content({ "if-none-match": tag })).status).toBe(304);
    expect((await content({ "if-none-match": '"other"' })).status).toBe(200);
    expect((await content({ range: "bytes=0-3", "if-range": tag })).status).toBe(206);
    expect((await content({ range: "bytes=0-3", "if-range": '"other"' })).status).toBe(200);
  });

  it("§6 shares it by a link that needs no key, for at most 7 days", async () => {
    const share = (json: unknown): Promise<Response> => member.post(`/v1/renders/${done.id}/link`, json);
    const made = await shown(share({ expires_in_seconds: 604_800 }), link, 201);
    const days = (Date.parse(made.download_url_expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    const open = await request("GET", made.download_url);
    expect([open.status, new Uint8Array(await open.arrayBuffer())]).toEqual([200, whole]);
    const part = await request("GET", made.download_url, { headers: { range: "bytes=4-7" } });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
    expect((await request("HEAD", made.download_url)).headers.get("content-length")).toBe(String(whole.length));
    await problem(share({ expires_in_seconds: 604_801 }), "invalid_request");
    await problem(request("GET", `${made.download_url}x`), "not_found");
    await problem(
      request(
        "GET",
        made.download_url.replace(/(\.)(\d{10})(\.)/, (_, a, at, b) => `${a}${Number(at) + 9}${b}`),
      ),
      "not_found",
    );
  });
});
