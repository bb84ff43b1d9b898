/**
 * Removes the tenant's private data from everything that a user token receives.
 *
 * A prompt that a generator wrote belongs to the tenant and is null; so is the agent's answer to a request to write a
 * generator. What a user wrote stays. Answers, stored events and stream frames all pass through here.
 */
import type { TurnId } from "./ids.ts";
import type { EventType, EventWire } from "./wire/event.ts";
import type { GeneratorWire, ShownGeneratorWire } from "./wire/generator.ts";

/** The author of a prompt. `generator_job`: the request to write a generator. */
export const PROMPT_SOURCES = ["caller", "generator", "generator_job"] as const;
export type PromptSource = (typeof PROMPT_SOURCES)[number];

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Fields that callers write with their own names are returned unchanged. */
const LABELS = "metadata";

/** The same data with the tenant's private fields null. Streams and other class instances are returned unchanged. */
export function forUser<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => forUser(item)) as T; // the same list, each item filtered
  if (!isPlain(value)) return value;
  const shown: Plain = {};
  for (const [key, inner] of Object.entries(value)) shown[key] = key === LABELS ? inner : forUser(inner);
  if (shown.prompt_source === "generator" || shown.prompt_source === "generator_job") shown.prompt = null;
  if (shown.prompt_source === "generator_job") shown.text = null;
  if ("prompt_source" in shown && "key_id" in shown) shown.key_id = null; // a turn's; keys are the tenant's
  // what the whole tenant may spend and has spent, in the problem of a reached cap
  if (shown.scope === "tenant" && "resets_at" in shown) Object.assign(shown, { limit: null, used: null });
  return shown as T; // the same fields
}

/**
 * A generator as a user token sees it: what a form needs, without the prompt and the app's name at Nemo. A fallback's name
 * and description are its prompt.
 */
export const generatorForUser = (generator: GeneratorWire): ShownGeneratorWire => ({
  ...generator,
  ...(generator.made_by === "fallback" ? { name: generator.slug, description: "" } : {}),
  prompt: null,
  attribution: { source: null, version: null, platform: null },
});

/**
 * Resources whose events belong to a user. Others concern the tenant's Nemo account, its endpoints and its generators.
 */
const OWN = ["turn", "timeline", "upload", "asset", "render", "video", "batch"];

/** Whether a user token may see events of this type. */
export const isUsersEvent = (type: EventType): boolean => OWN.includes(type.slice(0, type.indexOf(".")));

/** An event as a user token sees it: without the tenant, and with a cursor that counts its user's events alone. */
export const eventForUser = (event: EventWire, cursor: number): EventWire => ({
  ...event,
  cursor,
  tenant: null,
  data: forUser(event.data),
});

/** The id of the turn among a call's arguments, if there is one. A generator job's turn is hidden from user tokens. */
export const turnIdIn = (given: readonly unknown[]): TurnId | null => {
  const id = given.find((value) => typeof value === "string" && value.startsWith("trn_"));
  return typeof id === "string" ? (id as TurnId) : null;
};
