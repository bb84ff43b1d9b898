/** What the operator's status says, with everything else of the file's runtime known. */
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { OPERATOR_TOKEN_NAME } from "../../src/core/address.ts";
import { randomUserHash } from "../../src/core/ids.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { recordDeadLetter } from "../../src/store/status.ts";
import { putTokenStatus } from "../../src/store/users.ts";
import { adminHeaders, call, env, jsonOf, makeMember } from "../support/gateway.ts";
import { call as aCall, freshAddress, good, newProject, random, until, userRpc, userStub } from "../support/objects.ts";

type Status = {
  state: string;
  checks: { name: string; state: string; value: number; reason: string | null; next_step: string | null }[];
  overdue: number;
  outbox_backlog: number;
  dead_letters: { count: number; last_at: string | null };
  tokens: { operator: string; live: Record<string, number>; test: Record<string, number> };
};
const status = async (): Promise<Status> => jsonOf(await call("/admin/status", { headers: adminHeaders }));

describe("dead letters", () => {
  it("are recorded once each, from the dead-letter queue", async () => {
    const acked: string[] = [];
    const messages = ["a", "b"].map((id) => ({ id, body: { kind: "user", name: "x" }, attempts: 1 }));
    const batch = { queue: "nemo-gateway-dead", messages, ackAll: () => acked.push("all") };
    for (let at = 0; at < 2; at++)
      await worker.queue(batch as unknown as MessageBatch<never>, env, createExecutionContext());
    expect(acked).toEqual(["all", "all"]);
    expect((await status()).dead_letters).toEqual({ count: 2, last_at: expect.stringMatching(/Z$/) });
  });

  it("are deleted after 30 days", async () => {
    await recordDeadLetter(env.DB, [{ id: "old", body: null }], Date.now() - 31 * 24 * HOUR_MS);
    const before = (await status()).dead_letters.count;
    await worker.scheduled({} as ScheduledController, env);
    expect((await status()).dead_letters.count).toBe(before - 1);
  });
});

describe("the outbox backlog", () => {
  it("counts events that could not be published for a minute, once their object was woken", async () => {
    const address = freshAddress();
    await newProject(userRpc(address));
    const stuck =
      "INSERT INTO outbox (type, resource, sequence, at, data) VALUES ('turn.completed', 'trn_x', 1, ?, '{}')";
    await runInDurableObject(userStub(address), (_, state) => {
      state.storage.sql.exec(stuck, Date.now());
      state.storage.sql.exec(stuck, Date.now() - 2 * MINUTE_MS);
      state.storage.sql.exec(
        "INSERT INTO jobs (kind, key, due_at) VALUES ('render', 'rnd_x', ?)",
        Date.now() + HOUR_MS,
      );
    });
    await userRpc(address).wake();
    expect((await status()).outbox_backlog).toBe(1);
    await runInDurableObject(userStub(address), (_, state) => {
      state.storage.sql.exec("DELETE FROM outbox");
    });
    await userRpc(address).wake();
    expect((await status()).outbox_backlog).toBe(0);
  });
});

