/** The log of a whole run: one line for every request and every effect, of allowed fields alone, and nothing else is printed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { LOG_FIELDS, type LogFields, log, logCounted } from "../../src/log.ts";
import { call, env, jsonOf, type Member, makeMember, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";
import { createResources } from "../support/resources.ts";

type Line = { event: string } & LogFields;

const USER = "a name that no line may hold";
/** What a line about a bug has beside them: the error's class, and where it was thrown. */
const OF_BUGS = ["name", "stack", "message"];

let printed: string[];
beforeEach(() => {
  printed = [];
  for (const level of ["log", "info", "warn", "error", "debug"] as const)
    vi.spyOn(console, level).mockImplementation(
      (...given: unknown[]) => void printed.push(given.map(String).join(" ")),
    );
});
afterEach(() => vi.restoreAllMocks());

const linesOf = ({ tenant }: Member): Line[] =>
  printed.map((text) => JSON.parse(text) as Line).filter((line) => line.tenant === tenant.id);

/** A line of each kind is waited for. */
const EFFECTS = [
  "request",
  "upstream create_session",
  "upstream run_sse",
  "upstream render_submit",
  "work turn",
  "work render",
  "work asset",
  "delivery delivery",
];

describe("the log", () => {
  it("has a line for every request and every external call, with allowed fields alone", async () => {
    const member = await makeMember(USER);
    await createResources((path, init) => call(path, { ...init, headers: { ...init?.headers, ...member.headers } }));
    await env.WAKE.send({ kind: "tenant", name: `${member.tenant.id}:test` });
    // A job is logged when it has ended, which is after the answer.
    await until(async () => {
      const logged = new Set(
        linesOf(member).map(({ event, work }) => (work === undefined ? event : `${event} ${work}`)),
      );
      return EFFECTS.every((effect) => logged.has(effect));
    });
    for (const text of printed) {
      const line = JSON.parse(text) as Record<string, unknown>;
      for (const [field, value] of Object.entries(line)) {
        expect(["event", ...LOG_FIELDS, ...OF_BUGS], text).toContain(field);
        if (field !== "stack") expect(["string", "number"], text).toContain(typeof value);
      }
      expect(text).not.toContain(USER);
      expect(text).not.toMatch(/make a 1 second video|b\.png|127\.0\.0\.1|https?:|ngw_|nmv_usr_|whsec_|\?/);
    }
    const lines = linesOf(member);
    for (const line of lines.filter(({ event }) => event === "upstream")) {
      expect(line).toMatchObject({ status: expect.any(Number), upstream_ms: expect.any(Number), mode: "test" });
      expect(line.uh).toMatch(/^[0-9a-z]{16}$/);
    }
    for (const line of lines.filter(({ event }) => event === "request"))
      expect(line).toMatchObject({ request_id: expect.any(String), route: expect.any(String), ms: expect.any(Number) });
    for (const line of lines.filter(({ event }) => event === "work")) expect(line.attempt).toBeGreaterThan(0);
  });

  it("leads from the id of a request to the reason why what it started failed", async () => {
    const member = await makeMember(USER);
    const ordered = await send("POST", "/v1/videos", { prompt: "make a clip #fault:no_credits" }, member.headers);
    const { id } = await jsonOf<{ id: string }>(ordered, 202);
    const asked = ordered.headers.get("Request-Id");
    await until(async () => linesOf(member).some(({ event, work }) => event === "failed" && work === "video.failed"));
    const lines = linesOf(member);
    const uh = id.slice(-16);
    expect(lines.find(({ request_id }) => request_id === asked)).toMatchObject({ resource: id, uh, mode: "test" });
    const failed = lines.filter(({ event, uh: of }) => event === "failed" && of === uh);
    expect(failed.map(({ work, code }) => [work, code]).toSorted()).toEqual([
      ["turn.failed", "insufficient_credits"],
      ["video.failed", "insufficient_credits"],
    ]);
    expect(failed.map(({ resource }) => resource)).toContain(id);
  });

  it("names no resource of a request that was rejected, and no user whose name looks like an id", async () => {
    const member = await makeMember(USER);
    const like = `vid_${"0".repeat(36)}`;
    await call(`/v1/videos/${like}`, { headers: member.headers });
    await call(`/v1/users/${like}`, { headers: member.headers });
    const lines = linesOf(member).filter(({ route }) => route?.includes(":"));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect([line.resource, line.uh]).toEqual([undefined, undefined]);
  });

  it("drops a field that is not on the list, from any caller", () => {
    printed = []; // other tests' jobs may have printed since the test began
    const strange = { work: "turn", prompt: "secret words" };
    log("info", "work", strange);
    expect(printed).toEqual(['{"event":"work","work":"turn"}']);
  });

  it("is counted with the fields of its lines, if counters are bound, and fails nothing when they fail", () => {
    printed = [];
    const points: unknown[] = [];
    const counters = { writeDataPoint: (point: unknown) => void points.push(point) };
    const strange = { work: "turn", attempt: 2, ms: 7, tenant: "ten_a", mode: "test", prompt: "secret words" };
    logCounted(counters, "work", strange);
    expect(points).toEqual([{ indexes: ["ten_a"], blobs: ["work", "turn", "", "", "", "test"], doubles: [1, 7, 2] }]);
    logCounted(undefined, "work", strange);
    const failing = {
      writeDataPoint: () => {
        throw new Error("no dataset");
      },
    };
    logCounted(failing, "work", strange);
    expect(new Set(printed)).toEqual(
      new Set(['{"event":"work","ms":7,"tenant":"ten_a","mode":"test","attempt":2,"work":"turn"}']),
    );
  });

  it("counts every request through a bound dataset", async () => {
    const points: { blobs?: unknown[] }[] = [];
    const COUNTERS = { writeDataPoint: (point: { blobs?: unknown[] }) => void points.push(point) };
    const member = await makeMember(USER);
    const bound = { ...env, COUNTERS } as unknown as typeof env;
    await createApp().request("/v1/me?secret=1", { headers: member.headers }, bound);
    expect(points).toMatchObject([
      { indexes: [member.tenant.id], blobs: ["request", "", "GET /v1/me", "", "200", "test"] },
    ]);
  });
});
