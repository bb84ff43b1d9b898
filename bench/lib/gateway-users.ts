/** Users of the gateway with a live key. Each has a project in which a first turn has created session and timeline snapshot. */

import { type Api, apiWith } from "../../scripts/lib/api.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { project } from "../../src/core/wire/project.ts";
import { ADMIN_TOKEN } from "./bindings.ts";
import { type Ask, openStream } from "./open-stream.ts";
import { paceText } from "./pace.ts";

/** Users created concurrently. */
const AT_ONCE = 50;
const FIRST_TURN = { rate: 100, count: 1, bytes: 0 };

/** Twice the most streams of a bench: turns that end late still hold their slots. */
const CONCURRENT_TURNS = 1_000;

/** Creates a tenant with the quota that the streams need, and returns a live key. */
export async function liveKey(url: string): Promise<string> {
  const admin = apiWith(url, ADMIN_TOKEN);
  const quotas = { live: { concurrent_turns: CONCURRENT_TURNS } };
  return makeKey(admin, await makeTenant(admin, "bench", { quotas }), "live", "bench");
}

async function makeUser(api: Api, key: string, name: string): Promise<Ask> {
  const { id } = await api.get("/v1/projects", project, { method: "POST", json: {}, headers: { "x-user-id": name } });
  const turn: Ask = {
    url: `${api.url}/v1/projects/${id}/turns`,
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ prompt: "{bench}" }),
  };
  const { fault } = await openStream(turn, paceText(FIRST_TURN), () => {}).ended;
  if (fault !== null) throw new Error(`a first turn failed: ${fault}`);
  return turn;
}

/** Creates `count` users, named from `prefix`; returns the turn request of each. */
export async function makeUsers(url: string, key: string, prefix: string, count: number): Promise<Ask[]> {
  const api = apiWith(url, key);
  const made: Ask[] = [];
  for (let at = 0; at < count; at += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, more) => `${prefix}${at + more}`);
    made.push(...(await Promise.all(names.map((name) => makeUser(api, key, name)))));
  }
  return made;
}
