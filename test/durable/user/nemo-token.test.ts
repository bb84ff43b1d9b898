/** Which Nemo token is used, upstream's possible answers to it, and who is informed. Live keys use a stand-in of the test's own. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tenantObjectName, type UserAddress, userObjectName } from "../../../src/core/address.ts";
import { randomUserHash } from "../../../src/core/ids.ts";
import type { TokenRpc } from "../../../src/core/rpc/token.ts";
import { DAY_MS, HOUR_MS } from "../../../src/core/time.ts";
import { startClock } from "../../support/clock.ts";
import { type LiveNemo, someToken, startLiveNemo } from "../../support/live-nemo.ts";
import {
  bad,
  call,
  editRows,
  endOf,
  env,
  freshAddress,
  good,
  kill,
  newProject,
  random,
  requestLog,
  startTurn,
  tenantRpc,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";

const TOKEN_PATH = "/api/auth/anonymous-token";
const CREDITS = "/api/credits/balance/simple";

const tokenStub = (address: UserAddress) => env.TOKEN.getByName(tenantObjectName(address));
const tokenRpc = (address: UserAddress) => tokenStub(address) as unknown as TokenRpc; // TokenObject implements it
const provided = (token = someToken(), expires_at: string | null = null) => ({ token, expires_at });

let nemo: LiveNemo;
let address: UserAddress;
beforeEach(() => {
  nemo = startLiveNemo();
  address = { ...freshAddress(), mode: "live" };
});
afterEach(() => {
  nemo.stop();
  delete env.NEMO_TOKEN;
  delete env.ALLOW_ANONYMOUS;
});

/** A user in whose name something was made. */
const known = async (of = address) => {
  good(await userRpc(of).openSession(call()));
  return userRpc(of);
};

/** The token that the last call came with. */
const used = () => nemo.seen.at(-1)?.token;

describe("the Nemo token of a live user", () => {
  it("is absent if none is set, and no request is sent to Nemo", async () => {
    const user = userRpc(address);
    expect(bad(await user.readCredits())).toMatchObject({ code: "nemo_token_unavailable", hint: "PUT /v1/nemo_token" });
    expect(await user.readToken()).toMatchObject({ source: "none", state: "none" });
    expect(nemo.seen).toEqual([]);
  });

  it("is the user's own, else the tenant's, else the operator's", async () => {
    const [own, tenants] = [someToken(), someToken()];
    const operators = someToken();
    env.NEMO_TOKEN = operators;
    env.ALLOW_ANONYMOUS = "1";
    const user = userRpc(address);
    const sources = async () => [good(await user.readCredits()) && used(), (await user.readToken()).source];
    expect(await sources()).toEqual([operators, "operator"]);

    good(await tokenRpc(address).put(call(), provided(tenants)));
    await kill(address); // what it remembers of a shared token is at most 30 s old
    const again = userRpc(address);
    good(await again.readCredits());
    expect([used(), (await again.readToken()).source]).toEqual([tenants, "tenant"]);

    good(await again.putToken(call(), provided(own)));
    good(await again.readCredits());
    expect([used(), (await again.readToken()).source]).toEqual([own, "user"]);
    expect((await again.readToken("user")).source).toBe("user");

    await again.removeToken();
    good(await again.readCredits());
    expect([used(), (await again.readToken()).source]).toEqual([tenants, "tenant"]);
    expect((await again.readToken("user")).source).toBe("none");
  });

  it("is an anonymous one if that is allowed and no other is set", async () => {
    env.ALLOW_ANONYMOUS = "1";
    const user = userRpc(address);
    expect(await user.readToken()).toMatchObject({ source: "anonymous", state: "ready" });
    expect(bad(await user.readCredits()).code).toBe("not_found"); // a read creates no account
    expect(nemo.seen).toEqual([]);
    await known();
    good(await user.readCredits());
    expect(nemo.seen.map(({ path }) => path)).toEqual([TOKEN_PATH, CREDITS]);
    expect(await user.readToken()).toMatchObject({ source: "anonymous", state: "ready" });
  });

  it("is never another tenant's", async () => {
    good(await tokenRpc(address).put(call(), provided()));
    const stranger = userRpc({ ...freshAddress(), mode: "live" });
    expect(bad(await stranger.readCredits()).code).toBe("nemo_token_unavailable");
  });
});

