/**
 * What a user token is shown: everything of its own user but what is the tenant's.
 *
 * A prompt that a generator wrote is the tenant's recipe, so it is null there; so is what the agent said when it was asked to
 * write a generator. What a user wrote stays. Answers, stored events and frames of streams all go through here, so the rule
 * is written once.
 */
import type { TurnId } from "./ids.ts";
import type { EventType, EventWire } from "./wire/event.ts";

/** Who wrote what a turn or a video sends. `generatorJob`: the request to write a generator. */
export const PROMPT_SOURCES = ["caller", "generator", "generator_job"] as const;
export type PromptSource = (typeof PROMPT_SOURCES)[number];

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** What a caller wrote by its own names is given back as it is. */
const LABELS = "metadata";

/** The same data with what is the tenant's own null. Streams and other objects stay as they are. */
export function forUser<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => forUser(item)) as T; // the same list, each item seen by a user
  if (!isPlain(value)) return value;
  const shown: Plain = {};
  for (const [key, inner] of Object.entries(value)) shown[key] = key === LABELS ? inner : forUser(inner);
  if (shown.prompt_source === "generator" || shown.prompt_source === "generator_job") shown.prompt = null;
  if (shown.prompt_source === "generator_job") shown.text = null;
  return shown as T; // the same fields
}

/** Resources whose events are a user's own. Others tell of the tenant's Nemo account, its receivers and its generators. */
const OWN = ["turn", "timeline", "upload", "asset", "render", "video", "batch"];

/** The types of events that a user token sees. */
export const isUsersEvent = (type: EventType): boolean => OWN.includes(type.slice(0, type.indexOf(".")));

/** An event as a user token sees it: neither whose tenant it is nor how many events that has. `cursor` counts its user's alone. */
export const eventForUser = (event: EventWire, cursor: number): EventWire => ({
  ...event,
  cursor,
  tenant: null,
  data: forUser(event.data),
});

/** The turn that a call asks for, where it asks for one: a making's turn is not there for a user token. */
export const turnIdIn = (given: readonly unknown[]): TurnId | null => {
  const id = given.find((value) => typeof value === "string" && value.startsWith("trn_"));
  return typeof id === "string" ? (id as TurnId) : null;
};
