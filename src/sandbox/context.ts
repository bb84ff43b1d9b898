/** What every route is handed: the sandbox's surroundings, and who is calling. */
import type { Context, Hono } from "hono";
import type { EpochMs } from "../core/time.ts";
import { DEFAULT_SWITCHES, Switches } from "./faults.ts";
import type { Failure, Records, Store, TokenRecord, UserRecord } from "./store.ts";
import type { Turn } from "./turn.ts";

export type Sandbox = {
  readonly store: Store;
  readonly clock: Clock;
  /** For ids. */
  readonly random: RandomBytes;
  /** For choices that repeat. */
  readonly seed: string;
  /** Every duration of work is divided by it. How long something is kept is not. */
  readonly scale: number;
  /** For `url_upload: fetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Used until others are set; partial, over the general defaults. */
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
/** Prompts' `#` words that are added to the next turns, one each. */
export const queueOf = (sandbox: Sandbox): readonly string[] => (setting(sandbox, "queue") ?? []) as string[]; // checked when set

export const keepSetting = (sandbox: Sandbox, name: "switches" | "failures" | "queue", value: unknown): void =>
  sandbox.store.write("setting", name, { value });

/** Turns of a user that are not folded yet. */
export const openTurns = (sandbox: Sandbox, userId: string): Turn[] => sandbox.store.list("open", userId);

/** The caller's own session; another's looks missing. */
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

/* Time as the sandbox sees it: handed in, so that a test moves a week in no time. */

export type Clock = {
  now(): EpochMs;
  /** Resolves `ms` later. Only streams sleep; everything else is evaluated. */
  sleep(ms: number): Promise<void>;
};

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/* Loose reading of bodies: a value's fields, none where it is no object. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The fields of JSON text; none where it is no JSON. */
export function fieldsIn(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/* The outer keys of an ADK event in snake_case, as early servers wrote them; what is inside `parts` and state keeps its names. */

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const outer = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [snake(name), field]));

export function snakeKeys(event: { readonly actions: object }): Record<string, unknown> {
  return { ...outer(event), actions: outer(event.actions) };
}

/* JSON with parts spelled beforehand: a draft is text, and must leave exactly as it is kept. */

/** JSON text to be written as it stands. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Like `JSON.stringify`, but a RawJson inside is copied letter by letter. */
export function encodeJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => encodeJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${encodeJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/* Two kinds of chance: bytes handed in, for ids that must differ, and a hash of a seed, for choices that must repeat. */

/** `count` random bytes. */
export type RandomBytes = (count: number) => Uint8Array;

export const cryptoBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `length` URL-safe base64 characters. */
export const idText = (random: RandomBytes, length: number): string =>
  Array.from(random(length), (byte) => ALPHABET[byte & 63]).join("");

export const hexText = (random: RandomBytes, bytes: number): string =>
  Array.from(random(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A 19-digit odd number as text: above 2^53, and odd so that a trip through a double always changes it. */
export function longNumber(random: RandomBytes): string {
  const bytes = Array.from(random(19));
  const digits = bytes.map((byte, at) => (at === 0 ? 1 + (byte % 8) : byte % 10));
  digits[18] = 1 + 2 * ((bytes[18] ?? 0) % 5);
  return digits.join("");
}

/** FNV-1a, 32 bits: enough to spread choices, not for anything secret. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // A last mix: neighbouring seeds ("…:1", "…:2") differ in all bits, not only the low ones.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that the seed alone decides. */
export const chance = (seed: string): number => hash32(seed) / 0x1_0000_0000;

/** Random bytes that the seed alone decides, for ids inside a script. */
export function seededBytes(seed: string): RandomBytes {
  let drawn = 0;
  return (count) => Uint8Array.from({ length: count }, () => hash32(`${seed}/${drawn++}`) >>> 24);
}
