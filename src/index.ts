/** The Worker's entry point: requests, the cron of every minute, the queues, and the object classes. No logic. */
import { createApp } from "./app.ts";
import type { DeliveryMessage, Env, WakeMessage } from "./env.ts";
import { deleteExpired, reEncryptSweep, sweep } from "./jobs/cron.ts";
import { deliverAll } from "./jobs/deliver.ts";
import { recordDeadLetters, wakeAll } from "./jobs/messages.ts";

export { TenantObject } from "./durable/tenant/object.ts";
export { TokenObject } from "./durable/token/object.ts";
export { UploadObject } from "./durable/upload/object.ts";
export { UserObject } from "./durable/user/object.ts";
export { SandboxObject } from "./sandbox/object.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  async scheduled(_controller, env) {
    await Promise.all([sweep(env, Date.now()), reEncryptSweep(env), deleteExpired(env, Date.now())]);
  },
  async queue(batch, env, ctx) {
    if (batch.queue === "nemo-gateway-wake") await wakeAll(batch as MessageBatch<WakeMessage>, env);
    else if (batch.queue === "nemo-gateway-dead") await recordDeadLetters(batch, env, Date.now());
    else
      deliverAll(
        batch as MessageBatch<DeliveryMessage>,
        env,
        { fetch: (url, init) => fetch(url, init), now: Date.now },
        (work) => ctx.waitUntil(work),
      );
  },
} satisfies ExportedHandler<Env, WakeMessage | DeliveryMessage>;
