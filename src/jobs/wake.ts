/** The wake queue's consumer: each message names an object that is behind, and that object does what its alarm would have done. */
import type { Env, WakeMessage } from "../env.ts";
import { logBug } from "../log.ts";

/** Every object with a schedule has this door. */
type Wakeable = { wake(): Promise<void> };

const ATTEMPT_WAIT_SECONDS = 10;

/** Wakes the objects of a batch side by side; one that fails is retried alone and stops no other. */
export async function wakeAll(batch: MessageBatch<WakeMessage>, env: Env): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await objectOf(env, message.body).wake();
        message.ack();
      } catch (error) {
        logBug("wake_failed", error, { work: "wake", attempt: message.attempts });
        message.retry({ delaySeconds: ATTEMPT_WAIT_SECONDS });
      }
    }),
  );
}

function objectOf(env: Env, { kind, name }: WakeMessage): Wakeable {
  const classes = { user: env.USER, tenant: env.TENANT, upload: env.UPLOAD, token: env.TOKEN };
  return classes[kind].getByName(name) as unknown as Wakeable; // the four classes implement it; RPC stubs carry their methods under the same names
}