describe("in test mode", () => {
  it("tokens come from the sandbox alone, whatever other tokens are set", async () => {
    env.NEMO_TOKEN = someToken();
    env.ALLOW_ANONYMOUS = "1";
    const test = { ...address, mode: "test" } as const;
    good(await tokenRpc(address).put(call(), provided()));
    const before = nemo.seen.length;
    const user = userRpc(test);
    const project = await newProject(user);
    expect(await endOf(user, await startTurn(user, project, "make a 1 second video"))).toMatchObject({
      status: "completed",
      credits: { basis: "measured" },
    });
    expect(await user.readToken()).toMatchObject({ source: "sandbox", state: "ready" });
    expect((await requestLog(test)).turns).toHaveLength(1);
    expect(nemo.seen).toHaveLength(before);
  });

  it("a tenant's token is rejected, and a user's token is one of the sandbox", async () => {
    const test = { ...address, mode: "test" } as const;
    expect(bad(await tokenRpc(test).put(call(), provided())).code).toBe("live_only");
    const user = userRpc(test);
    const real = "nmv_usr_0123456789abcdefghijklmnop";
    expect(bad(await user.putToken(call(), provided(real)))).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "/token" }],
    });
    good(await user.putToken(call(), provided()));
    expect(good(await user.readCredits()).available).toBeGreaterThan(0);
    expect(await user.readToken()).toMatchObject({ source: "user", state: "ready" });
    expect(nemo.seen).toEqual([]);
  });
});

describe("a provided token", () => {
  it("is not stored if Nemo does not accept it, nor if Nemo does not answer", async () => {
    const user = userRpc(address);
    expect(bad(await user.putToken(call(), provided("nmv_usr_0123456789abcdefghijklmnop"))).code).toBe(
      "invalid_request",
    );
    await nemo.control("/__fail", { path: CREDITS, status: 503 });
    expect(bad(await user.putToken(call(), provided())).code).toBe("nemo_unavailable");
    expect(bad(await user.putToken(call(), provided(someToken(), "2020-01-01T00:00:00.000Z"))).code).toBe(
      "invalid_request",
    );
    expect((await user.readToken()).source).toBe("none");
    good(await user.putToken(call(), provided()));
  });

  it("stays when the next one is rejected", async () => {
    const user = userRpc(address);
    const first = someToken();
    good(await user.putToken(call(), provided(first)));
    bad(await user.putToken(call(), provided("nmv_usr_0123456789abcdefghijklmnop")));
    good(await user.readCredits());
    expect(used()).toBe(first);
  });

  it("is not in plain text in any object's database", async () => {
    const tokens = [someToken(), someToken()];
    good(await userRpc(address).putToken(call(), provided(tokens[0])));
    good(await tokenRpc(address).put(call(), provided(tokens[1])));
    const dump = (_: unknown, state: DurableObjectState) =>
      JSON.stringify(state.storage.sql.exec("SELECT * FROM meta").toArray());
    const stored = [
      await runInDurableObject(userStub(address), dump),
      await runInDurableObject(tokenStub(address), dump),
    ];
    expect(stored.join()).toContain("encrypted");
    for (const token of tokens) expect(stored.join()).not.toContain(token);
  });

  it("is set to rejected when Nemo rejects it, is not replaced by another owner's, and is tried again after a while", async () => {
    env.NEMO_TOKEN = someToken(); // another one that could pay, and does not
    const user = userRpc(address);
    const own = someToken();
    good(await user.putToken(call(), provided(own)));
    await nemo.control("/__fail", { path: CREDITS, status: 401 });
    expect(bad(await user.readCredits()).code).toBe("nemo_token_rejected");
    const seen = nemo.seen.length;
    expect(bad(await user.readCredits()).code).toBe("nemo_token_rejected");
    expect(nemo.seen).toHaveLength(seen); // not asked again so soon
    expect(await user.readToken()).toMatchObject({ source: "user", state: "rejected" });
    expect(nemo.seen.some(({ token }) => token === env.NEMO_TOKEN)).toBe(false);
    // Ten minutes are ten seconds here: the mark is moved back instead of waiting for them.
    await editRows(userStub(address), (sql) => {
      const row = sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'stored_token'").one();
      const record = { ...JSON.parse(row.value), rejectedAt: Date.now() - HOUR_MS };
      sql.exec("UPDATE meta SET value = ? WHERE key = 'stored_token'", JSON.stringify(record));
    });
    good(await user.readCredits());
    expect(await user.readToken()).toMatchObject({ source: "user", state: "ready" });
  });

  it("of a tenant is set to rejected for all its users at once", async () => {
    good(await tokenRpc(address).put(call(), provided()));
    await nemo.control("/__fail", { path: CREDITS, status: 401 });
    expect(bad(await userRpc(address).readCredits()).code).toBe("nemo_token_rejected");
    const other = userRpc({ ...address, uh: randomUserHash(random) });
    const seen = nemo.seen.length;
    expect(bad(await other.readCredits()).code).toBe("nemo_token_rejected");
    expect(nemo.seen).toHaveLength(seen);
    expect(await other.readToken()).toMatchObject({ source: "tenant", state: "rejected" });
  });

  it("is announced about a day before it expires, as an event of its tenant", async () => {
    const soon = new Date(Date.now() + DAY_MS - 1_000).toISOString();
    good(await userRpc(address).putToken(call(), provided(someToken(), soon)));
    good(await tokenRpc(address).put(call(), provided(someToken(), soon)));
    const events = await until(async () => {
      const { data } = await tenantRpc(address).listEvents(0, 10, null);
      return data.length === 2 && data;
    });
    expect(events.map(({ type, data }) => [type, data.source, data.expires_at]).toSorted()).toEqual([
      ["token.expiring", "tenant", soon],
      ["token.expiring", "user", soon],
    ]);
    expect(JSON.stringify(events)).not.toContain("nmv_usr_");
  });
});

