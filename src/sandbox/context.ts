/**
 * What every route uses: the sandbox's dependencies, its settings, the check of the caller's token, response envelopes, and
 * helpers for time, JSON bodies, JSON text that must stay byte for byte, and random values.
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
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

/* Response envelopes (nemo-api reference section 1.2) and the check of the bearer token. */

/** A JSON response; `value` may contain RawJson. */
export const jsonAnswer = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(encodeJson(value), { status, headers: { "content-type": "application/json", ...headers } });

export const okAnswer = (data: unknown): Response => jsonAnswer({ code: 0, data });

/** Codes in the body, with their message and the HTTP status used when `code_status` is not 200. */
const CODES = {
  1001: ["token is invalid or expired", 401],
  1002: ["session not found", 404],
  2001: ["insufficient credits", 402],
  4001: ["unsupported file type", 415],
  4002: ["file too large", 413],
} as const satisfies Record<number, readonly [string, ContentfulStatusCode]>;

export type BodyCode = keyof typeof CODES;

export function codeAnswer(code: BodyCode, switches: Switches): Response {
  const [message, status] = CODES[code];
  return jsonAnswer({ code, message, data: null }, switches.code_status === "200" ? 200 : status);
}

/** An error with an HTTP status of its own: 400, 402, 403, 404, 429. */
export const statusAnswer = (c: Context, status: ContentfulStatusCode, message: string): Response =>
  c.json({ code: status, message, data: null }, status);

/** FastAPI's response to a body that lacks fields. */
export const missingFields = (fields: readonly string[]): Response =>
  jsonAnswer(
    { detail: fields.map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required", input: null })) },
    422,
  );

/** The response of `/run_sse` for an unknown session. */
export function missingSession(sessionId: string, switches: Switches): Response {
  switch (switches.missing_session) {
    case "1002":
      return codeAnswer(1002, switches);
    case "adk_404":
      return jsonAnswer({ detail: "Session not found" }, 404);
    case "adk_404_id":
      return jsonAnswer({ detail: `Session not found: ${sessionId}` }, 404);
    case "adk_js":
      return jsonAnswer({ error: `Session not found: ${sessionId}` }, 404);
  }
}

/* Authentication: the bearer token must be known, not expired, not revoked, and have the scope. */

export type ScopeName = "read" | "write" | "upload" | "render";

/** Creates a user with the initial credits. */
export function newUser(sandbox: Sandbox, userId: string, switches: Switches): UserRecord {
  const user: UserRecord = { userId, granted: switches.initial_credits, consumed: 0 };
  sandbox.store.write("user", userId, user);
  return user;
}

/** Anyone may make up such a token. It gets an account of its own in this sandbox and is valid nowhere else. */
const TEST_TOKEN = /^nmv_usr_sandbox_[\w-]{8,192}$/;
const ANY_TOKEN = /^nmv_usr_[\w-]{8,200}$/;

/** Accepts a token that was not issued here and creates its user: a test token, or any `nmv_usr_` token if the switch says so. */
function registerToken(sandbox: Sandbox, token: string, switches: Switches): TokenRecord | null {
  if (!(switches.unknown_tokens === "accept" ? ANY_TOKEN : TEST_TOKEN).test(token)) return null;
  const { userId } = newUser(sandbox, `user_${hexText(sandbox.random, 6)}`, switches);
  const record: TokenRecord = {
    tokenId: `tok_${hexText(sandbox.random, 6)}`,
    token,
    userId,
    origin: "adopted",
    name: "adopted",
    clientId: null,
    address: "",
    scopes: ["*"],
    issuedAt: sandbox.clock.now(),
    expiresAt: null,
    revoked: false,
  };
  sandbox.store.write("token", token, record);
  return record;
}

/** Middleware that requires a token with `scope`. A claim token (`clm_`) has no rights. */
export function requireToken(sandbox: Sandbox, scope: ScopeName): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const switches = switchesOf(sandbox);
    const text = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    const token = sandbox.store.read("token", text) ?? registerToken(sandbox, text, switches);
    const user = token === null ? null : sandbox.store.read("user", token.userId);
    const isExpired =
      token?.expiresAt !== undefined && token.expiresAt !== null && token.expiresAt <= sandbox.clock.now();
    if (token === null || user === null || token.revoked || isExpired) return codeAnswer(1001, switches);
    if (!token.scopes.includes("*") && !token.scopes.includes(scope))
      return statusAnswer(c, 403, `the token lacks the scope ${scope}`);
    c.set("token", token);
    c.set("user", user);
    return next();
  };
}
