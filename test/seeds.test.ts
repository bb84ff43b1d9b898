/**
 * The five documents that describe this gateway's clients, rule by rule, and the test that proves each.
 *
 * A rule is what one of them requires of a client. Where four of them say the same in the same words and the fifth in
 * others, it is one row. The test named in a row must exist; a row without one fails.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BUILT_IN_GENERATORS } from "../src/core/generators/built-in.ts";

const SEEDS = BUILT_IN_GENERATORS.map(({ slug }) => slug);
const [MAKER, VIDEO, ONLINE, FREE, FOOTAGE] = SEEDS as [string, string, string, string, string];

/** Whose rule, the rule, the file of its proof, and words of the test's name there. */
type Row = readonly [of: readonly string[] | "all", rule: string, file: string, test: string];

const ROWS: readonly Row[] = [
  // ---- what each is for
  [
    [MAKER],
    "a description becomes a generator that a whole team can use",
    "test/routes/generator-jobs.test.ts",
    "creates a generator that every key of the tenant can use",
  ],
  [
    [MAKER],
    "its quick edit gives an MP4",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    [VIDEO],
    "a described scene becomes a 30-second video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    [ONLINE],
    "a text script becomes a 30-second promo video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    [FREE],
    "a short text prompt becomes a 30-second video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    [FOOTAGE],
    "footage becomes a new short clip with music and transitions",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    "all",
    "greets, suggests three things to say, names its best formats and gives tips",
    "test/core/generators/recipe.test.ts",
    "are five complete recipes with their own slugs",
  ],
  ["all", "says how long it takes", "test/routes/videos.test.ts", "answers at once with the address of the video"],
  [
    "all",
    "needs no editing software: one request and one download",
    "test/routes/videos.test.ts",
    "takes one request and one download",
  ],
  // ---- first contact
  [
    "all",
    "a token that is set is used, and none is asked for",
    "test/durable/user/nemo-token.test.ts",
    "is the user's own, else the tenant's, else the operator's",
  ],
  [
    "all",
    "otherwise an anonymous one is fetched with a random client id",
    "test/durable/user/nemo-token.test.ts",
    "is an anonymous one if that is allowed and no other is set",
  ],
  [
    "all",
    "a session is made once and its id kept for every later request",
    "test/routes/built-in-generators.test.ts",
    "%s creates one session in its caller's language, and pays for one message and no export",
  ],
  [
    "all",
    "the session gets the user's language",
    "test/routes/built-in-generators.test.ts",
    "%s creates one session in its caller's language, and pays for one message and no export",
  ],
  [
    "all",
    "tokens and raw answers are never shown",
    "test/node/leaks.test.ts",
    "exposes nothing of another tenant or user, prints nothing, and keeps secrets encrypted",
  ],
  [
    "all",
    "a free token ends after some days, which is announced before",
    "test/durable/user/nemo-token.test.ts",
    "is announced about a day before it expires, as an event of its tenant",
  ],
  [
    "all",
    "the setup is described briefly, before anything is asked of the agent",
    "test/conformance/turns.test.ts",
    "§4.3 are announced with their address first, before anything reaches Nemo",
  ],
  // ---- what a message means
  [
    "all",
    "export, download, send me the video: the export, without a message to the agent",
    "test/durable/user/turn-words.test.ts",
    "is answered without a message to Nemo",
  ],
  [
    "all",
    "credits and balance: the balance, without a message",
    "test/durable/user/turn-words.test.ts",
    "is answered without a message to Nemo",
  ],
  [
    "all",
    "status and tracks: the state, without a message",
    "test/durable/user/turn-words.test.ts",
    "is answered without a message to Nemo",
  ],
  [
    "all",
    "upload: where to send a file, without a message",
    "test/durable/user/turn-words.test.ts",
    "is answered without a message to Nemo",
  ],
  [
    "all",
    "everything else goes to the agent",
    "test/core/commands/match.test.ts",
    "never turn an instruction for the agent into a command",
  ],
  // ---- requests
  [
    "all",
    "source, version and platform go with every request",
    "test/routes/built-in-generators.test.ts",
    "%s sends its attribution upstream with every request",
  ],
  [
    "all",
    "the source is the document's own slug, the version its own, the platform unknown where it is",
    "test/durable/user/attribution.test.ts",
    "is the generator's for what is sent for one, else the tenant's, field by field",
  ],
  [
    "all",
    "a message's stream is followed for at most 15 minutes",
    "test/durable/user/turn-quiet.test.ts",
    "is settled beside a stream of heartbeats, and after fifteen minutes without anything",
  ],
  [
    "all",
    "a file is uploaded as multipart or by address",
    "test/conformance/pull.test.ts",
    "is downloaded by Nemo through a signed link, byte for byte",
  ],
  [
    "all",
    "a file that has an address needs no upload of its own",
    "test/conformance/imports.test.ts",
    "§5.6 downloads %s, byte for byte",
  ],
  [
    "all",
    "a video may be made of files by their addresses alone",
    "test/durable/user/video-import.test.ts",
    "accepts addresses nested and flat, and returns none of them",
  ],
  ["all", "13 formats are taken", "test/conformance/uploads.test.ts", "§5 creates an asset of every format"],
  [
    "all",
    "files may have 500 MB",
    "test/conformance/uploads.test.ts",
    "§5.1 rejects more than 500,000,000 announced bytes, and more than 95,000,000 in one request",
  ],
  [
    "all",
    "the balance shows available, frozen and total",
    "test/nemo/account.test.ts",
    "reads a balance, as numbers or as text, with or without its total",
  ],
  [
    "all",
    "video infos and generated media are read from the state",
    "test/nemo/state.test.ts",
    "has media lists of unknown shape",
  ],
  [
    "all",
    "the draft's short keys are tracks, types, segments, durations, metadata",
    "test/nemo/timeline.test.ts",
    "converts the documented sample to the documented line",
  ],
  [
    "all",
    "an export costs nothing, is ordered with mp4 and high, and polled until it has an address",
    "test/conformance/renders.test.ts",
    "§6 answers 202 with the time of the next poll until there is a file",
  ],
  [
    "all",
    "exports are H.264 of at most 1080×1920",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    "all",
    "a closed tab orphans the export: here it finishes by itself",
    "test/conformance/promises.test.ts",
    "§1.4 a render finishes without being polled, and its file exists before the event",
  ],
  [
    "all",
    "the draft goes into the export byte for byte",
    "test/nemo/state.test.ts",
    "returns the draft byte for byte, and submits it unchanged",
  ],
  [
    "all",
    "an export costs nothing",
    "test/routes/built-in-generators.test.ts",
    "%s creates one session in its caller's language, and pays for one message and no export",
  ],
  // ---- errors
  [
    "all",
    "1001: a new token, then the request again",
    "test/durable/user/nemo-token.test.ts",
    "that Nemo rejects is renewed once, with the same client id",
  ],
  [
    "all",
    "1002: a new session",
    "test/durable/user/turn.test.ts",
    "continues in a new one if no timeline is lost with it, and is sent once",
  ],
  [
    "all",
    "2001: no credits, with the address to register",
    "test/durable/user/turn-words.test.ts",
    "is a code when credits are exhausted: %s",
  ],
  [
    "all",
    "4001: the formats that are taken",
    "test/durable/upload/attach.test.ts",
    "fails at once when upstream's rejection %i is permanent, with the same problem as our own and a hint",
  ],
  [
    "all",
    "4002: too large, with what to do",
    "test/durable/upload/attach.test.ts",
    "fails at once when upstream's rejection %i is permanent, with the same problem as our own and a hint",
  ],
  [
    "all",
    "400 without a client id: another one, and the request again",
    "test/durable/user/nemo-token.test.ts",
    "is requested once more under another client id if Nemo rejects the first",
  ],
  [
    "all",
    "402 at export: a plan matter, not credits",
    "test/conformance/errors.test.ts",
    "§3.2 answers plan_upgrade_required with the sign-up link when Nemo's plan does not allow exports",
  ],
  [
    "all",
    "429: once more after a while, tokens not before their time",
    "test/durable/user/nemo-token.test.ts",
    "that is rate-limited is not requested again before its time",
  ],
  // ---- talk about a screen
  [
    "all",
    "click, open, drag, preview and export become calls",
    "test/core/agent-text/gui-instructions.test.ts",
    "are translated: %j becomes %j",
  ],
  // ---- the stream
  [
    "all",
    "text goes to the user, tool calls stay inside",
    "test/durable/user/turn-words.test.ts",
    "contains no GUI instructions: they become calls of this API",
  ],
  [
    "all",
    "heartbeats mean that the work continues; every two minutes an event says so",
    "test/conformance/turns.test.ts",
    "§4.3 report progress at least every two minutes, and at each new stage",
  ],
  [
    "all",
    "an edit that closes without a word is looked up and reported",
    "test/durable/user/turn.test.ts",
    "reports an edit without text",
  ],
  [
    "all",
    "the timeline is described in one line of tracks",
    "test/nemo/timeline.test.ts",
    "converts the documented sample to the documented line",
  ],
  // ---- ways of working
  [
    "all",
    "quick edit: upload, say, download",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence give an MP4 of the requested length",
  ],
  [
    "all",
    "batch: several files, one by one, each with its own instructions and its own export",
    "test/routes/batches.test.ts",
    "edits several files in one project, one by one, each with its own prompt and its own export",
  ],
  [
    "all",
    "iterative: the session keeps its timeline, and continues",
    "test/routes/videos.test.ts",
    "is continued, and awaited like the first time, with new time limits",
  ],
];

