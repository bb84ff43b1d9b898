/**
 * What every route uses: the sandbox's dependencies and the caller, its settings, and helpers for time, JSON bodies, JSON text
 * that must stay byte for byte, and random values.
 */
import type { Context, Hono } from "hono";
import type { RandomBytes } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";
import { DEFAULT_SWITCHES, Switches } from "./faults.ts";
import type { Failure, Records, Store, TokenRecord, UserRecord } from "./store.ts";
import type { SandboxTurn } from "./turn.ts";

export type Sandbox = {
  readonly store: Store;
  readonly clock: Clock;
  /** For ids, which must differ. */
  readonly random: RandomBytes;
  /** For choices, which must be reproducible. */
  readonly seed: string;
  /** Every duration of work is divided by it. Lifetimes of stored things are not. */
  readonly scale: number;
  /** For `url_upload: fetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Overrides of the default switches until others are set. */
  readonly switches?: Partial<Switches>;
};

export type SandboxEnv = { Variables: { token: TokenRecord; user: UserRecord } };
export type SandboxApp = Hono<SandboxEnv>;
export type SandboxContext = Context<SandboxEnv>;

const setting = (sandbox: Sandbox, name: string): unknown => sandbox.store.read("setting", name)?.value;

/** The switches in force. */
export const switchesOf = (sandbox: Sandbox): Switches => {
  const set = setting(sandbox, "switches");
  if (set === undefined && sandbox.switches === undefined) return DEFAULT_SWITCHES;
  return Switches.parse({ ...sandbox.switches, ...(set as Partial<Switches> | undefined) }); // checked when it was set
};

export const failuresOf = (sandbox: Sandbox): readonly Failure[] => (setting(sandbox, "failures") ?? []) as Failure[]; // checked when set
/** `#` words that are added to the prompts of the next turns, one entry each. */
export const queueOf = (sandbox: Sandbox): readonly string[] => (setting(sandbox, "queue") ?? []) as string[]; // checked when set

export const saveSetting = (sandbox: Sandbox, name: "switches" | "failures" | "queue", value: unknown): void =>
  sandbox.store.write("setting", name, { value });

/** A user's turns that are not yet committed to their session. */
export const openTurns = (sandbox: Sandbox, userId: string): SandboxTurn[] => sandbox.store.list("open", userId);

/** The caller's own session; null for any other. */
export function ownSession(
  sandbox: Sandbox,
  c: SandboxContext,
  sessionId: string,
  owner = "me",
): Records["session"] | null {
  const { userId } = c.get("user");
  const session = sandbox.store.read("session", sessionId);
  if (session === null || session.lost || session.userId !== userId) return null;
  return owner === "me" || owner === userId ? session : null;
}

/* Time is a dependency, so that a test can advance it by a week at once. */

export type Clock = {
  now(): EpochMs;
  /** Resolves after `ms`. Only streams sleep; everything else is computed from the current time. */
  sleep(ms: number): Promise<void>;
};

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/* Lenient reading of bodies: a value's fields, or none if it is not an object. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The fields of JSON text; none if it is invalid. */
export function fieldsIn(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/* The outer keys of an ADK event in snake_case, as early servers wrote them; keys inside `parts` and state do not change. */

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const outer = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [snake(name), field]));

export function snakeKeys(event: { readonly actions: object }): Record<string, unknown> {
  return { ...outer(event), actions: outer(event.actions) };
}

/* JSON that contains ready-made JSON text: a draft is stored as text and must be sent byte for byte. */

/** JSON text that is written unchanged. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Like `JSON.stringify`, but the text of a RawJson inside is copied unchanged. */
export function encodeJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => encodeJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${encodeJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/* Two kinds of randomness: random bytes for ids, which must differ, and hashes of a seed for choices, which must be reproducible. */

export const cryptoBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `length` URL-safe base64 characters. */
export const idText = (random: RandomBytes, length: number): string =>
  Array.from(random(length), (byte) => ALPHABET[byte & 63]).join("");

export const hexText = (random: RandomBytes, bytes: number): string =>
  Array.from(random(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A 19-digit odd number as text. It is above 2^53 and odd, so converting it to a double always changes it. */
export function longNumber(random: RandomBytes): string {
  const bytes = Array.from(random(19));
  const digits = bytes.map((byte, at) => (at === 0 ? 1 + (byte % 8) : byte % 10));
  digits[18] = 1 + 2 * ((bytes[18] ?? 0) % 5);
  return digits.join("");
}

/** FNV-1a, 32 bits: good enough to spread choices, not for secrets. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // A final mix, so that similar seeds ("…:1", "…:2") differ in all bits and not only in the low ones.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that depends only on the seed. */
export const chance = (seed: string): number => hash32(seed) / 0x1_0000_0000;

/** Bytes that depend only on the seed, for ids inside a script. */
export function seededBytes(seed: string): RandomBytes {
  let drawn = 0;
  return (count) => Uint8Array.from({ length: count }, () => hash32(`${seed}/${drawn++}`) >>> 24);
}
