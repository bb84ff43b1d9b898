/** PROTOCOL.md section 7: events to read, and webhooks to receive. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { batch } from "../../src/core/wire/batch.ts";
import { pageSchema } from "../../src/core/wire/common.ts";
import { type EventWire, event, eventsPage } from "../../src/core/wire/event.ts";
import { render } from "../../src/core/wire/render.ts";
import { turn } from "../../src/core/wire/turn.ts";
import { asset } from "../../src/core/wire/upload.ts";
import { video } from "../../src/core/wire/video.ts";
import { type DeliveryWire, delivery, rotatedSecret, shownEndpoint } from "../../src/core/wire/webhook.ts";
import { at, awayFromHourEnd, type Member, newMember, problem, shown, until } from "./support/client.ts";
import { sendFile } from "./support/media.ts";
import {
  callbackMessage,
  type Received,
  type Receiver,
  type Reply,
  startReceiver,
  verified,
} from "./support/receiver.ts";
import { finishedRender } from "./support/renders.ts";

const deliveries = pageSchema(delivery);

async function allEvents(member: Member, limit: number): Promise<EventWire[]> {
  const events: EventWire[] = [];
  for (let after = 0; ; ) {
    const page = await member.get(`/v1/events?after=${after}&limit=${limit}`, eventsPage);
    expect(page.data.length).toBeLessThanOrEqual(limit);
    events.push(...page.data);
    after = page.next_cursor;
    if (!page.has_more) return events;
  }
}

beforeAll(awayFromHourEnd);

/** Waits for an event of this type. */
const eventOf = (member: Member, type: string): Promise<EventWire | undefined> =>
  until(
    async () => (await allEvents(member, 100)).find((one) => one.type === type),
    (found) => found !== undefined,
  );

/** What an upload and a render publish: the upload's object one of them, the user's object the others, in either order. */
const PUBLISHED = ["upload.completed", "asset.ready", "turn.completed", "timeline.changed", "render.completed"];

/** Uploads a file, renders a clip, and waits for all their events. */
async function withEvents(): Promise<{ member: Member; events: EventWire[] }> {
  const member = await newMember();
  await sendFile(member, "tone.aac");
  await finishedRender(member);
  const events = await until(
    () => allEvents(member, 100),
    (all) => PUBLISHED.every((type) => all.some((one) => one.type === type)),
  );
  return { member, events };
}

describe.concurrent("§7.1 events", () => {
  it("§7.1 continue from any cursor, oldest first, each once", async () => {
    const { member, events } = await withEvents();
    const cursors = events.map(({ cursor }) => cursor);
    expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    for (const limit of [1, 2]) expect(await allEvents(member, limit)).toEqual(events);
    for (const [n, one] of events.entries()) {
      const rest = await member.get(`/v1/events?after=${one.cursor}&limit=100`, eventsPage);
      expect(rest.data).toEqual(events.slice(n + 1));
      expect(await member.get(`/v1/events/${one.id}`, event)).toEqual(one);
    }
    const me = await member.get("/v1/me", z.object({ events_cursor: z.int() }));
    expect(me.events_cursor).toBe(cursors.at(-1));
  });

  it("§7.1 contain the resource as its own route returns it", async () => {
    const { member, events } = await withEvents();
    for (const { type, data } of events) {
      if (type === "render.completed") expect(data).toEqual(await member.get(`/v1/renders/${data.id}`, render));
      if (type === "asset.ready") expect(data).toEqual(await member.get(`/v1/assets/${data.id}`, asset));
      if (type === "turn.completed") {
        const { render_ids: _, ...now } = await member.get(`/v1/turns/${data.id}`, turn);
        expect(data).toMatchObject(now);
      }
    }
  });

  it("§7.1 count the events of one resource from 1", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    for (const prompt of ["make a clip of the sea", "add jazz music", "add a title saying 'Waves'"])
      await member.said(id, prompt);
    const changes = await until(
      async () => (await allEvents(member, 100)).filter(({ type }) => type === "timeline.changed"),
      (found) => found.length === 3,
    );
    expect(changes.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(changes.map(({ data }) => data.project_id)).toEqual([id, id, id]);
    const ends = (await allEvents(member, 100)).filter(({ type }) => type === "turn.completed");
    expect(ends.map(({ sequence }) => sequence)).toEqual([1, 1, 1]);
  });

  it("§7.1 belong to one tenant and one mode", async () => {
    const [mine, other] = [await newMember(), await newMember()];
    await mine.said((await mine.newProject()).id, "hello");
    const published = await eventOf(mine, "turn.completed");
    expect(published).toMatchObject({ tenant: mine.tenant.id, mode: "test" });
    expect(await allEvents(other, 100)).toEqual([]);
    await problem(other.ask("GET", `/v1/events/${published?.id}`), "not_found");
  });
});

