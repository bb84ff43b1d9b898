/** The wake queue's consumer: each message names an object that is behind, and that object does what its alarm would have done. */
import type { TenantId } from "../core/ids.ts";
import type { Env, ObjectKind, WakeMessage } from "../env.ts";
import { log, logBug } from "../log.ts";
import { recordDeadLetter } from "../store/status.ts";
import { deleteTenant, deletionWorld } from "./delete-tenant.ts";

/** Every object with a schedule has this door. */
type Wakeable = { wake(): Promise<void> };

const ATTEMPT_WAIT_SECONDS = 10;

/** An object that has not answered by then is asked again later. Chosen: far above a wake, which only starts work. */
const TIMEOUT_MS = 20_000;

/**
 * Wakes the objects of a batch side by side; one that fails, or does not answer within `timeoutMs`, is retried alone and stops
 * no other.
 */
export async function wakeAll(
  batch: MessageBatch<WakeMessage>,
  env: Env,
  timeoutMs: number = TIMEOUT_MS,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await soon(wake(env, message.body), timeoutMs);
        message.ack();
      } catch (error) {
        logBug("wake_failed", error, { work: "wake", attempt: message.attempts });
        message.retry({ delaySeconds: ATTEMPT_WAIT_SECONDS });
      }
    }),
  );
}

/** The promise's own end, or a rejection when it takes too long. A later end is dropped. */
async function soon(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer yet")), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const wake = (env: Env, { kind, name }: WakeMessage): Promise<void> =>
  kind === "deletion"
    ? deleteTenant(deletionWorld(env), name as TenantId, Date.now()) // its busy row is named by the tenant's id
    : objectOf(env, kind, name).wake();

function objectOf(env: Env, kind: ObjectKind, name: string): Wakeable {
  const classes = { user: env.USER, tenant: env.TENANT, upload: env.UPLOAD, token: env.TOKEN };
  return classes[kind].getByName(name) as unknown as Wakeable; // the four classes implement it; RPC stubs carry their methods under the same names
}

/* The dead-letter queue's consumer: what failed too often is written down where the operator looks, and reported. */

/** Writes a batch down. Nothing is lost with a dead letter: it was a nudge, and the stores still say what is owed. */
export async function recordDeadLetters(batch: MessageBatch, { DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await recordDeadLetter(DB, batch.messages, now);
  log("error", "dead_letters", { work: "queue", count: batch.messages.length });
  batch.ackAll();
}
