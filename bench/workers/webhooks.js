/**
 * The whole gateway, and one door more: facts handed to a tenant as the outboxes of its users' objects hand them in, fifty
 * a call. Two thousand turns would measure turns. Plain JavaScript, as peers.js beside it.
 */
import { eventId } from "../../src/core/ids.ts";
import { OUTBOX_ROWS } from "../../src/core/limits.ts";
import gateway from "../../src/index.ts";
import { turnAsTold } from "../lib/webhook-body.ts";

async function factOf(n, { run, at }) {
  const resource = `trn_${run}_${n}`;
  const id = await eventId(resource, "turn.completed#1");
  const data = JSON.stringify(turnAsTold(resource, at));
  return { id, type: "turn.completed", resource, sequence: 1, at, uh: "bench", data };
}

/** Hands in `count` facts, all of the moment `at`. */
async function handIn(env, { tenant, count, ...what }) {
  const object = env.TENANT.getByName(tenant);
  for (let from = 0; from < count; from += OUTBOX_ROWS) {
    const some = Array.from({ length: Math.min(OUTBOX_ROWS, count - from) }, (_, more) => factOf(from + more, what));
    await object.accept(await Promise.all(some));
  }
}

async function answer(request, env, ctx) {
  if (new URL(request.url).pathname !== "/bench/facts") return gateway.fetch(request, env, ctx);
  await handIn(env, await request.json());
  return new Response(null, { status: 204 });
}

const worker = { ...gateway, fetch: answer };

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
// biome-ignore lint/performance/noBarrelFile: a Worker exports the classes of its objects
export { SandboxObject, TenantObject, TokenObject, UploadObject, UserObject } from "../../src/index.ts";