describe("an anonymous token", () => {
  beforeEach(() => {
    env.ALLOW_ANONYMOUS = "1";
  });

  it("that Nemo rejects is renewed once, with the same client id", async () => {
    const user = await known();
    good(await user.readCredits());
    await nemo.control("/__fail", { path: CREDITS, status: 401 });
    good(await user.readCredits());
    const issued = nemo.seen.filter(({ path }) => path === TOKEN_PATH);
    expect(issued).toHaveLength(2);
    expect(new Set(issued.map(({ headers }) => headers.get("x-client-id"))).size).toBe(1);
  });

  it("is requested once more under another client id if Nemo rejects the first", async () => {
    await nemo.control("/__fail", { path: TOKEN_PATH, status: 400, times: 1 });
    good(await (await known()).readCredits());
    const issued = nemo.seen
      .filter(({ path }) => path === TOKEN_PATH)
      .map(({ headers }) => headers.get("x-client-id") ?? "");
    expect(new Set(issued).size).toBe(2);
    for (const id of issued)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("is used until it expires, and the next one is requested then", async () => {
    const clock = startClock();
    try {
      const user = await known();
      good(await user.readCredits());
      const first = used();
      const ends = Date.parse((await user.readToken()).expires_at ?? "");
      await nemo.control("/__fail", { path: TOKEN_PATH, status: 429, times: 5 });
      clock.step(ends - Date.now() - 30_000);
      good(await user.readCredits());
      expect(used()).toBe(first);
      expect(nemo.seen.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(1);
      clock.step(31_000);
      expect(bad(await user.readCredits()).retryAfterSeconds).toBeLessThanOrEqual(60);
      expect(nemo.seen.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(2);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("that was issued is stored even if the row beside it fails at first", async () => {
    const user = await known();
    // Rejects the rows of this one object: other objects write to the table at the same time.
    await env.DB.prepare(
      `CREATE TRIGGER no_encryption BEFORE INSERT ON encrypted_objects WHEN NEW.object_name = '${userObjectName(address)}' BEGIN SELECT RAISE(ABORT, 'rejected by the test'); END`,
    ).run();
    // Awaited here, as a stub's promise can be called as well and the runner would call it.
    const problem = await user.readCredits().then(
      () => undefined,
      (cause: unknown) => String(cause),
    );
    expect(problem).toContain("rejected by the test");
    expect(nemo.seen.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(0); // nothing is used up before it can be kept
    await env.DB.prepare("DROP TRIGGER no_encryption").run();
    good(await user.readCredits());
    good(await user.readCredits());
    expect(nemo.seen.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(1);
  });

  it("that is rate-limited is not requested again before its time", async () => {
    await nemo.control("/__fail", { path: TOKEN_PATH, status: 429, times: 5 });
    const user = await known();
    const problem = bad(await user.readCredits());
    expect(problem).toMatchObject({ code: "nemo_token_unavailable" });
    expect(problem.retryAfterSeconds).toBeGreaterThan(3_500);
    expect(bad(await user.readCredits()).retryAfterSeconds).toBeGreaterThan(3_500);
    expect(nemo.seen).toHaveLength(1);
    const state = await user.readToken();
    expect(state).toMatchObject({ source: "anonymous", state: "rationed" });
    expect(Date.parse(state.next_try_at ?? "")).toBeGreaterThan(Date.now());
    good(await user.putToken(call(), provided())); // providing one helps at once
    good(await user.readCredits());
  });
});

describe("the status of a stored token", () => {
  const statuses = async (name: string) => {
    const query = "SELECT source, mode, state, until FROM token_statuses WHERE object_name = ?1 ORDER BY source";
    return (await env.DB.prepare(query).bind(name).all<{ source: string; state: string; until: number | null }>())
      .results;
  };
  const statusesBecome = (name: string, rows: object[]) =>
    until(async () => JSON.stringify(await statuses(name)) === JSON.stringify(rows));

  it("is written to D1 with every change, and never the token", async () => {
    const [name, ends] = [userObjectName(address), Date.now() + 5 * DAY_MS];
    const user = userRpc(address);
    good(await user.putToken(call(), provided(someToken(), new Date(ends).toISOString())));
    await statusesBecome(name, [{ source: "user", mode: "live", state: "ready", until: ends }]);
    await nemo.control("/__fail", { path: CREDITS, status: 401 });
    bad(await user.readCredits());
    await statusesBecome(name, [{ source: "user", mode: "live", state: "rejected", until: ends }]);
    await user.removeToken();
    await statusesBecome(name, []);

    good(await tokenRpc(address).put(call(), provided()));
    await statusesBecome(tenantObjectName(address), [{ source: "tenant", mode: "live", state: "ready", until: null }]);
    const dump = JSON.stringify((await env.DB.prepare("SELECT * FROM token_statuses").all()).results);
    expect(dump).not.toContain("nmv_usr_");
  });

  it("is written for an anonymous one too, and for one that cannot be obtained", async () => {
    env.ALLOW_ANONYMOUS = "1";
    good(await (await known()).readCredits());
    const [issued] = await until(
      async () => (await statuses(userObjectName(address))).length > 0 && statuses(userObjectName(address)),
    );
    expect(issued).toMatchObject({ source: "anonymous", state: "ready" });
    await nemo.control("/__fail", { path: TOKEN_PATH, status: 429, times: 5 });
    const other = { ...address, uh: randomUserHash(random) };
    bad(await (await known(other)).readCredits());
    const [rationed] = await until(
      async () => (await statuses(userObjectName(other))).length > 0 && statuses(userObjectName(other)),
    );
    expect(rationed).toMatchObject({ source: "anonymous", state: "rationed", until: expect.any(Number) });
  });

  it("is written even if the instance ended before", async () => {
    good(await userRpc(address).putToken(call(), provided()));
    await env.DB.prepare("DELETE FROM token_statuses WHERE object_name = ?1").bind(userObjectName(address)).run();
    await runInDurableObject(userStub(address), (_, { storage }) => {
      storage.sql.exec("INSERT OR REPLACE INTO jobs (kind, key, due_at) VALUES ('token_status', 'stored_token', 0)");
    });
    await kill(address);
    await until(() =>
      userRpc(address)
        .wake()
        .then(
          () => true,
          () => false,
        ),
    );
    await statusesBecome(userObjectName(address), [{ source: "user", mode: "live", state: "ready", until: null }]);
  });
});