describe("tokens by state", () => {
  it("are counted for each mode, at their present status", async () => {
    const none = { ready: 0, expiring: 0, rejected: 0, rationed: 0 };
    expect((await status()).tokens).toEqual({ operator: "none", live: none, test: none });
    const ends = (ms: number) => new Date(Date.now() + ms).toISOString();
    for (const expires_at of [null, ends(48 * HOUR_MS), ends(12 * HOUR_MS)]) {
      const provided = { token: `nmv_usr_sandbox_${randomUserHash(random)}`, expires_at };
      good(await userRpc(freshAddress()).putToken(aCall(), provided));
    }
    await until(async () => {
      const { ready = 0, expiring = 0 } = (await status()).tokens.test;
      return ready + expiring === 3;
    });
    const put = (name: string, source: string, state: "ready" | "rejected" | "rationed", until: number | null) =>
      putTokenStatus(env.DB, { objectName: name, source, mode: "live" }, { state, until });
    await put("a", "tenant", "rejected", null);
    await put("b", "user", "ready", Date.now() - 1_000);
    await put("c", "anonymous", "ready", Date.now() - 1_000);
    await put("d", "anonymous", "rationed", Date.now() + HOUR_MS);
    await put("e", "anonymous", "rationed", Date.now() - 1_000);
    const { tokens } = await status();
    expect(tokens.test).toEqual({ ready: 2, expiring: 1, rejected: 0, rationed: 0 });
    expect(tokens.live).toEqual({ ready: 0, expiring: 0, rejected: 2, rationed: 1 });
  });

  it("include the operator's own", async () => {
    env.NEMO_TOKEN = "nmv_usr_0123456789abcdefghijklmnop";
    const keeper = env.TOKEN.getByName(OPERATOR_TOKEN_NAME);
    await runInDurableObject(keeper, (_, state) => state.abort("a new secret is a new deployment")).catch(
      () => undefined,
    );
    expect((await status()).tokens.operator).toBe("ready");
    delete env.NEMO_TOKEN;
  });
});

describe("the metrics", () => {
  /** A line of the format: a comment, or a name, labels and a number. */
  const LINE =
    /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*\})? \d+(?:\.\d+)?)$/;
  const metrics = async (headers: Record<string, string>) => call("/admin/metrics", { headers });

  it("are Prometheus text of the same values, and name no tenant", async () => {
    const { tenant } = await makeMember("a user that no metric names");
    const response = await metrics(adminHeaders);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.trimEnd().split("\n");
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    const samples = lines.filter((line) => !line.startsWith("#"));
    expect(new Set(samples.map((line) => line.split(" ")[0])).size).toBe(samples.length);
    const described = new Set(lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]));
    expect(new Set(samples.map((line) => line.split(/[{ ]/)[0]))).toEqual(described);
    expect(text).not.toContain(tenant.id);
    expect(text).not.toContain(tenant.name);
    const { checks, tokens } = await status();
    for (const { name, state } of checks) {
      const value = ["ok", "warn", "critical"].indexOf(state);
      expect(samples).toContain(`nemo_gateway_check_state{check="${name}"} ${value}`);
    }
    expect(samples).toContain(`nemo_gateway_nemo_tokens{mode="test",state="ready"} ${tokens.test.ready}`);
  });

  it("have as many lines with more tenants", async () => {
    const count = async () => (await (await metrics(adminHeaders)).text()).split("\n").length;
    const before = await count();
    await Promise.all([makeMember(null), makeMember(null), makeMember(null)]);
    expect(await count()).toBe(before);
  });

  it("can be read with a token that can do nothing else", async () => {
    const METRICS_TOKEN = "a-token-for-monitoring-of-more-than-32-bytes";
    const ask = (path: string, token: string, more: Partial<Env> = { METRICS_TOKEN }) =>
      createApp().request(path, { headers: { Authorization: `Bearer ${token}` } }, { ...env, ...more });
    for (const path of ["/admin/status", "/admin/metrics"]) {
      expect((await ask(path, METRICS_TOKEN)).status).toBe(200);
      expect((await ask(path, METRICS_TOKEN, {})).status).toBe(401);
      expect((await ask(path, "short", { METRICS_TOKEN: "short" })).status).toBe(401);
    }
    for (const path of ["/admin/tenants", "/admin/openapi.json", "/admin/status/x", "/admin//metrics"])
      expect((await ask(path, METRICS_TOKEN)).status).toBe(401);
  });
});

describe("the checks", () => {
  it("warn of a dead letter, and say what to do", async () => {
    await recordDeadLetter(env.DB, [{ id: "fresh", body: null }], Date.now());
    const { state, checks } = await status();
    expect(state).not.toBe("ok");
    expect(checks.find(({ name }) => name === "dead_letters")).toMatchObject({
      state: "warn",
      value: expect.any(Number),
      reason: expect.stringContaining("Nothing is lost"),
      next_step: expect.stringContaining("unknown_queue"),
    });
  });
});
