/** The Worker's entry point: requests, the cron of every minute, the queues, and the object classes. No logic. */
import { createApp } from "./app.ts";
import type { Env } from "./env.ts";
import { deleteExpired, reEncryptSweep, sweep } from "./jobs/cron.ts";
import { consumeQueue } from "./jobs/messages.ts";

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
  queue: consumeQueue,
} satisfies ExportedHandler<Env>;
