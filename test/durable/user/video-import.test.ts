/** Videos of files that are named by an address: each is imported once, and what fails there ends the video. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import type { BatchId, VideoId } from "../../../src/core/ids.ts";
import type { VideoWire } from "../../../src/core/wire/video.ts";
import { jsonOf, makeKey, makeMember, readProblem, send } from "../../support/gateway.ts";
import { sample } from "../../support/media.ts";
import { bad, call, freshAddress, good, kill, requestLog, until, userRpc, userStub } from "../../support/objects.ts";
import { fileAnswer, playSources } from "../../support/sources.ts";

const CLIP = sample("clip.mp4");
const PROMPT = "turn this video into a 2 second promo";

afterEach(() => vi.restoreAllMocks());

const order = (sources: readonly { url: string }[]) => ({
  prompt: PROMPT,
  sources,
  project: null,
  language: null,
  output: { format: "mp4", quality: "high" } as const,
  metadata: {},
  callback: null,
  onQuestion: "wait" as const,
  generator: null,
  attribution: null,
  accepts: null,
  expectedMs: 120_000,
});

const endOf = (address: UserAddress, id: VideoId): Promise<VideoWire> =>
  until(async () => {
    const video = good(await userRpc(address).readVideo(id));
    return video.ended_at === null ? null : video;
  });

/** Every row that the user's object keeps, as text. */
const kept = (address: UserAddress): Promise<string> =>
  runInDurableObject(userStub(address), (_, { storage }) =>
    ["videos", "batch_items", "event_log", "idempotency_records", "uploads", "outbox"]
      .map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()))
      .join("\n"),
  );

