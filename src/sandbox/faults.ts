/**
 * The words that a prompt may hold to make the sandbox misbehave: `#fault:<name>`, some with a moment (`#fault:drop@3s`),
 * and `#slow:180s`, `#slow_render:90s` for durations. Words about renders hold for the session's later renders.
 * Moments and durations are divided by TIME_SCALE like everything else. `GET /__faults` answers this table.
 */

import * as z from "zod";
import { NEMO_UPLOAD_BYTES } from "../core/limits.ts";
import { FAULT_NAMES, type FAULTS } from "../core/sandbox-faults.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";

type WithMoment = keyof typeof FAULTS;
export type FaultName = WithMoment extends infer N ? (N extends `${infer Bare}@t` ? Bare : N) : never;

/** Faults by name; the value is the moment in unscaled milliseconds, null where none was given. */
export type Faults = Partial<Record<FaultName, { readonly atMs: number | null }>>;

export type PromptWords = {
  readonly faults: Faults;
  /** Unscaled milliseconds of the whole turn, null for the usual. */
  readonly slowMs: number | null;
  readonly slowRenderMs: number | null;
  /** Names after `#fault:` that are not in the table. */
  readonly unknown: readonly string[];
  /** The prompt without these words. */
  readonly rest: string;
};

const WORD = /#(fault:([a-z0-9_]+)|slow_render|slow)(?:[@:](\d+(?:\.\d+)?)(ms|s|m)?)?/g;
/** The furthest moment a word can name. Chosen: longer than any client waits. */
const FURTHEST_MS = HOUR_MS;
const UNITS: Record<string, number> = { ms: 1, s: SECOND_MS, m: MINUTE_MS };

/** Reads the `#` words out of a prompt. */
export function readWords(prompt: string): PromptWords {
  const faults: Faults = {};
  const unknown: string[] = [];
  let slowMs: number | null = null;
  let slowRenderMs: number | null = null;
  for (const [, word = "", name, amount, unit] of prompt.matchAll(WORD)) {
    const atMs =
      amount === undefined ? null : Math.min(FURTHEST_MS, Number(amount) * (UNITS[unit ?? "s"] ?? SECOND_MS));
    if (word === "slow") slowMs = atMs ?? 3 * MINUTE_MS;
    else if (word === "slow_render") slowRenderMs = atMs ?? 90 * SECOND_MS;
    else if (name !== undefined && FAULT_NAMES.has(name))
      faults[name as FaultName] = { atMs }; // a name of the table
    else if (name !== undefined) unknown.push(name);
  }
  return { faults, slowMs, slowRenderMs, unknown, rest: prompt.replace(WORD, " ").replace(/\s+/g, " ").trim() };
}

/*
 * What nobody outside knows about the real Nemo API, as named switches with a default, and the numbers a test may want to move.
 * Set per object by `POST /__switches`, read by `GET /__switches`. Sections are those of the nemo-api reference.
 */

const ms = z
  .number()
  .min(0)
  .max(7 * DAY_MS);

