/** What the outside knows when a story is over: the tenant's receiver, its list of events, and Nemo's own ledger. */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type EventWire, eventsPage } from "../../../src/core/wire/event.ts";
import { usageCounts } from "../../../src/core/wire/usage.ts";
import type { SandboxServer } from "../sandbox-server.ts";
import type { WebhookReceiver } from "../webhook-receiver.ts";
import { type Customer, insist, type Told } from "./story.ts";

/** How long what is owed may take after the last thing has ended. */
const TIMEOUT_MS = 60_000;

/** Facts that are told by the way: of a timeline, of credits. */
const BY_THE_WAY: readonly string[] = ["timeline.changed", "credits.low", "credits.exhausted"];

const ledger = z.object({
  turns: z.array(z.object({ prompt: z.string() })),
  renders: z.array(z.object({ id: z.string(), submits: z.number() })),
  credits_charged: z.number(),
});
export type Ledger = z.infer<typeof ledger>;

export const readLedger = async ({ url }: SandboxServer): Promise<Ledger> =>
  ledger.parse(await (await fetch(`${url}/__ledger`)).json());

/** Throws the reason when Nemo was asked for something twice, or not at all. */
export function judgeLedger({ turns, renders }: Ledger, told: Told): void {
  const sent = new Map<string, number>();
  for (const { prompt } of turns) sent.set(prompt, (sent.get(prompt) ?? 0) + 1);
  const twice = [...sent].find(([, times]) => times > 1);
  if (twice) throw new Error(`Nemo's ledger shows ${twice[1]} times: ${twice[0]}`);
  const missing = told.prompts.find((prompt) => !turns.some((one) => one.prompt.includes(prompt)));
  if (missing !== undefined) throw new Error(`Nemo's ledger does not show: ${missing}`);
  const again = renders.find(({ submits }) => submits !== 1);
  if (again) throw new Error(`Nemo's ledger shows ${again.submits} orders of the export ${again.id}`);
  const { least, most } = told.renders;
  if (renders.length < least || renders.length > most)
    throw new Error(`Nemo's ledger shows ${renders.length} exports instead of ${least} to ${most}`);
}

const factOf = ({ type, data }: EventWire): string => `${type} ${String(data.id)}`;

async function readEvents({ api }: Customer): Promise<EventWire[]> {
  const events: EventWire[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await insist(() => api.get(`/v1/events?after=${after}&limit=100`, eventsPage));
    events.push(...page.data);
    after = page.next_cursor;
    more = page.has_more;
  }
  return events;
}

/** Waits until `look` finds nothing wrong; throws what it found last. */
async function settled(look: () => Promise<string | null>): Promise<void> {
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(200)) {
    const wrong = await look();
    if (wrong === null) return;
    if (Date.now() > until) throw new Error(wrong);
  }
}

/** What is wrong with the facts as the tenant's list has them; null when they are those of the story, each once. */
function wrongFacts(events: readonly EventWire[], wanted: readonly string[]): string | null {
  const left = [...wanted];
  for (const fact of events.filter(({ type }) => !BY_THE_WAY.includes(type)).map(factOf)) {
    const at = left.indexOf(fact);
    if (at < 0) return `${fact} was told once too often`;
    left.splice(at, 1);
  }
  return left.length === 0 ? null : `${left[0]} was never told`;
}

/** What is wrong with what the receiver got; null when it has every event, and each fact under one id. */
function wrongDeliveries(events: readonly EventWire[], seen: readonly EventWire[]): string | null {
  const known = new Set(seen.map(({ id }) => id));
  const missing = events.find(({ id }) => !known.has(id));
  if (missing) return `${factOf(missing)} was never delivered`;
  const ids = new Map<string, string>();
  for (const event of seen) {
    const fact = `${factOf(event)} ${String(event.data.turn_id)} ${event.sequence}`;
    if ((ids.get(fact) ?? event.id) !== event.id) return `${fact} came under two ids`;
    ids.set(fact, event.id);
  }
  return null;
}

/** Throws the reason when a fact of the story was lost, told twice, or not delivered. */
export async function judgeFacts(customer: Customer, facts: readonly string[], sink: WebhookReceiver): Promise<void> {
  await settled(async () => wrongFacts(await readEvents(customer), facts));
  await settled(async () => wrongDeliveries(await readEvents(customer), sink.seen()));
}

/** Throws the reason when use was counted twice or not at all. Where the credits of a turn are not known, their sum says nothing. */
export async function judgeUse(
  { api }: Customer,
  facts: readonly string[],
  { credits_charged }: Ledger,
): Promise<void> {
  const { data } = await api.get("/v1/usage", z.object({ data: z.array(usageCounts) }));
  const sum = (of: (one: z.infer<typeof usageCounts>) => number): number => data.reduce((all, one) => all + of(one), 0);
  const turns = facts.filter((fact) => fact.startsWith("turn.completed ")).length;
  const counted = sum((one) => one.turns.completed);
  if (counted !== turns) throw new Error(`${counted} turns were counted instead of ${turns}`);
  const credits = sum((one) => one.credits.measured + one.credits.estimated);
  const unknown = sum((one) => one.credits.unknown_turns);
  if (unknown === 0 && credits !== credits_charged)
    throw new Error(`${credits} credits were counted, Nemo charged ${credits_charged}`);
}
