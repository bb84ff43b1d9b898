/** Batches over HTTP. */
import { describe, expect, it } from "vitest";
import { BATCH_ITEMS } from "../../src/core/limits.ts";
import type { BatchItemWire, BatchWire } from "../../src/core/wire/batch.ts";
import { call, jsonOf, makeMember, readProblem, send } from "../support/gateway.ts";
import { sample } from "../support/media.ts";
import { until } from "../support/objects.ts";

type Page<T> = { data: T[]; has_more: boolean; next_cursor: string | null };
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ prompt: `make a 1 second video ${n}` }));

describe("POST /v1/batches", () => {
  it("accepts 500 items, lists them in order, and stops when cancelled", async () => {
    const { headers } = await makeMember("ada");
    const items = many(BATCH_ITEMS).map((item) => ({ ...item, metadata: { note: "x".repeat(380) } }));
    const posted = await send("POST", "/v1/batches", { items, concurrency: 1 }, headers);
    const batch = await jsonOf<BatchWire>(posted, 202);
    expect(posted.headers.get("Location")).toBe(`/v1/batches/${batch.id}`);
    expect(batch.counts.total).toBe(BATCH_ITEMS);
    const cancelled = await jsonOf<BatchWire>(await send("POST", `/v1/batches/${batch.id}/cancel`, "", headers));
    expect(cancelled.status).toBe("cancelled");
    const seen: number[] = [];
    let after: string | null = "0";
    for (let pages = 0; after !== null && pages < 9; pages += 1) {
      const path: string = `/v1/batches/${batch.id}/videos?limit=100&after=${after}`;
      const page: Page<BatchItemWire> = await jsonOf(await call(path, { headers }));
      seen.push(...page.data.map(({ index }) => index));
      after = page.next_cursor;
    }
    expect(seen).toEqual(items.map((_, n) => n));
    const list = await jsonOf<Page<BatchWire>>(await call("/v1/batches", { headers }));
    expect(list.data.map(({ id }) => id)).toEqual([batch.id]);
    expect(await readProblem(await call(`/v1/batches/${batch.id}/videos?after=x`, { headers }))).toMatchObject({
      code: "invalid_cursor",
    });
  });

  it("fills a generator's prompt for each item, in one existing project", async () => {
    const { headers } = await makeMember(null);
    const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    const body = {
      generator: "free-generation-maker",
      mode: "one_project",
      project: project.id,
      items: ["tea", "coffee"].map((topic) => ({ variables: { topic, seconds: 1 } })),
    };
    const started = await jsonOf<BatchWire>(await send("POST", "/v1/batches", body, headers), 202);
    expect(started.project_id).toBe(project.id);
    const batch = await until(async () => {
      const read = await jsonOf<BatchWire>(await call(`/v1/batches/${started.id}`, { headers }));
      return read.ended_at === null ? null : read;
    });
    expect(batch).toMatchObject({ counts: { completed: 2 }, generator: { slug: "free-generation-maker" } });
    const page = await jsonOf<Page<BatchItemWire>>(await call(`/v1/batches/${batch.id}/videos`, { headers }));
    expect(page.data.map(({ video }) => video?.prompt)).toEqual([
      "generate a 1-second video from my script about tea",
      "generate a 1-second video from my script about coffee",
    ]);
  });

  it("edits several files in one project, one by one, each with its own prompt and its own export", async () => {
    const { headers } = await makeMember("ada");
    const form = new FormData();
    for (const name of ["clip.mp4", "photo.jpg"]) form.append("file", new File([sample(name)], name));
    const sent = await call("/v1/uploads", { method: "POST", body: form, headers });
    const { data: files } = await jsonOf<{ data: { id: string }[] }>(sent, 201);
    const items = files.map(({ id }, n) => ({ prompt: `make a ${n + 2} second video of it`, assets: [id] }));
    const body = { mode: "one_project", items };
    const started = await jsonOf<BatchWire>(await send("POST", "/v1/batches", body, headers), 202);
    await until(async () => {
      const read = await jsonOf<BatchWire>(await call(`/v1/batches/${started.id}`, { headers }));
      return read.ended_at === null ? null : read;
    });
    const page = await jsonOf<Page<BatchItemWire>>(await call(`/v1/batches/${started.id}/videos`, { headers }));
    const videos = page.data.map(({ video }) => video);
    expect(videos.map((video) => video?.status)).toEqual(["completed", "completed"]);
    expect(videos.map((video) => video?.prompt)).toEqual(items.map(({ prompt }) => prompt));
    expect(videos.map((video) => video?.asset_ids)).toEqual(files.map(({ id }) => [id.replace("upl_", "ast_")]));
    expect(new Set(videos.map((video) => video?.project_id)).size).toBe(1);
    expect(new Set(videos.map((video) => video?.render_id)).size).toBe(2);
    const [first, second] = videos;
    expect(Date.parse(second?.created_at ?? "")).toBeGreaterThanOrEqual(Date.parse(first?.ended_at ?? ""));
  });

  it.each([
    [{}, "/items"],
    [{ items: [] }, "/items"],
    [{ items: many(BATCH_ITEMS + 1) }, "/items"],
    [{ items: [{ prompt: "a" }, {}] }, "/items/1/prompt"],
    [{ items: [{ prompt: "a", variables: {} }] }, "/items/0/variables"],
    [
      { items: [{ variables: { topic: "a" } }, { variables: { seconds: 99 } }], generator: "generator-online" },
      "/items/0/variables/topic",
    ],
    [
      { items: [{ variables: {} }, { variables: { seconds: 99 } }], generator: "generator-online" },
      "/items/1/variables/seconds",
    ],
    [{ items: [{ prompt: "a" }], generator: "generator-online" }, "/items/0/prompt"],
    [{ items: many(1), concurrency: 9 }, "/concurrency"],
    [{ items: many(1), mode: "all" }, "/mode"],
    [{ items: many(1), project: `prj_${"0".repeat(36)}` }, "/project"],
    [{ items: many(1), callback_url: "http://example.org/" }, "/callback_url"],
    [
      {
        items: many(60).map(() => ({ variables: { script: "x".repeat(3_900), topic: "y".repeat(10) } })),
        generator: "free-generation-maker",
      },
      null,
    ],
  ])("is rejected with the invalid field: %#", async (body, field) => {
    const { headers } = await makeMember(null);
    const answer = await send("POST", "/v1/batches", body, headers);
    if (field === null) {
      expect(answer.status).toBe(202); // 240 kB of scripts: as large as a body may be
      const { id } = await jsonOf<BatchWire>(answer, 202);
      return void (await send("POST", `/v1/batches/${id}/cancel`, "", headers));
    }
    const problem = await readProblem(answer);
    expect(problem.status).toBe(422);
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it("is rejected if a generator makes its items larger than the limit", async () => {
    const { headers } = await makeMember(null);
    const recipe = { name: "long", prompt: `${"word ".repeat(3_900)}{{x}}`, variables: [{ name: "x", type: "text" }] };
    await jsonOf(await send("POST", "/v1/generators", recipe, headers), 201);
    const items = Array.from({ length: 60 }, () => ({ variables: { x: "y" } }));
    const problem = await readProblem(await send("POST", "/v1/batches", { items, generator: "long" }, headers));
    expect(problem.errors?.map((error) => error.field)).toEqual(["/items"]);
  });
});
