import { describe, expect, it } from "vitest";
import { findings } from "../contract/findings.ts";
import { fixturesOf, withoutSecrets } from "../contract/fixtures.ts";
import { inProcess } from "../contract/in-process.ts";
import { pairwise } from "../contract/pairs.ts";
import { type Run, runContract } from "../contract/suite.ts";
import { AXES } from "../contract/switches.ts";

const broken = ({ outcomes }: Run): unknown[] => outcomes.filter(({ outcome }) => outcome === "broken");

describe("the contract, against the sandbox in process", () => {
  it("is fulfilled with the sandbox's defaults, every step executed", async () => {
    const run = await runContract(inProcess({}));
    expect(broken(run)).toEqual([]);
    expect(run.outcomes.filter(({ outcome }) => outcome === "skipped")).toEqual([]);
  });

  it("is fulfilled in combinations of switches that cover every pair of values", async () => {
    const found = [];
    for (const combination of pairwise(AXES)) {
      const run = await runContract(inProcess(combination));
      if (broken(run).length > 0) found.push({ combination, broken: broken(run) });
    }
    expect(found).toEqual([]);
  });
});

describe("the findings of a run", () => {
  it("name the variant that a server uses for every unknown that an API can show", async () => {
    const seen = async (switches: Record<string, unknown>): Promise<Map<string, string>> => {
      const target = inProcess(switches);
      const { notes } = await runContract(target);
      return new Map(findings(target.recorder.exchanges, notes).map((finding) => [finding.row, finding.seen]));
    };
    const one = await seen({});
    expect([...one.values()]).not.toContain("not seen");
    expect(one.get("11.1")).toBe("ADK events, camelCase");
    expect(one.get("4.3")).toBe(": heartbeat");
    const wrapped = { render_shape: "wrapped", render_submit_shape: "code", duplicate_render: "existing" };
    const other = await seen({
      ...wrapped,
      wire: "typed",
      heartbeat: "empty_object",
      newline: "crlf",
      omit_user_id: true,
      on_disconnect: "cancel",
    });
    expect(["11.1", "11.2", "11.3", "11.4", "11.14", "11.19", "4.3"].map((row) => other.get(row))).toEqual([
      "typed records",
      "{success, data}",
      "{code, data}",
      "the existing job",
      "without user_id",
      "the work stops",
      "data: {}",
    ]);
  });

  it("contain six fixtures and none of their secrets", async () => {
    const target = inProcess({});
    await runContract(target);
    const fixtures = fixturesOf(target.recorder.exchanges);
    expect(fixtures.map(({ file }) => file)).toEqual([
      "generation.sse",
      "edit.sse",
      "state.json",
      "render-submit.json",
      "render-poll.json",
      "bad-token.json",
    ]);
    expect(JSON.stringify(fixtures)).not.toMatch(/nmv_usr_(?!REMOVED)|clm_(?!REMOVED)|anon_(?!REMOVED)/);
  });

  it("omit tokens, claims, users, signatures and addresses of people and machines", () => {
    const text =
      '{"token":"nmv_usr_a-B_9","claim_token":"clm_x","user_id":"12","e":"a.b@c.org","u":"https://c.example/o.mp4?sig=1&k=2","ip":"10.1.2.3"}';
    expect(withoutSecrets(text)).toBe(
      '{"token":"nmv_usr_REMOVED","claim_token":"clm_REMOVED","user_id":"REMOVED","e":"REMOVED@example.com","u":"https://c.example/o.mp4?REMOVED","ip":"192.0.2.1"}',
    );
  });
});

describe("pairwise", () => {
  it("covers every pair, in far fewer combinations than the product", () => {
    const axes = { a: [1, 2, 3], b: ["x", "y"], c: [true, false], d: [0, 1, 2, 3] };
    const combinations = pairwise(axes);
    const together = new Set(
      combinations.flatMap((one) =>
        Object.entries(one).flatMap(([a, x]) => Object.entries(one).map(([b, y]) => `${a}${x}${b}${y}`)),
      ),
    );
    for (const [a, xs] of Object.entries(axes))
      for (const [b, ys] of Object.entries(axes))
        if (a !== b) for (const x of xs) for (const y of ys) expect(together.has(`${a}${x}${b}${y}`)).toBe(true);
    expect(combinations.length).toBeLessThan(20);
  });
});
