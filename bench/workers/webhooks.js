/**
 * The whole gateway with an additional route, which publishes events to a tenant as the outboxes of users' objects do, 50 per
 * call. Two thousand turns would measure turns. Plain JavaScript, like peers.js.
 */
import { eventId } from "../../src/core/ids.ts";
import { OUTBOX_ROWS } from "../../src/core/limits.ts";
import gateway from "../../src/index.ts";
import { turnBody } from "../lib/webhook-body.ts";

async function eventOf(n, { run, at }) {
  const resource = `trn_${run}_${n}`;
  const id = await eventId(resource, "turn.completed#1");
  const data = JSON.stringify(turnBody(resource, at));
  return { id, type: "turn.completed", resource, sequence: 1, at, uh: "bench", data };
}

/** Publishes `count` events, all with the timestamp `at`. */
async function publish(env, { tenant, count, ...what }) {
  const object = env.TENANT.getByName(tenant);
  for (let from = 0; from < count; from += OUTBOX_ROWS) {
    const some = Array.from({ length: Math.min(OUTBOX_ROWS, count - from) }, (_, more) => eventOf(from + more, what));
    await object.accept(await Promise.all(some));
  }
}

async function answer(request, env, ctx) {
  if (new URL(request.url).pathname !== "/bench/events") return gateway.fetch(request, env, ctx);
  await publish(env, await request.json());
  return new Response(null, { status: 204 });
}

const worker = { ...gateway, fetch: answer };

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
// biome-ignore lint/performance/noBarrelFile: a Worker exports the classes of its objects
export { SandboxObject, TenantObject, TokenObject, UploadObject, UserObject } from "../../src/index.ts";
