/**
 * SECURITY.md "Limits": one end user does the worst that its token allows, in every way at once, while another user of the same
 * tenant and another tenant make a video each. Theirs are done in at most twice the quiet time, and no quota of theirs moves.
 */
import { request as open } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import * as z from "zod";
import { RATE_LIMIT_TIERS } from "../../src/core/limits.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import { type MeWire, me } from "../../src/core/wire/key.ts";
import { userToken } from "../../src/core/wire/user.ts";
import { video } from "../../src/core/wire/video.ts";
import { leastOf, type Member, newKey, newMember, request, served, shown, until } from "./support/client.ts";

/** Most of a video's time is waiting for Nemo, as it is in earnest: what the machine is busy with shows in the rest. */
const PROMPT = "make a 1 second video #slow:120s";
/** Small enough that an attack could use them up. */
const QUOTAS = { concurrent_turns: 60, bytes_per_day: 60_000_000, renders_per_day: 60, new_users_per_day: 60 };
const id = z.looseObject({ id: z.string() });

type Headers = Record<string, string>;

async function tenantWithQuotas(): Promise<Member> {
  const member = await newMember(null);
  const headers = { authorization: `Bearer ${served.adminToken}` };
  const changed = await request("PATCH", `/admin/tenants/${member.tenant.id}`, {
    json: { quotas: { test: QUOTAS } },
    headers,
  });
  expect(changed.status).toBe(200);
  // A key created after the change, so that no cache has it with other quotas.
  const key = await newKey(member.tenant.id);
  return Object.assign(Object.create(Object.getPrototypeOf(member)), { ...member, key }) as Member;
}

async function tokenOf(member: Member, user: string): Promise<Headers> {
  const made = await shown(member.post(`/v1/users/${user}/tokens`), userToken, 201);
  return { authorization: `Bearer ${made.token}` };
}

const post = (path: string, json: unknown, headers: Headers) => request("POST", path, { json, headers });

/** How long a video of this caller takes, in ms. */
async function makeVideo(headers: Headers): Promise<number> {
  const began = performance.now();
  const made = await shown(post("/v1/videos", { prompt: PROMPT }, headers), video, 202);
  const ended = await until(
    () => shown(request("GET", `/v1/videos/${made.id}`, { headers }), video),
    (got) => got.ended_at !== null,
  );
  expect(ended.status).toBe("completed");
  return performance.now() - began;
}

const quotasOf = async (headers: Headers): Promise<Record<string, number>> => {
  const { quotas }: MeWire = await shown(request("GET", "/v1/me", { headers }), me);
  return Object.fromEntries(Object.entries(quotas).map(([name, { remaining }]) => [name, remaining]));
};

/**
 * The rate limit allows a number of requests of one user a minute. It is off on a loopback deployment, so the attack keeps to
 * it by itself: most at once, the others as the limit allows.
 */
const AT_ONCE = 80;
const SPREAD_MS = MINUTE_MS / (RATE_LIMIT_TIERS.user - AT_ONCE);
let sent = 0;
let freeAt = 0;
let isOn = true;
async function spend(): Promise<void> {
  if (sent++ >= AT_ONCE) {
    freeAt = Math.max(freeAt, Date.now()) + SPREAD_MS;
    while (isOn && Date.now() < freeAt) await sleep(50);
  }
  if (!isOn) throw new Error("the attack has ended");
}
const attack: typeof request = async (...asked) => {
  await spend();
  const answer = await request(...asked);
  answered.add(answer.status);
  return answer;
};
/** Every status that the attack was answered with. */
const answered = new Set<number>();
const attackBy = (path: string, json: unknown, headers: Headers) => attack("POST", path, { json, headers });

