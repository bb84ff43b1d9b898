/** What the operator's status says, with everything else of the file's runtime known. */
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { OPERATOR_TOKEN_NAME } from "../../src/core/address.ts";
import { randomUserHash } from "../../src/core/ids.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import worker from "../../src/index.ts";
import { recordDeadLetter } from "../../src/store/dead-letters.ts";
import { putTokenStatus } from "../../src/store/users.ts";
import { adminHeaders, call, env, jsonOf } from "../support/gateway.ts";
import { call as aCall, freshAddress, good, newProject, random, until, userRpc, userStub } from "../support/objects.ts";

type Status = {
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
    await until(async () => (await status()).tokens.test.ready === 2);
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
