/**
 * Faults and switches.
 *
 * A prompt can make the sandbox misbehave: `#fault:<name>`, some with a time (`#fault:drop@3s`), and `#slow:180s`,
 * `#slow_render:90s` for durations. Those about renders apply to the session's later renders. Times and durations are divided
 * by TIME_SCALE. `GET /__faults` returns the table of faults.
 */

import * as z from "zod";
import { NEMO_UPLOAD_BYTES } from "../core/limits.ts";
import { FAULT_NAMES, type FAULTS } from "../core/sandbox-faults.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";

type WithMoment = keyof typeof FAULTS;
export type FaultName = WithMoment extends infer N ? (N extends `${infer Bare}@t` ? Bare : N) : never;

/** Faults by name. The value is the time in unscaled milliseconds, null if none was given. */
export type Faults = Partial<Record<FaultName, { readonly atMs: number | null }>>;

export type PromptWords = {
  readonly faults: Faults;
  /** Duration of the whole turn in unscaled milliseconds; null for the default. */
  readonly slowMs: number | null;
  readonly slowRenderMs: number | null;
  /** Names after `#fault:` that are not in the table. */
  readonly unknown: readonly string[];
  /** The prompt without these words. */
  readonly rest: string;
};

const WORD = /#(fault:([a-z0-9_]+)|slow_render|slow)(?:[@:](\d+(?:\.\d+)?)(ms|s|m)?)?/g;
/** The latest time that a fault can name. Chosen: longer than any client waits. */
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
 * Switches: behaviour of the real Nemo API that is not known from outside, with a default each, and numbers that tests change.
 * They are set per object by `POST /__switches` and read by `GET /__switches`. Sections are those of the nemo-api reference.
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
  limit_tokens: z.boolean().default(false),
  tokens_per_client: z.int().min(1).default(1),
  tokens_per_address: z.int().min(1).default(10),
  token_ttl_ms: z
    .number()
    .min(1)
    .default(7 * DAY_MS),
  /** Whether a client id that is used again gets its old user, credits and projects. */
  anonymous_user: z.enum(["same", "new"]).default("same"),
  /** The vendor's list of 2026-03-19 is read, write, upload; before it was `*`. */
  anonymous_scopes: z.array(z.enum(["read", "write", "upload", "render", "*"])).default(["*"]),
  /** Whether every `nmv_usr_` text is accepted as a registered user's token. */
  unknown_tokens: z.enum(["reject", "accept"]).default("reject"),
  /** Leaves `user_id` out of anonymous-token and create-session. */
  omit_user_id: z.boolean().default(false),
  generation_credits: z.int().min(0).default(100),
  edit_credits: z.int().min(0).default(50),

  // ---- envelopes (section 1.2)
  /** HTTP status of a response with a body code: always 200, or the matching one (1001 → 401 …). */
  code_status: z.enum(["200", "4xx"]).default("200"),
  /** How `/run_sse` reports an unknown session. */
  missing_session: z.enum(["1002", "adk_404", "adk_404_id", "adk_js"]).default("1002"),
  /** Where 2001 is reported: in a JSON body instead of the stream, in a record of it, or as plain agent text. */
  no_credits_form: z.enum(["body", "inline", "text"]).default("body"),
  /** The record that reports 2001 inside a stream. */
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
  /** How bytes are cut into chunks: one per event, several events together, cuts chosen by the seed, or every few bytes. */
  chunking: z.enum(["event", "merged", "random", "bytes"]).default("event"),
  /** `new_message` may be left out, as in the newest ADK. */
  message_optional: z.boolean().default(false),
  on_disconnect: z.enum(["continue", "cancel"]).default("continue"),
  /** A second turn on a busy session: an error line (its draft is lost, its credits are not), or both run. */
  concurrent_turn: z.enum(["stale", "run"]).default("stale"),
  /** The share of edits that end without text. */
  silent_edits: z.number().min(0).max(1).default(0.3),
  text_ms: ms.default(800),
  edit_ms: ms.default(2_000),
  generation_ms: ms.default(6_000),

  // ---- state and drafts (section 5)
  /** The delay until state shows a change. */
  state_delay_ms: ms.default(0),
  empty_draft: z.enum(["null", "object", "tracks"]).default("null"),
  /** Names of a segment's undocumented keys. */
  draft_keys: z.enum(["long", "short"]).default("long"),

  // ---- uploads (section 6)
  upload_limit_bytes: z.int().min(0).default(NEMO_UPLOAD_BYTES),
  /** Whether a file given by URL is really fetched; otherwise its properties are made up. */
  url_upload: z.enum(["pretend", "fetch"]).default("pretend"),

  // ---- renders (section 7)
  /** Missing attribution headers: always 402, or only for a free plan without credits. */
  attribution: z.enum(["strict", "lenient"]).default("strict"),
  render_shape: z.enum(["flat", "wrapped"]).default("flat"),
  render_submit_shape: z.enum(["wrapped", "code", "flat"]).default("wrapped"),
  render_ms: ms.default(6_000),
  /** What happens to a draft that is not byte for byte one of the session's. */
  draft_mismatch: z.enum(["reject", "fail", "accept"]).default("reject"),
  duplicate_render: z.enum(["error", "existing"]).default("error"),
  /** HTTP status for a body with `session_id` where `sessionId` belongs. */
  wrong_session_field_status: z.enum(["400", "422", "500"]).default("422"),
  cancelled_status: z.enum(["cancelled", "canceled", "failed"]).default("cancelled"),
  /** Which jobs can be cancelled. */
  cancel: z.enum(["running", "pending"]).default("running"),
  /** How long a finished file can be downloaded. */
  render_url_ttl_ms: z
    .number()
    .min(0)
    .default(24 * HOUR_MS),
  render_url_gone_status: z.enum(["404", "403", "410"]).default("404"),

  // ---- limits of the sandbox itself
  /** The longest turn and render that `#slow` and `#slow_render` can set. */
  longest_ms: ms.default(30 * MINUTE_MS),
});

export type Switches = z.infer<typeof Switches>;

export const DEFAULT_SWITCHES: Switches = Switches.parse({});
