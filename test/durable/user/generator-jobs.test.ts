/** Generators that the agent writes: one message each, one charge, whatever crashes and whatever it answers. */
import { describe, expect, it } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { fillPrompt, recipeFaults } from "../../../src/core/generators/recipe.ts";
import type { GeneratorJobId } from "../../../src/core/ids.ts";
import type { GeneratorJobWire, GeneratorWire } from "../../../src/core/wire/generator.ts";
import { readGenerator } from "../../../src/store/generators.ts";
import { makeTenant } from "../../support/gateway.ts";
import {
  bad,
  call,
  env,
  freshAddress,
  good,
  kill,
  requestLog,
  tenantRpc,
  until,
  userRpc,
} from "../../support/objects.ts";

/** An address of a tenant that there is: generators belong to one. */
const address = async (): Promise<UserAddress> => ({
  ...freshAddress(),
  tenant: (await makeTenant()).id as UserAddress["tenant"],
});

const order = (description: string, more: object = {}) => ({
  description,
  name: null,
  slug: null,
  language: null,
  callback: null,
  ...more,
});

const start = async (at: UserAddress, description: string, more: object = {}): Promise<GeneratorJobId> =>
  good(await userRpc(at).startGeneratorJob(call(), order(description, more))).id;

const endOf = (at: UserAddress, id: GeneratorJobId): Promise<GeneratorJobWire> =>
  until(async () => {
    const generatorJob = good(await userRpc(at).readGeneratorJob(id));
    return generatorJob.ended_at === null ? null : generatorJob;
  });

async function generatorOf(at: UserAddress, { generator_id }: GeneratorJobWire): Promise<GeneratorWire> {
  const generator = await readGenerator(env.DB, at, generator_id ?? "");
  if (generator === null) throw new Error("the tenant has no such generator");
  return generator;
}

const DESCRIPTIONS: readonly (readonly [string, "agent" | "fallback"])[] = [
  ["create a generator that turns product photos into promo videos with music and captions", "agent"],
  ["short cooking videos", "agent"],
  ["tours of real estate", "agent"],
  ["quote cards", "agent"],
  ["podcast teasers", "agent"],
  ["invitations to an event", "agent"],
  ["a travel diary", "agent"],
  ["the daily news", "agent"],
  ["videos of poems", "fallback"],
  ["the weather of a city", "fallback"],
  ["birthday greetings", "fallback"],
  ["a workout of the day", "fallback"],
];

describe("a generator made from a description", () => {
  it.concurrent("is the agent's recipe if it is valid, else the description; each is requested and charged once", async () => {
    const at = await address();
    for (const [description, by] of DESCRIPTIONS) {
      const before = await requestLog(at);
      const made = await endOf(at, await start(at, description));
      expect(made, description).toMatchObject({
        status: "completed",
        made_by: by,
        charged: "yes",
        credits: { amount: 50 },
      });
      expect(made.fault === null, description).toBe(by === "agent");
      const after = await requestLog(at);
      expect(after.turns.length - before.turns.length).toBe(1);
      expect(after.credits_charged - before.credits_charged).toBe(50);
      const generator = await generatorOf(at, made);
      expect(generator).toMatchObject({ slug: made.slug, made_by: by, version: 1 });
      expect(recipeFaults(generator)).toEqual([]);
      if (by === "fallback")
        expect(fillPrompt(generator, { details: "d" })).toMatchObject({ value: `${description}\nd` });
    }
  });

  it.concurrent("has its caller's name, slug and language; a slug that was taken meanwhile gets a suffix", async () => {
    const at = await address();
    const own = { name: "Mine", slug: "mine", language: "de" };
    const [one, two] = await Promise.all([start(at, "quote cards", own), start(at, "quote cards", own)]);
    const made = await Promise.all([endOf(at, one), endOf(at, two)]);
    const slugs = made.map(({ slug }) => slug ?? "").toSorted((a, b) => a.length - b.length);
    expect(slugs[0]).toBe("mine");
    expect(slugs[1]).toMatch(/^mine-[0-9a-z]{8}$/);
    for (const generatorJob of made)
      expect(await generatorOf(at, generatorJob)).toMatchObject({ name: "Mine", language: "de", made_by: "agent" });
  });

  it.concurrent("fails if its turn fails, and costs nothing", async () => {
    const at = await address();
    const made = await endOf(at, await start(at, "quote cards #fault:no_credits"));
    expect(made).toMatchObject({
      status: "failed",
      charged: "no",
      generator_id: null,
      error: { code: "insufficient_credits" },
    });
  });

  it.concurrent("reports its end once, as an event and to its callback", async () => {
    const at = await address();
    const tenant = tenantRpc(at);
    const callback = "http://127.0.0.1:9/made";
    const ready = await start(at, "quote cards", { callback });
    const failed = await start(at, "quote cards #fault:no_credits", { callback });
    for (const id of [ready, failed]) await endOf(at, id);
    const events = await until(async () => {
      const { data } = await tenant.listEvents(0, 100, null);
      const ends = data.filter(({ type }) => type.startsWith("generator_job."));
      return ends.length >= 2 && ends;
    });
    for (const [id, type] of [
      [ready, "generator_job.completed"],
      [failed, "generator_job.failed"],
    ] as const) {
      const { status_url: _, ...shown } = good(await userRpc(at).readGeneratorJob(id));
      expect(events.filter(({ data }) => data.id === id)).toMatchObject([{ type, sequence: 1, data: shown }]);
    }
    expect(JSON.stringify(events)).not.toContain(callback);
    const { data: deliveries } = await tenant.listDeliveries({ limit: 10, after: null });
    expect(deliveries.map(({ event_type, target }) => [event_type, target]).toSorted()).toEqual([
      ["generator_job.completed", { kind: "callback", url: callback }],
      ["generator_job.failed", { kind: "callback", url: callback }],
    ]);
    const problem = await userRpc(at).startGeneratorJob(call(), order("x", { callback: "https://10.0.0.1/" }));
    expect(bad(problem).code).toBe("address_not_allowed");
  });

  it.concurrent("is requested once, whenever its instance ends", async () => {
    const at = await address();
    const id = await start(at, "quote cards");
    for (let crashes = 0; crashes < 5; crashes += 1) {
      await kill(at);
      await new Promise((resolve) => setTimeout(resolve, 40 * crashes));
      await userRpc(at).wake();
    }
    const made = await endOf(at, id);
    const { turns } = await requestLog(at);
    expect(turns.length).toBeLessThanOrEqual(1);
    // A message whose instance ended before the request left is never sent again: no charge, and no generator.
    expect(made.status).toBe(turns.length === 1 ? "completed" : "failed");
    if (made.status === "completed") await generatorOf(at, made);
  });
});