describe.concurrent("§7.2 webhooks", () => {
  const open: Receiver[] = [];
  afterAll(() => {
    for (const one of open) one.close();
  });

  type Hooked = { member: Member; receiver: Receiver; secret: string; endpoint: string };

  async function hooked(types: string[], replies: Reply[] = []): Promise<Hooked> {
    const [member, receiver] = await Promise.all([newMember(), startReceiver(replies)]);
    open.push(receiver);
    const made = await shown(member.post("/v1/webhook_endpoints", { url: receiver.url, types }), shownEndpoint, 201);
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    return { member, receiver, secret: made.secret, endpoint: made.id };
  }

  const arrived = (receiver: Receiver, count: number): Promise<readonly Received[]> =>
    until(
      async () => receiver.received,
      (got) => got.length >= count,
    );

  const greet = async (member: Member): Promise<string> =>
    (await member.said((await member.newProject()).id, "hello")).id;

  /** The tenant's only delivery, when it satisfies. */
  const deliveryOf = async (member: Member, isIt: (one: DeliveryWire) => boolean): Promise<DeliveryWire | undefined> =>
    until(
      async () => (await member.get("/v1/deliveries", deliveries)).data.find(isIt),
      (found) => found !== undefined,
    );
  const ended = (member: Member): Promise<DeliveryWire | undefined> =>
    deliveryOf(member, (one) => one.ended_at !== null);

  it("§7.2 are signed as Standard Webhooks specifies and contain the event and the resource", async () => {
    const { member, receiver, secret, endpoint } = await hooked(["turn.completed"]);
    const id = await greet(member);
    const [got] = await arrived(receiver, 1);
    if (!got) throw new Error("nothing came");
    const published = verified(secret, got);
    expect(got.headers["webhook-id"]).toBe(published.id);
    expect(got.headers["webhook-signature"]).toMatch(/^v1,/);
    expect(Math.abs(Number(got.headers["webhook-timestamp"]) * 1_000 - got.atMs)).toBeLessThan(10_000);
    expect(Object.keys(JSON.parse(got.body)).toSorted()).toEqual([
      "cursor",
      "data",
      "endpoint",
      "id",
      "mode",
      "sequence",
      "tenant",
      "timestamp",
      "type",
    ]);
    expect(published).toMatchObject({
      type: "turn.completed",
      tenant: member.tenant.id,
      mode: "test",
      endpoint,
      sequence: 1,
    });
    expect(published.data).toEqual(await member.readTurn(id));
    const { endpoint: _, ...stored } = published;
    expect(await member.get(`/v1/events/${published.id}`, event)).toEqual(stored);
    const tampered = { ...got, body: got.body.replace('"mode":"test"', '"mode":"live"') };
    expect(() => verified(secret, tampered)).toThrow();
    expect(() => verified(`whsec_${Buffer.alloc(32).toString("base64")}`, got)).toThrow();
  });

  it("§7.2 deliver the subscribed types and no other", async () => {
    const { member, receiver, secret } = await hooked(["render.completed", "asset.ready"]);
    await sendFile(member, "tone.aac");
    await finishedRender(member);
    await arrived(receiver, 2);
    await eventOf(member, "render.completed");
    const types = receiver.received.map((one) => verified(secret, one).type);
    expect(types.toSorted()).toEqual(["asset.ready", "render.completed"]);
  });

  it("§7.2 show their secret once", async () => {
    const { member, secret, endpoint } = await hooked(["*"]);
    for (const path of ["/v1/webhook_endpoints", `/v1/webhook_endpoints/${endpoint}`])
      expect(JSON.stringify(await member.get(path, z.unknown()))).not.toContain(secret);
  });

  it("§7.2 stop when their endpoint is deleted", async () => {
    const { member, receiver, endpoint } = await hooked(["*"]);
    expect((await member.ask("DELETE", `/v1/webhook_endpoints/${endpoint}`)).status).toBe(204);
    await greet(member);
    await eventOf(member, "turn.completed");
    expect(receiver.received).toEqual([]);
    await problem(member.ask("GET", `/v1/webhook_endpoints/${endpoint}`), "not_found");
  });

  it("§7.3 are sent again after a receiver answered 500, under the same webhook-id", async () => {
    const { member, receiver, secret } = await hooked(["turn.completed"], [{ status: 500, body: "not now" }]);
    await greet(member);
    const [first, second] = await arrived(receiver, 2);
    if (!first || !second) throw new Error("it came once");
    const [one, two] = [verified(secret, first), verified(secret, second)];
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(two).toEqual(one);
    expect(await ended(member)).toMatchObject({ state: "delivered", attempts: 2, event_id: one.id, last_status: 204 });
  });

  it("§7.3 wait longer if Retry-After says so", async () => {
    const { member, receiver } = await hooked(["turn.completed"], [{ status: 503, headers: { "retry-after": "2" } }]);
    await greet(member);
    const [first, second] = await arrived(receiver, 2);
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_900);
  });

  it("§7.3 follow no redirect, and show the first 1,000 bytes of the last response", async () => {
    const redirect = { status: 302, headers: { location: "/elsewhere" }, body: "x".repeat(5_000) };
    // The first is to be sent again so late that it is still pending when it is read, however late that is.
    const replies = [{ ...redirect, headers: { ...redirect.headers, "retry-after": "600" } }, redirect];
    const { member, receiver, endpoint } = await hooked(["turn.completed"], replies);
    await greet(member);
    const published = await deliveryOf(member, (one) => one.last_status === 302);
    expect(published).toMatchObject({
      target: { kind: "endpoint", id: endpoint },
      state: "pending",
      attempts: 1,
      last_answer: "x".repeat(1_000),
    });
    expect(at(published?.due_at ?? null)).toBeGreaterThan(Date.now());
    await shown(member.post(`/v1/deliveries/${published?.id}/retry`), z.unknown(), 202);
    expect(await ended(member)).toMatchObject({ state: "delivered", attempts: 3, due_at: null });
    expect(receiver.received.map(({ path }) => path)).toEqual(["/hook", "/hook", "/hook"]);
  });

  it("§7.4 send a turn's end to its callback_url, without an endpoint, signed with the default secret", async () => {
    const [member, receiver] = await Promise.all([newMember(), startReceiver()]);
    open.push(receiver);
    const { secret = "" } = await shown(member.post("/v1/webhook_secret/rotate"), rotatedSecret);
    const { id: project } = await member.newProject();
    const body = { prompt: "hello", callback_url: receiver.url };
    const { id } = await shown(member.post(`/v1/projects/${project}/turns`, body), turn, 202);
    await member.endOf(id);
    const [got] = await arrived(receiver, 1);
    if (!got) throw new Error("nothing came");
    const published = callbackMessage(secret, got);
    expect(published).toMatchObject({ type: "turn.completed", endpoint: null, sequence: 1 });
    expect(published.data).toEqual(await member.readTurn(id));
    expect(JSON.stringify(await allEvents(member, 100))).not.toContain(receiver.url);
    expect(JSON.stringify(published)).not.toContain(receiver.url);
    expect((await ended(member))?.target).toEqual({ kind: "callback", url: receiver.url });
  });

  it("§7.4 send a render's end to its callback_url", async () => {
    const [member, receiver] = await Promise.all([newMember(), startReceiver()]);
    open.push(receiver);
    const { id: project } = await member.newProject();
    await member.said(project, "make a 2 second video of the sea");
    const body = { callback_url: receiver.url };
    const { id } = await shown(member.post(`/v1/projects/${project}/renders`, body), render, 202);
    const [got] = await arrived(receiver, 1);
    const { type, data } = event.parse(JSON.parse(got?.body ?? "{}"));
    expect({ type, id: data.id }).toEqual({ type: "render.completed", id });
    expect(receiver.received).toHaveLength(1);
    const file = await fetch(String(data.download_url));
    expect([file.status, file.headers.get("content-type")]).toEqual([200, "video/mp4"]);
    expect(at(String(data.download_url_expires_at))).toBeGreaterThan(Date.now());
    const pulled = (await allEvents(member, 100)).find((one) => one.type === "render.completed");
    expect((await fetch(String(pulled?.data.download_url))).status).toBe(200);
  });

  it("§7.4 send a video's end to its callback_url, but not the ends of its turn and render", async () => {
    const [member, receiver] = await Promise.all([newMember(), startReceiver()]);
    open.push(receiver);
    const body = { prompt: "make a 2 second video of the sea", callback_url: receiver.url };
    const { id } = await shown(member.post("/v1/videos", body), video, 202);
    const [got] = await arrived(receiver, 1);
    const published = event.parse(JSON.parse(got?.body ?? "{}"));
    expect(published).toMatchObject({ type: "video.completed", sequence: 1, data: { id, status: "completed" } });
    const file = await fetch(String(published.data.download_url));
    expect([file.status, file.headers.get("content-type")]).toEqual([200, "video/mp4"]);
    expect(await ended(member)).toMatchObject({ state: "delivered", target: { kind: "callback", url: receiver.url } });
    expect(receiver.received).toHaveLength(1);
    // Each later end goes to the same address, or to the one that the message names.
    await shown(member.post(`/v1/videos/${id}/turns`, { prompt: "make it 1 second long" }), video, 202);
    const [, again] = await arrived(receiver, 2);
    expect(event.parse(JSON.parse(again?.body ?? "{}"))).toMatchObject({ type: "video.completed", sequence: 2 });
    const other = await startReceiver();
    open.push(other);
    const change = { prompt: "make it 2 seconds long", callback_url: other.url };
    await shown(member.post(`/v1/videos/${id}/turns`, change), video, 202);
    const [elsewhere] = await arrived(other, 1);
    expect(event.parse(JSON.parse(elsewhere?.body ?? "{}"))).toMatchObject({ type: "video.completed", sequence: 3 });
    expect(receiver.received).toHaveLength(2);
  });

  it("§7.4 send a batch's end to its callback_url, once", async () => {
    const [member, receiver] = await Promise.all([newMember(), startReceiver()]);
    open.push(receiver);
    const items = [{ prompt: "make a 1 second video" }, { prompt: "make a 1 second video #fault:no_credits" }];
    const { id } = await shown(member.post("/v1/batches", { items, callback_url: receiver.url }), batch, 202);
    const [got] = await arrived(receiver, 1);
    const published = event.parse(JSON.parse(got?.body ?? "{}"));
    const counts = { total: 2, completed: 1, failed: 1 };
    expect(published).toMatchObject({
      type: "batch.completed",
      sequence: 1,
      data: { id, status: "completed", counts },
    });
    expect(await ended(member)).toMatchObject({ state: "delivered", target: { kind: "callback", url: receiver.url } });
    expect(receiver.received).toHaveLength(1);
  });

  it("§7.4 reject a callback_url that the gateway would not send to", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const body = { prompt: "hello", callback_url: "https://10.0.0.1/" };
    const made = await shown(member.post("/v1/videos", { prompt: "something #fault:question" }), video, 202);
    await until(
      async () => member.get(`/v1/videos/${made.id}`, video),
      ({ status }) => status === "needs_input",
    );
    for (const path of [`projects/${id}/turns`, `projects/${id}/renders`, `videos/${made.id}/turns`]) {
      const sent = path.endsWith("turns") ? body : { callback_url: body.callback_url };
      const published = await problem(member.post(`/v1/${path}`, sent), "address_not_allowed");
      expect(published.errors?.map(({ field }) => field)).toEqual(["/callback_url"]);
    }
  });
});
