/** Checks after a story, from outside: the tenant's receiver, its list of events, and the sandbox's request log. */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type EventWire, eventsPage } from "../../../src/core/wire/event.ts";
import { usageCounts } from "../../../src/core/wire/usage.ts";
import type { SandboxServer } from "../sandbox-server.ts";
import type { WebhookReceiver } from "../webhook-receiver.ts";
import { type Customer, type Expected, withRetries } from "./story.ts";

/** Timeout for pending deliveries after the end of a story. */
const TIMEOUT_MS = 60_000;

/** Events that a story does not list: about timelines and credits. */
const UNLISTED: readonly string[] = ["timeline.changed", "credits.low", "credits.exhausted"];

const requestLog = z.object({
  turns: z.array(z.object({ prompt: z.string() })),
  renders: z.array(z.object({ id: z.string(), submits: z.number() })),
  credits_charged: z.number(),
});
export type RequestLog = z.infer<typeof requestLog>;

export const readRequestLog = async ({ url }: SandboxServer): Promise<RequestLog> =>
  requestLog.parse(await (await fetch(`${url}/__requests`)).json());

/** Throws if Nemo got a message or an export twice or never. */
export function judgeRequestLog({ turns, renders }: RequestLog, expected: Expected): void {
  const sent = new Map<string, number>();
  for (const { prompt } of turns) sent.set(prompt, (sent.get(prompt) ?? 0) + 1);
  const twice = [...sent].find(([, times]) => times > 1);
  if (twice) throw new Error(`the request log shows ${twice[1]} times: ${twice[0]}`);
  const missing = expected.prompts.find((prompt) => !turns.some((one) => one.prompt.includes(prompt)));
  if (missing !== undefined) throw new Error(`the request log does not show: ${missing}`);
  const again = renders.find(({ submits }) => submits !== 1);
  if (again) throw new Error(`the request log shows ${again.submits} submits of the export ${again.id}`);
  const { least, most } = expected.renders;
  if (renders.length < least || renders.length > most)
    throw new Error(`the request log shows ${renders.length} exports instead of ${least} to ${most}`);
}

const eventNameOf = ({ type, data }: EventWire): string => `${type} ${String(data.id)}`;

async function readEvents({ api }: Customer): Promise<EventWire[]> {
  const events: EventWire[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await withRetries(() => api.get(`/v1/events?after=${after}&limit=100`, eventsPage));
    events.push(...page.data);
    after = page.next_cursor;
    more = page.has_more;
  }
  return events;
}

/** Waits until `check` finds no fault; throws its last finding after a timeout. */
async function settled(check: () => Promise<string | null>): Promise<void> {
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(200)) {
    const wrong = await check();
    if (wrong === null) return;
    if (Date.now() > until) throw new Error(wrong);
  }
}

/** What is wrong with the tenant's list of events; null if it has those of the story, each once. */
function wrongEvents(events: readonly EventWire[], wanted: readonly string[]): string | null {
  const left = [...wanted];
  for (const name of events.filter(({ type }) => !UNLISTED.includes(type)).map(eventNameOf)) {
    const at = left.indexOf(name);
    if (at < 0) return `${name} occurs once too often`;
    left.splice(at, 1);
  }
  return left.length === 0 ? null : `${left[0]} is missing`;
}

/** What is wrong with the received webhooks; null if every event arrived, under one id. */
function wrongDeliveries(events: readonly EventWire[], seen: readonly EventWire[]): string | null {
  const known = new Set(seen.map(({ id }) => id));
  const missing = events.find(({ id }) => !known.has(id));
  if (missing) return `${eventNameOf(missing)} was never delivered`;
  const ids = new Map<string, string>();
  for (const event of seen) {
    const name = `${eventNameOf(event)} ${String(event.data.turn_id)} ${event.sequence}`;
    if ((ids.get(name) ?? event.id) !== event.id) return `${name} came under two ids`;
    ids.set(name, event.id);
  }
  return null;
}

/** Throws if an event of the story is missing, occurs under two ids, or was not delivered. */
export async function judgeEvents(
  customer: Customer,
  eventNames: readonly string[],
  sink: WebhookReceiver,
): Promise<void> {
  await settled(async () => wrongEvents(await readEvents(customer), eventNames));
  await settled(async () => wrongDeliveries(await readEvents(customer), sink.seen()));
}

/** Throws if usage was counted twice or not at all. Credits are not compared if those of a turn are unknown. */
export async function judgeUsage(
  { api }: Customer,
  eventNames: readonly string[],
  { credits_charged }: RequestLog,
): Promise<void> {
  const { data } = await api.get("/v1/usage", z.object({ data: z.array(usageCounts) }));
  const sum = (of: (one: z.infer<typeof usageCounts>) => number): number => data.reduce((all, one) => all + of(one), 0);
  const turns = eventNames.filter((name) => name.startsWith("turn.completed ")).length;
  const counted = sum((one) => one.turns.completed);
  if (counted !== turns) throw new Error(`${counted} turns were counted instead of ${turns}`);
  const credits = sum((one) => one.credits.measured + one.credits.estimated);
  const unknown = sum((one) => one.credits.unknown_turns);
  if (unknown === 0 && credits !== credits_charged)
    throw new Error(`${credits} credits were counted, Nemo charged ${credits_charged}`);
}
