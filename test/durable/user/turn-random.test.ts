/** Random faults, random crashes: every turn ends once, its events count without gaps but for the one that a crash leaves, and upstream saw each prompt once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TurnId } from "../../../src/core/ids.ts";
import { endOf, freshAddress, good, kill, newProject, requestLog, startTurn, userRpc } from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

const fault = fc.constantFrom(
  "",
  "#fault:silent_edit",
  "#fault:drop@1s",
  "#fault:drop@3s",
  "#fault:two_stage_after_cut",
  "#fault:error_midstream",
  "#fault:malformed_error",
  "#fault:cut_in_record",
  "#fault:noise",
  "#fault:text_only",
  "#fault:partial #fault:split_bytes",
  "#fault:typed #fault:crlf",
  "#fault:random_chunks #fault:duplicate_id",
  "#fault:http_503_after_start",
  "#fault:http_500",
);
const story = fc.record({
  turns: fc.array(fault, { minLength: 1, maxLength: 3 }),
  /** When the object crashes, in milliseconds after the first turn was sent; null: never. */
  killAt: fc.option(fc.integer({ min: 0, max: 400 }), { nil: null }),
});

type Story = { readonly turns: string[]; readonly killAt: number | null };

/** Plays one story to its end and judges it. */
async function play({ turns, killAt }: Story): Promise<void> {
  const address = freshAddress();
  const user = userRpc(address);
  const project = await newProject(user);
  const prompts = turns.map((words, at) => `make a video of the sea, part ${at} ${words}`);
  const ids: TurnId[] = [];
  for (const prompt of prompts) ids.push(await startTurn(user, project, prompt));
  if (killAt !== null) {
    await new Promise((resolve) => setTimeout(resolve, killAt));
    await kill(address);
  }
  const again = userRpc(address);
  let endedBefore = 0;
  for (const id of ids) {
    const turn = await endOf(again, id, 60_000);
    expect(["completed", "failed", "unknown"]).toContain(turn.status);
    expect(Date.parse(turn.sent_at ?? turn.ended_at ?? "")).toBeGreaterThanOrEqual(endedBefore);
    endedBefore = Date.parse(turn.ended_at ?? "");
    const { data, ended } = good(await again.readTurnEvents(id, 0, 1_000, 0));
    expect(ended).toBe(true);
    const gaps = data.map(({ id: seq }, at) => seq - (data[at - 1]?.id ?? 0) - 1);
    expect(gaps.filter((gap) => gap !== 0).map((gap) => gap === 1_000)).toEqual(gaps.includes(1_000) ? [true] : []);
    expect(data.filter(({ event }) => /^turn\.(completed|failed|unknown)$/.test(event.type))).toHaveLength(1);
  }
  const sent = (await requestLog(address)).turns.map((turn) => turn.prompt);
  for (const prompt of prompts) expect(sent.filter((one) => one === prompt).length).toBeLessThanOrEqual(1);
}

paceIs(240);

describe("turns of one project, for any faults and any crash", () => {
  it("end once each, in order, and are sent at most once", async () => {
    const seed = Date.now();
    // Side by side: each story has a user of its own, and most of its time is waiting.
    const stories = fc.sample(story, { numRuns: 20, seed });
    const played = await Promise.allSettled(stories.map(play));
    const broken = played.flatMap((one, at) =>
      one.status === "rejected" ? [{ story: stories[at], why: String(one.reason) }] : [],
    );
    expect({ seed, broken }).toEqual({ seed, broken: [] });
  });
});
