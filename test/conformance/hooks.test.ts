/** PROTOCOL.md section 7.5: REST hooks, as an automation tool uses them. */
import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { pageSchema } from "../../src/core/wire/common.ts";
import { delivery, flatEvent, type HookBody, type HookWire, hook, rotatedSecret } from "../../src/core/wire/webhook.ts";
import { at, type Member, newMember, problem, request, shown, until } from "./support/client.ts";
import { type Received, type Receiver, type Reply, startReceiver, verifiedAs } from "./support/receiver.ts";
import { finishedRender } from "./support/renders.ts";

const hooks = z.object({ data: z.array(hook) });
const bodies = z.array(flatEvent);

const open: Receiver[] = [];
afterAll(() => {
  for (const one of open) one.close();
});

async function subscribed(
  event: string,
  replies: Reply[] = [],
): Promise<{ member: Member; receiver: Receiver; made: HookWire }> {
  const [member, receiver] = await Promise.all([newMember(), startReceiver(replies)]);
  open.push(receiver);
  const made = await shown(member.post("/v1/hooks", { target_url: receiver.url, event }), hook, 201);
  return { member, receiver, made };
}

const arrived = (receiver: Receiver, count: number): Promise<readonly Received[]> =>
  until(
    async () => receiver.received,
    (got) => got.length >= count,
  );
const greet = async (member: Member): Promise<string> =>
  (await member.said((await member.newProject()).id, "hello")).id;
const samplesOf = (member: Member, event: string): Promise<HookBody[]> =>
  member.get(`/v1/hooks/samples?event=${event}`, bodies);
const keysOf = (body: HookBody): string[] => Object.keys(body).filter((key) => !key.startsWith("metadata_"));

describe.concurrent("§7.5 hooks", () => {
  it("§7.5 deliver one type of event in flat bodies, signed with the default secret", async () => {
    const { member, receiver } = await subscribed("turn.completed");
    const { secret } = await shown(member.post("/v1/webhook_secret/rotate"), rotatedSecret);
    const metadata = { order: "1234" };
    const project = (await member.newProject()).id;
    await shown(member.post(`/v1/projects/${project}/turns`, { prompt: "hello", metadata }), z.unknown(), 202);
    const [got] = await arrived(receiver, 1);
    if (!got) throw new Error("nothing came");
    const body = flatEvent.parse(verifiedAs(secret ?? "", got));
    expect(body).toMatchObject({
      type: "turn.completed",
      status: "completed",
      prompt: "hello",
      metadata_order: "1234",
    });
    expect(got.headers["webhook-id"]).toBe(body.id);
    expect(await samplesOf(member, "turn.completed")).toEqual([body]);
  });

  it("§7.5 are identified by address and event: twenty subscriptions give one delivery", async () => {
    const { member, receiver, made } = await subscribed("turn.completed");
    const again = { target_url: receiver.url, event: "turn.completed" };
    for (let n = 0; n < 20; n++) expect(await shown(member.post("/v1/hooks", again), hook)).toEqual(made);
    expect((await member.get("/v1/hooks", hooks)).data).toEqual([made]);
    await greet(member);
    await greet(member);
    const published = await until(
      () => member.get("/v1/deliveries", pageSchema(delivery)),
      ({ data }) => data.length >= 2 && data.every(({ ended_at }) => ended_at !== null),
    );
    expect(published.data.map(({ target }) => target)).toEqual(Array(2).fill({ kind: "hook", id: made.id }));
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  });

  it("§7.5 contain a link that opens the file without a key and without a redirect", async () => {
    const { member, receiver } = await subscribed("render.completed");
    const { done } = await finishedRender(member);
    const [got] = await arrived(receiver, 1);
    const body = flatEvent.parse(JSON.parse(got?.body ?? ""));
    expect(body).toMatchObject({ render_id: done.id, status: "completed", size_bytes: done.file?.size_bytes });
    expect(at(String(body.download_url_expires_at))).toBeGreaterThan(Date.now());
    const file = await fetch(String(body.download_url), { redirect: "error" });
    const bytes = new Uint8Array(await file.arrayBuffer());
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(body.sha256);
  });

  it("§7.5 have samples in a bare array with the keys of a delivery, before and after there is a real one", async () => {
    const { member, receiver } = await subscribed("turn.completed");
    const [invented] = await samplesOf(member, "turn.completed");
    if (invented === undefined) throw new Error("there is no sample");
    for (let n = 1; n <= 4; n++) {
      await greet(member);
      await arrived(receiver, n);
    }
    const samples = await samplesOf(member, "turn.completed");
    expect(samples).toHaveLength(3);
    const times = samples.map(({ occurred_at }) => at(String(occurred_at)));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    for (const body of [...samples, ...receiver.received.map(({ body }) => flatEvent.parse(JSON.parse(body)))])
      expect(keysOf(body)).toEqual(keysOf(invented));
    await problem(member.ask("GET", "/v1/hooks/samples?event=turn.done"), "invalid_request");
  });

  it("§7.5 are deleted by id, by address, and when their receiver answers 410", async () => {
    const { member, receiver, made } = await subscribed("turn.completed", Array<Reply>(10).fill({ status: 410 }));
    await greet(member);
    await until(
      () => member.get("/v1/hooks", hooks),
      ({ data }) => data.length === 0,
    );
    const before = receiver.received.length;
    expect((await member.ask("DELETE", `/v1/hooks/${made.id}`)).status).toBe(204);
    const again = await shown(
      member.post("/v1/hooks", { target_url: receiver.url, event: "turn.completed" }),
      hook,
      201,
    );
    expect((await member.ask("DELETE", `/v1/hooks/${again.id}`)).status).toBe(204);
    await shown(member.post("/v1/hooks", { target_url: receiver.url, event: "turn.failed" }), hook, 201);
    const path = `/v1/hooks?target_url=${encodeURIComponent(receiver.url)}`;
    expect((await member.ask("DELETE", path)).status).toBe(204);
    expect((await member.ask("DELETE", path)).status).toBe(204);
    await greet(member);
    expect(receiver.received).toHaveLength(before);
  });

  it("§7.5 belong to one tenant", async () => {
    const { made } = await subscribed("turn.completed");
    const other = await newMember();
    expect((await other.get("/v1/hooks", hooks)).data).toEqual([]);
    await problem(other.ask("DELETE", `/v1/hooks/${made.id}`), "not_found");
    await problem(request("GET", "/v1/hooks"), "unauthenticated");
  });
});