/** Each way in which a token can be used against others, once; what the gateway said. The next one follows at once. */
const WAYS: Record<string, (token: Headers) => Promise<number>> = {
  requests: async (token) => (await attack("GET", "/v1/videos?limit=100", { headers: token })).status,
  announced: async (token) => {
    const made = await attackBy("/v1/uploads", { filename: "a.mp4", size_bytes: 15_000_000 }, token);
    if (made.status !== 201) return made.status;
    const upload = id.parse(await made.json());
    return (await attack("DELETE", `/v1/uploads/${upload.id}`, { headers: token })).status;
  },
  trickled: async (token) => {
    const made = await attackBy("/v1/uploads", { filename: "a.png", size_bytes: 6_000_000 }, token);
    if (made.status !== 201) return made.status;
    const upload = id.parse(await made.json());
    await spend();
    const ended = await trickle(`/v1/uploads/${upload.id}`, token);
    await attack("DELETE", `/v1/uploads/${upload.id}`, { headers: token });
    return ended;
  },
  batches: async (token) => {
    const items = Array.from({ length: 50 }, (_, n) => ({
      prompt: `make a video of the sea, number ${n} #slow:1800s`,
    }));
    const made = await attackBy("/v1/batches", { items, concurrency: 8 }, token);
    await sleep(1_000);
    return made.status;
  },
  turns: async (token) => {
    const project = id.parse(await (await attackBy("/v1/projects", {}, token)).json());
    const prompt = "make a video of the sea #slow:1800s";
    const statuses = [];
    for (let n = 0; n < 20; n++)
      statuses.push((await attackBy(`/v1/projects/${project.id}/turns`, { prompt }, token)).status);
    return Math.max(...statuses);
  },
  callbacks: async (token) =>
    (await attackBy("/v1/videos", { prompt: "hello", callback_url: "https://example.com/hangs" }, token)).status,
  concatenation: async (token) => {
    const tus = { ...token, "tus-resumable": "1.0.0" };
    const chunk = new Uint8Array(200_000);
    chunk.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const made = await attack("POST", "/v1/uploads", {
      headers: {
        ...tus,
        "upload-concat": "partial",
        "upload-length": String(chunk.length),
        "content-type": "application/offset+octet-stream",
      },
      body: chunk,
    });
    if (made.status !== 201) return made.status;
    const at = new URL(made.headers.get("location") ?? "", served.url).pathname;
    const concat = `final;${Array.from({ length: 64 }, () => at).join(" ")}`;
    const named = { ...tus, "upload-concat": concat, "upload-metadata": `filename ${btoa("a.png")}` };
    return (await attack("POST", "/v1/uploads", { headers: named })).status;
  },
  "flat fields": async (token) => {
    const fields = Array.from({ length: 1_000 }, (_, n) => [`metadata_k${n}`, "x"]);
    const status = (await attackBy("/v1/videos", { prompt: "hello", ...Object.fromEntries(fields) }, token)).status;
    await sleep(200);
    return status;
  },
  streams: async (token) => {
    const project = id.parse(await (await attackBy("/v1/projects", {}, token)).json());
    const made = await attackBy(`/v1/projects/${project.id}/turns`, { prompt: "hi #slow:1800s" }, token);
    if (made.status !== 202) return made.status;
    const turn = id.parse(await made.json());
    const stop = new AbortController();
    const headers = { ...token, accept: "text/event-stream" };
    const path = `/v1/turns/${turn.id}/events`;
    const opened = await Promise.all(
      Array.from({ length: 12 }, () => attack("GET", path, { headers, signal: stop.signal })),
    );
    await sleep(500);
    stop.abort();
    return Math.max(...opened.map(({ status }) => status));
  },
};

/** A body of which next to nothing comes, until the gateway has enough of it. */
function trickle(path: string, token: Headers): Promise<number> {
  return new Promise((settle) => {
    const headers = {
      ...token,
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
      "content-type": "application/offset+octet-stream",
      "content-length": "6000000",
    };
    const sent = open(new URL(path, served.url), { method: "PATCH", headers }, (answer) => {
      answer.resume();
      sent.destroy();
      settle(answer.statusCode ?? 0);
    });
    sent.on("error", () => settle(0));
    sent.write(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    const dripping = setInterval(() => sent.write("x"), 500);
    setTimeout(() => sent.destroy(), 10_000);
    sent.on("close", () => clearInterval(dripping));
  });
}

it("a user at all limits at once does not affect other users", { timeout: 300_000 }, async () => {
  const [ours, theirs] = await Promise.all([tenantWithQuotas(), tenantWithQuotas()]);
  const [greedy, quiet, still] = await Promise.all(["greedy", "quiet", "still"].map((user) => tokenOf(ours, user)));
  const [other, otherStill] = await Promise.all(["quiet", "still"].map((user) => tokenOf(theirs, user)));
  if (!greedy || !quiet || !still || !other || !otherStill) throw new Error("no token");
  const both = async () => Math.max(...(await Promise.all([makeVideo(quiet), makeVideo(other)])));
  await both(); // the first ones also start what is started once
  const quietMs = Math.max(await both(), await both());
  const untouched = async () => [await quotasOf(still), await quotasOf(otherStill)];
  const before = await untouched();

  const said = new Map<string, Set<number>>();
  const attacks = Object.entries(WAYS).flatMap(([name, way]) => {
    const answers = new Set<number>();
    said.set(name, answers);
    const repeat = async () => {
      while (isOn) {
        const status = await way(greedy).catch(() => null);
        if (status !== null) answers.add(status);
      }
    };
    return Array.from({ length: name === "trickled" ? 4 : 1 }, repeat);
  });
  await sleep(3_000); // it has taken what it can get
  const attackedMs = await leastOf(both, 2 * quietMs);
  const during = await untouched();
  isOn = false;
  await Promise.all(attacks);

  expect(attackedMs).toBeLessThan(2 * quietMs);
  // The day's numbers of a user who did nothing stay as they were, whatever another one takes.
  expect(during).toEqual(before);
  expect([...(said.get("callbacks") ?? [])]).toEqual([403]);
  expect([...(said.get("flat fields") ?? [])]).toEqual([422]);
  expect([...answered], "it met its share").toContain(429);
  expect([...answered].filter((status) => status >= 500)).toEqual([]);
});