describe("a video from files at addresses", () => {
  it("imports them, reports it in its stream, and transfers them to Nemo", async () => {
    const sources = playSources();
    const address = freshAddress();
    const urls = [1, 2].map((n) => ({ url: sources.at(`/${n}.mp4?sig=s3cr3t`, () => fileAnswer(CLIP)) }));
    const made = good(await userRpc(address).startVideo(call(), order(urls)));
    expect(made.asset_ids).toHaveLength(2);
    expect(await kept(address)).not.toContain("s3cr3t");
    const video = await endOf(address, made.id);
    expect(video).toMatchObject({ status: "completed", asset_ids: made.asset_ids });
    expect(sources.asked).toHaveLength(2);
    expect((await requestLog(address)).uploads).toHaveLength(2);
    const { data } = good(await userRpc(address).readVideoEvents(made.id, 0, 100, 0));
    const imports = data.flatMap(({ event }) => (event.type === "video.import" ? [event] : []));
    expect(imports.map(({ status }) => status)).toEqual(["started", "started", "stored", "stored"]);
    expect(imports.map(({ asset_id }) => asset_id)).toEqual([...made.asset_ids, ...made.asset_ids]);
    expect(await kept(address)).not.toMatch(/"address":"/);
  });

  it("imports each file once, wherever its object crashes", async () => {
    const sources = playSources();
    const address = freshAddress();
    const url = sources.at("/clip.mp4", () => fileAnswer(CLIP));
    const { id } = good(await userRpc(address).startVideo(call("once"), order([{ url }])));
    await kill(address);
    expect(good(await userRpc(address).startVideo(call("once"), order([{ url }]))).id).toBe(id);
    await until(async () => sources.asked.length > 0);
    await kill(address);
    expect((await endOf(address, id)).status).toBe("completed");
    expect(sources.asked).toHaveLength(1);
    expect((await userRpc(address).listUploads({ limit: 10, after: null })).data).toHaveLength(1);
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it("ends with the import's own problem, before anything is charged", async () => {
    const sources = playSources();
    const address = freshAddress();
    const gone = sources.at("/gone.mp4", () => new Response("no", { status: 404 }));
    const { id } = good(await userRpc(address).startVideo(call(), order([{ url: gone }])));
    expect(await endOf(address, id)).toMatchObject({
      status: "failed",
      stage: "assets",
      turn_id: null,
      error: { code: "import_not_found", hint: "POST /v1/uploads/import" },
    });
    expect((await requestLog(address)).turns).toEqual([]);
  });

  it("says which of several files failed", async () => {
    const sources = playSources();
    const address = freshAddress();
    const urls = [
      sources.at("/a.mp4", () => fileAnswer(CLIP)),
      sources.at("/gone.mp4", () => new Response("", { status: 404 })),
    ];
    const { id } = good(await userRpc(address).startVideo(call(), order(urls.map((url) => ({ url })))));
    const { error } = await endOf(address, id);
    expect(error).toMatchObject({
      code: "import_not_found",
      detail: expect.stringMatching(/^File 2 of 2: The address/),
    });
  });

  it("is rejected if an address is not usable, before anything is created", async () => {
    const sources = playSources();
    const address = freshAddress();
    const problem = await userRpc(address).startVideo(call(), order([{ url: "https://10.0.0.1/a.mp4" }]));
    expect(bad(problem)).toMatchObject({ code: "address_not_allowed", errors: [{ field: "/assets/0" }] });
    expect(sources.asked).toEqual([]);
  });

  it("waits for slots among its user's uploads, in a batch too, and stores no address longer than needed", async () => {
    const sources = playSources();
    const address = freshAddress();
    const item = (n: number) => ({
      prompt: PROMPT,
      sources: Array.from({ length: 8 }, (_, at) => ({
        url: sources.at(`/${n}-${at}.mp4?sig=s3cr3t`, () => fileAnswer(CLIP)),
      })),
      language: null,
      metadata: {},
      onQuestion: "wait" as const,
    });
    const { output, generator, attribution, accepts, expectedMs } = order([]);
    const shared = { output, generator, attribution, accepts, expectedMs };
    const batch = {
      mode: "own_projects",
      concurrency: 4,
      project: null,
      metadata: {},
      callback: null,
      shared,
    } as const;
    const made = good(await userRpc(address).startBatch(call(), batch, [item(0), item(1), item(2), item(3)]));
    expect(await kept(address)).not.toContain("s3cr3t");
    const ended = await until(async () => {
      const now = good(await userRpc(address).readBatch(made.id as BatchId));
      return now.ended_at === null ? null : now;
    });
    expect(ended.counts).toMatchObject({ total: 4, completed: 4 });
    expect(sources.asked).toHaveLength(32);
    expect(await kept(address)).not.toMatch(/"address":"/);
  });
});

describe("over HTTP", () => {
  it("accepts addresses nested and flat, and returns none of them", async () => {
    const sources = playSources();
    const { headers } = await makeMember();
    const at = (path: string): string => sources.at(path, () => fileAnswer(CLIP));
    const nested = { prompt: PROMPT, assets: [at("/a.mp4?sig=s3cr3t")] };
    const flat = { prompt: PROMPT, asset_urls: `${at("/b.mp4?sig=s3cr3t")}, ${at("/c.mp4?sig=s3cr3t")}` };
    for (const [body, count] of [
      [nested, 1],
      [flat, 2],
    ] as const) {
      const answer = await send("POST", "/v1/videos", body, { ...headers, Prefer: "wait=60" });
      const text = await answer.text();
      expect([answer.status, text]).toEqual([200, expect.stringContaining('"status":"completed"')]);
      expect(text).not.toContain("s3cr3t");
      expect((JSON.parse(text) as VideoWire).asset_ids).toHaveLength(count);
    }
  });

  it("needs the scope for storing files, and plans without downloading", async () => {
    const sources = playSources();
    const { tenant, headers } = await makeMember();
    const { secret } = await makeKey(tenant.id, { scopes: ["chat", "render"] });
    const body = { prompt: PROMPT, assets: [sources.at("/a.mp4", () => fileAnswer(CLIP))] };
    const other = { Authorization: `Bearer ${secret}`, "X-User-Id": "ada" };
    expect((await readProblem(await send("POST", "/v1/videos", body, other))).code).toBe("missing_scope");
    const items = { items: [body] };
    expect((await readProblem(await send("POST", "/v1/batches", items, other))).code).toBe("missing_scope");
    const plan = await jsonOf(await send("POST", "/v1/videos", { ...body, dry_run: true }, headers));
    expect(plan).toMatchObject({ dry_run: true, asset_ids: [] });
    const inside = { prompt: PROMPT, assets: ["https://10.0.0.1/a.mp4"], dry_run: true };
    expect(await readProblem(await send("POST", "/v1/videos", inside, headers))).toMatchObject({
      code: "address_not_allowed",
      errors: [{ field: "/assets/0" }],
    });
    expect(sources.asked).toEqual([]);
  });
});