export const Switches = z.strictObject({
  // ---- tokens and credits (sections 2, 7.1)
  /** Credits of a new user. The real API gives 100; test keys get plenty. */
  initial_credits: z.int().min(0).default(1_000_000),
  /** One token per client id and ten per address in seven days, as the real API does. */
  mint_ration: z.boolean().default(false),
  mint_per_client: z.int().min(1).default(1),
  mint_per_address: z.int().min(1).default(10),
  token_ttl_ms: z
    .number()
    .min(1)
    .default(7 * DAY_MS),
  /** Whether a client id that comes back meets its old user, credits and projects. */
  anonymous_user: z.enum(["same", "new"]).default("same"),
  /** The vendor's list of 2026-03-19 is read, write, upload; before it was `*`. */
  anonymous_scopes: z.array(z.enum(["read", "write", "upload", "render", "*"])).default(["*"]),
  /** Every `nmv_usr_` text is taken for a registered user's token. */
  unknown_tokens: z.enum(["refuse", "accept"]).default("refuse"),
  /** Leaves `user_id` out of anonymous-token and create-session. */
  omit_user_id: z.boolean().default(false),
  generation_credits: z.int().min(0).default(100),
  edit_credits: z.int().min(0).default(50),

  // ---- envelopes (section 1.2)
  /** HTTP status beside a body code: always 200, or the like of it (1001 → 401 …). */
  code_status: z.enum(["200", "4xx"]).default("200"),
  /** How `/run_sse` says that a session is unknown. */
  missing_session: z.enum(["1002", "adk_404", "adk_404_id", "adk_js"]).default("1002"),
  /** Where 2001 stands: a JSON body before the stream, a record in it, or plain agent text. */
  no_credits_form: z.enum(["body", "inline", "text"]).default("body"),
  /** The record that says 2001 inside a stream. */
  no_credits_inline: z.enum(["code", "error"]).default("code"),

  // ---- /run_sse (section 4)
  wire: z.enum(["adk", "typed"]).default("adk"),
  adk_case: z.enum(["camel", "snake"]).default("camel"),
  /** Seconds with a fraction (Python) or whole milliseconds (JavaScript). */
  adk_time: z.enum(["seconds", "milliseconds"]).default("seconds"),
  /** Whether an event's `stateDelta` carries the draft. */
  state_delta: z.boolean().default(true),
  heartbeat: z.enum(["comment", "event", "empty_data", "word", "typed", "empty_object", "none"]).default("comment"),
  heartbeat_every_ms: ms.min(50).default(2_000),
  newline: z.enum(["lf", "crlf"]).default("lf"),
  /** How bytes are cut into chunks: one per event, events of a moment together, seeded random cuts, or every few bytes. */
  chunking: z.enum(["event", "merged", "random", "bytes"]).default("event"),
  /** `new_message` may be left out, as in the newest ADK. */
  message_optional: z.boolean().default(false),
  on_disconnect: z.enum(["continue", "cancel"]).default("continue"),
  /** A second turn on a busy session: an error line (its draft is lost, its credits are not), or both run. */
  concurrent_turn: z.enum(["stale", "run"]).default("stale"),
  /** The share of edits that end without a word. */
  silent_edits: z.number().min(0).max(1).default(0.3),
  text_ms: ms.default(800),
  edit_ms: ms.default(2_000),
  generation_ms: ms.default(6_000),

  // ---- state and drafts (section 5)
  /** How long after a change a state read shows it. */
  state_delay_ms: ms.default(0),
  empty_draft: z.enum(["null", "object", "tracks"]).default("null"),
  /** Names of a segment's undocumented keys. */
  draft_keys: z.enum(["long", "short"]).default("long"),

  // ---- uploads (section 6)
  upload_limit_bytes: z.int().min(0).default(NEMO_UPLOAD_BYTES),
  /** Whether a JSON url is really fetched; pretending makes the file's facts up. */
  url_upload: z.enum(["pretend", "fetch"]).default("pretend"),

  // ---- renders (section 7)
  /** Missing attribution headers: always 402, or only for a free plan without credits. */
  attribution: z.enum(["strict", "lenient"]).default("strict"),
  render_shape: z.enum(["flat", "wrapped"]).default("flat"),
  render_submit_shape: z.enum(["wrapped", "code", "flat"]).default("wrapped"),
  render_ms: ms.default(6_000),
  /** A draft that is not byte for byte one of the session's. */
  draft_mismatch: z.enum(["reject", "fail", "accept"]).default("reject"),
  duplicate_render: z.enum(["error", "existing"]).default("error"),
  /** HTTP status for a body with `session_id` where `sessionId` belongs. */
  wrong_session_field_status: z.enum(["400", "422", "500"]).default("422"),
  cancelled_status: z.enum(["cancelled", "canceled", "failed"]).default("cancelled"),
  /** Which jobs can be cancelled. */
  cancel: z.enum(["running", "pending"]).default("running"),
  /** How long a finished file can be fetched. */
  render_url_ttl_ms: z
    .number()
    .min(0)
    .default(24 * HOUR_MS),
  render_url_gone_status: z.enum(["404", "403", "410"]).default("404"),

  // ---- limits of the sandbox itself
  /** The longest turn and render that a `#slow` word can ask for. */
  longest_ms: ms.default(30 * MINUTE_MS),
});

export type Switches = z.infer<typeof Switches>;

export const DEFAULT_SWITCHES: Switches = Switches.parse({});
