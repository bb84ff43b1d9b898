/**
 * The words that a prompt may hold to make the sandbox misbehave: `#fault:<name>`, some with a moment (`#fault:drop@3s`),
 * and `#slow:180s`, `#slow_render:90s` for durations. Words about renders hold for the session's later renders.
 * Moments and durations are divided by TIME_SCALE like everything else. `GET /__faults` answers this table.
 */
import type { FAULTS } from "../core/sandbox-faults.ts";
import { FAULT_NAMES } from "../core/sandbox-faults.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";

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
