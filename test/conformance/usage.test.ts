/** PROTOCOL.md section 2.12: what was used, by day, by user and by key. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { pageSchema } from "../../src/core/wire/common.ts";
import { usageOfDay, usageOfKey, usageOfUser } from "../../src/core/wire/usage.ts";
import { userToken } from "../../src/core/wire/user.ts";
import {
  newKey as addKey,
  awayFromHourEnd,
  Member,
  newMember,
  problem,
  request,
  shown,
  until,
} from "./support/client.ts";
import { media, sendFile } from "./support/media.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { finishedRender } from "./support/renders.ts";

const days = pageSchema(usageOfDay.strict());
const users = pageSchema(usageOfUser.strict());
const keys = pageSchema(usageOfKey.strict());

beforeAll(awayFromHourEnd);

const open: Receiver[] = [];
afterAll(() => {
  for (const one of open) one.close();
});

describe.concurrent("§2.12 usage", () => {
  it("§2.12 reports turns, credits, renders, bytes and deliveries by key, user and day", async () => {
    const [ada, receiver] = await Promise.all([newMember("ada"), startReceiver([])]);
    open.push(receiver);
    await shown(
      ada.post("/v1/webhook_endpoints", { url: receiver.url, types: ["render.completed"] }),
      z.unknown(),
      201,
    );
    const { project } = await finishedRender(ada);
    await sendFile(ada, "clip.mp4");
    const grace = new Member(ada.tenant, await addKey(ada.tenant.id), "grace");
    const { credits } = await grace.said((await grace.newProject()).id, "hello");

    // A user token counts for the key that made it.
    const { token } = await shown(ada.post("/v1/users/ada/tokens"), userToken, 201);
    const bearer = { authorization: `Bearer ${token}` };
    const body = { prompt: "hello again" };
    const wait = { ...bearer, prefer: "wait=60" };
    await shown(request("POST", `/v1/projects/${project}/turns`, { json: body, headers: wait }), z.unknown());
    await problem(request("GET", "/v1/usage", { headers: bearer }), "key_required");

    const of = (made: number) => ({ completed: made, failed: 0, unknown: 0 });
    const one = { completed: 1, failed: 0 };
    // Two users' objects and an upload's publish what they counted, each by itself; a delivery counts when it was answered.
    const usedBy = (page: z.infer<typeof keys>, { key: { id } }: Member) => page.data.find(({ key }) => key === id);
    const isCounted = (page: z.infer<typeof keys>): boolean => {
      const [first, second] = [usedBy(page, ada), usedBy(page, grace)];
      const isFirst = first?.turns.completed === 2 && first.deliveries.delivered === 1 && first.upload_bytes > 0;
      return isFirst && second?.turns.completed === 1;
    };
    const byKey = await until(() => ada.get("/v1/usage?by=key", keys), isCounted);
    const { data } = byKey;
    const [byAda, byGrace] = [usedBy(byKey, ada), usedBy(byKey, grace)];
    expect(data).toHaveLength(2);
    expect(byAda).toMatchObject({ turns: of(2), renders: one, upload_bytes: media("clip.mp4").length });
    expect(byGrace).toMatchObject({ turns: of(1), upload_bytes: 0, deliveries: { delivered: 0, failed: 0 } });
    expect(byGrace?.credits).toEqual({ measured: credits?.amount, estimated: 0, unknown_turns: 0 });

    const names = await until(
      () => ada.get("/v1/usage?by=user", users),
      (page) => page.data.every(({ user }) => user !== null), // a name is stored by a job of its user's object
    );
    const seen = names.data.map(({ user, turns }) => [user, turns.completed]);
    expect(seen.sort()).toEqual([
      ["ada", 2],
      ["grace", 1],
    ]);
    expect(names.data.every(({ uh }) => /^[0-9a-z]{16}$/.test(uh ?? ""))).toBe(true);

    const all = await ada.get("/v1/usage", days);
    const sum = (pick: (row: (typeof all.data)[number]) => number) => all.data.reduce((n, row) => n + pick(row), 0);
    expect([sum((row) => row.turns.completed), sum((row) => row.renders.completed)]).toEqual([3, 1]);

    // Another mode of the same tenant, and another tenant, used nothing.
    const live = new Member(ada.tenant, await addKey(ada.tenant.id, { mode: "live" }), null);
    expect((await live.get("/v1/usage?by=user", users)).data).toEqual([]);
    expect((await (await newMember()).get("/v1/usage?by=key", keys)).data).toEqual([]);
  });

  it("§2.12 counts what a video, a batch and a generator job caused for the key that created it", async () => {
    const owner = await newMember("ada");
    const keyed = async (name: string) => new Member(owner.tenant, await addKey(owner.tenant.id), name);
    const [filmer, batcher, maker, juggler] = await Promise.all(["vi", "bo", "max", "jo"].map(keyed));
    if (!filmer || !batcher || !maker || !juggler) throw new Error("four were made");
    const prompt = "make a 1 second video";
    await shown(filmer.post("/v1/videos", { prompt }), z.unknown(), 202);
    await shown(batcher.post("/v1/batches", { items: [{ prompt }, { prompt }], concurrency: 1 }), z.unknown(), 202);
    await shown(maker.post("/v1/generators/make", { description: "quote cards" }), z.unknown(), 202);
    // Two at once on one token: neither cost can be known.
    const two = await Promise.all([juggler.newProject(), juggler.newProject()]);
    await Promise.all(two.map(({ id }) => juggler.say(id, "make a 1 second video #slow:600s")));

    const of = ({ data }: z.infer<typeof keys>, { key }: Member) => data.find((one) => one.key === key.id);
    const all = await until(
      () => owner.get("/v1/usage?by=key", keys),
      (page) =>
        of(page, filmer)?.renders.completed === 1 &&
        of(page, batcher)?.renders.completed === 2 &&
        of(page, maker)?.turns.completed === 1 &&
        of(page, juggler)?.turns.completed === 2,
    );
    const measured = { measured: expect.any(Number), estimated: 0, unknown_turns: 0 };
    expect(of(all, filmer)).toMatchObject({ turns: { completed: 1, failed: 0 }, credits: measured });
    expect(of(all, batcher)).toMatchObject({ turns: { completed: 2, failed: 0 }, credits: measured });
    expect(of(all, maker)).toMatchObject({ renders: { completed: 0 }, render_bytes: 0, credits: measured });
    expect(of(all, juggler)?.credits).toEqual({ measured: 0, estimated: 0, unknown_turns: 2 });
    expect(of(all, filmer)?.render_bytes).toBeGreaterThan(1_000);
    expect(of(all, batcher)?.render_bytes).toBeGreaterThan(2_000);
    const [day] = (await owner.get("/v1/usage?by=day", days)).data;
    const sum = (pick: (one: (typeof all.data)[number]) => number) =>
      all.data.reduce((total, one) => total + pick(one), 0);
    expect(day?.credits).toEqual({
      measured: sum(({ credits }) => credits.measured),
      estimated: 0,
      unknown_turns: 2,
    });
    expect(day?.render_bytes).toBe(sum(({ render_bytes }) => render_bytes));
  });

  it("§2.12 keeps the daily sums when a user is deleted, without the user", async () => {
    const ada = await newMember("ada");
    await ada.said((await ada.newProject()).id, "hello");
    const before = await until(
      () => ada.get("/v1/usage", days),
      ({ data }) => data[0]?.turns.completed === 1,
    );
    expect((await ada.ask("DELETE", "/v1/users/ada")).status).toBe(202);
    await until(
      () => ada.get("/v1/usage?by=user", users),
      ({ data }) => data.length === 0,
    );
    expect((await ada.get("/v1/usage", days)).data).toEqual(before.data);
  });

  it("§2.12 covers at most 92 days of the 400 that are stored", async () => {
    const ada = await newMember();
    const asked = await problem(ada.ask("GET", "/v1/usage?from=2026-01-01&to=2026-06-01"), "invalid_request");
    expect(asked.errors).toEqual([{ field: "query:from", message: expect.stringContaining("92 days") }]);
    await problem(ada.ask("GET", "/v1/usage?from=2001-01-01&to=2001-01-02"), "invalid_request");
    await problem(ada.ask("GET", "/v1/usage?by=hour"), "invalid_request");
    await problem(ada.ask("GET", "/v1/usage?from=yesterday"), "invalid_request");
  });
});
