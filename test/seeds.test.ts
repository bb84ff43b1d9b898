/**
 * The five documents this gateway comes from, rule by rule, and the test that proves each.
 *
 * A rule is what one of them tells a client to do. Where four of them say the same in the same words and the fifth in
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
    "gives a generator that every key of the tenant can use",
  ],
  [
    [MAKER],
    "its quick edit gives an MP4",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    [VIDEO],
    "a described scene becomes a 30-second video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    [ONLINE],
    "a text script becomes a 30-second promo video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    [FREE],
    "a short text prompt becomes a 30-second video",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    [FOOTAGE],
    "footage becomes a new short clip with music and transitions",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    "all",
    "greets, suggests three things to say, names its best formats and gives tips",
    "test/core/generators/recipe.test.ts",
    "are five complete recipes with their own slugs",
  ],
  ["all", "says how long it takes", "test/routes/videos.test.ts", "answers at once with where to look"],
  [
    "all",
    "needs no editing software: one request and one download",
    "test/routes/videos.test.ts",
    "is one request and one download",
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
    "is an anonymous one where that is allowed and nobody brought any",
  ],
  [
    "all",
    "a session is made once and its id kept for every later request",
    "test/routes/built-in-generators.test.ts",
    "%s makes one session in its caller's language",
  ],
  [
    "all",
    "the session is told the user's language",
    "test/routes/built-in-generators.test.ts",
    "%s makes one session in its caller's language",
  ],
  [
    "all",
    "tokens and raw answers are never shown",
    "test/node/leaks.test.ts",
    "tells nobody what is somebody else's, prints nothing, and keeps secrets sealed",
  ],
  [
    "all",
    "a free token ends after some days, which is told before",
    "test/durable/user/nemo-token.test.ts",
    "is told about a day before its end, as an event of its tenant",
  ],
  [
    "all",
    "the setup is told briefly, before anything is asked of the agent",
    "test/conformance/turns.test.ts",
    "§4.3 gives the address of the events first, before anything reaches Nemo",
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
    "never lose an instruction for the agent to a command",
  ],
  // ---- requests
  [
    "all",
    "source, version and platform go with every request",
    "test/routes/built-in-generators.test.ts",
    "%s tells upstream with every request who is asking",
  ],
  [
    "all",
    "the source is the document's own slug, the version its own, the platform unknown where it is",
    "test/durable/user/attribution.test.ts",
    "is the generator's for what is sent for one",
  ],
  [
    "all",
    "a message's stream is followed for at most 15 minutes",
    "test/durable/user/turn-quiet.test.ts",
    "after fifteen minutes of nothing",
  ],
  [
    "all",
    "a file is uploaded as multipart or by address",
    "test/conformance/pull.test.ts",
    "is fetched by Nemo through a signed link, byte for byte",
  ],
  ["all", "a file that has an address needs no upload of its own", "test/conformance/imports.test.ts", "byte for byte"],
  [
    "all",
    "a video may be made of files by their addresses alone",
    "test/durable/user/video-import.test.ts",
    "takes addresses nested and flat, and shows none of them",
  ],
  ["all", "13 formats are taken", "test/conformance/uploads.test.ts", "§5 makes an asset of every format"],
  ["all", "files may have 500 MB", "test/conformance/uploads.test.ts", "refuses more than 500,000,000 bytes announced"],
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
    "reads media lists of unknown shape",
  ],
  [
    "all",
    "the draft's short keys are tracks, types, segments, durations, metadata",
    "test/nemo/timeline.test.ts",
    "reads the documented sample into the documented line",
  ],
  [
    "all",
    "an export costs nothing, is ordered with mp4 and high, and polled until it has an address",
    "test/conformance/renders.test.ts",
    "§6 answers 202 and says when it looks again, until there is a file",
  ],
  [
    "all",
    "exports are H.264 of at most 1080×1920",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    "all",
    "a closed tab orphans the export: here it finishes by itself",
    "test/conformance/promises.test.ts",
    "§1.4 a render finishes although nobody asks for it",
  ],
  [
    "all",
    "the draft goes into the export byte for byte",
    "test/nemo/state.test.ts",
    "hands the draft out byte for byte, and back into a render",
  ],
  ["all", "an export costs nothing", "test/routes/built-in-generators.test.ts", "pays for one message and no export"],
  // ---- errors
  [
    "all",
    "1001: a new token, then the request again",
    "test/durable/user/nemo-token.test.ts",
    "that Nemo refuses is renewed once, with the same client id",
  ],
  [
    "all",
    "1002: a new session",
    "test/durable/user/turn.test.ts",
    "goes on in a new one when no timeline is lost with it",
  ],
  [
    "all",
    "2001: no credits, with the address to register",
    "test/durable/user/turn-words.test.ts",
    "says with a code when credits are exhausted",
  ],
  [
    "all",
    "4001: the formats that are taken",
    "test/durable/upload/attach.test.ts",
    "ends at once when upstream's refusal %i will not pass, as the same problem as our own, and says what to do",
  ],
  [
    "all",
    "4002: too large, with what to do",
    "test/durable/upload/attach.test.ts",
    "ends at once when upstream's refusal %i will not pass, as the same problem as our own, and says what to do",
  ],
  [
    "all",
    "400 without a client id: another one, and the request again",
    "test/durable/user/nemo-token.test.ts",
    "is asked for once more under another client id where Nemo refuses the first",
  ],
  [
    "all",
    "402 at export: a plan matter, not credits",
    "test/conformance/errors.test.ts",
    "answers plan_upgrade_required and where to register",
  ],
  [
    "all",
    "429: once more after a while, tokens not before their time",
    "test/durable/user/nemo-token.test.ts",
    "that is rationed is not asked for again before its time",
  ],
  // ---- talk about a screen
  [
    "all",
    "click, open, drag, preview and export become calls",
    "test/core/agent-text/gui-instructions.test.ts",
    "%j leaves %j",
  ],
  // ---- the stream
  [
    "all",
    "text goes to the user, tool calls stay inside",
    "test/durable/user/turn-words.test.ts",
    "holds no instructions for a GUI: they become calls of our own table",
  ],
  [
    "all",
    "heartbeats mean that work goes on; every two minutes somebody says so",
    "test/conformance/turns.test.ts",
    "§4.3 says at least every two minutes that the work goes on",
  ],
  [
    "all",
    "an edit that closes without a word is looked up and told",
    "test/durable/user/turn.test.ts",
    "reports a silent edit",
  ],
  [
    "all",
    "the timeline is told in one line of tracks",
    "test/nemo/timeline.test.ts",
    "reads the documented sample into the documented line",
  ],
  // ---- ways of working
  [
    "all",
    "quick edit: upload, say, download",
    "test/routes/built-in-generators.test.ts",
    "%s: a file and a sentence in, an MP4 of the length that was asked for out",
  ],
  [
    "all",
    "batch: several files, one by one, each with its own instructions and its own export",
    "test/routes/batches.test.ts",
    "works on several files in one project, one by one, each in its own words and with its own export",
  ],
  [
    "all",
    "iterative: the session keeps its timeline, and goes on",
    "test/routes/videos.test.ts",
    "is gone on with, waited for like the first time, on a clock of its own",
  ],
];

/** The titles of a file's tests: what the call of `it`, or of an `it.each` table, begins with. Groups prove nothing by themselves. */
function titlesIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const plain = text.matchAll(/^\s*it\(\s*(["'`])(.*?)(?<!\\)\1/gm);
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

  it("is there for each of the five", () => {
    for (const slug of SEEDS)
      expect(ROWS.filter(([of]) => of !== "all" && of.includes(slug)).length).toBeGreaterThan(0);
  });

  it("is written once", () => {
    const rules = ROWS.map(([of, rule]) => JSON.stringify([of, rule]));
    expect(rules.filter((rule, n) => rules.indexOf(rule) !== n)).toEqual([]);
  });
});