/** The titles of a file's tests: what the call of `it`, or of an `it.each` table, begins with. Groups prove nothing by themselves. */
function titlesIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const plain = text.matchAll(/^\s*it(?:\.concurrent)?\(\s*(["'`])(.*?)(?<!\\)\1/gm);
  const tables = text.matchAll(/^\s*(?:\S.*)?\)\(\s*(["'`])(.*?)(?<!\\)\1,/gm);
  return [...plain, ...tables].map(([, , title = ""]) => title);
}

describe("every rule of the seeds", () => {
  it.each(ROWS)("%j: %s", (of, _rule, file, words) => {
    expect(of === "all" || of.every((slug) => SEEDS.includes(slug))).toBe(true);
    expect(words).not.toBe("");
    expect(existsSync(file), `${file} is not there`).toBe(true);
    expect(
      titlesIn(file).some((title) => title.includes(words)),
      `no test in ${file} is called … ${words} …`,
    ).toBe(true);
  });

  it("is stated in each of the five", () => {
    for (const slug of SEEDS)
      expect(ROWS.filter(([of]) => of !== "all" && of.includes(slug)).length).toBeGreaterThan(0);
  });

  it("is stated once", () => {
    const rules = ROWS.map(([of, rule]) => JSON.stringify([of, rule]));
    expect(rules.filter((rule, n) => rules.indexOf(rule) !== n)).toEqual([]);
  });
});
