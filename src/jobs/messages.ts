/**
 * The consumer of the queues: passes each message to what its queue is for. A wake message names an object, which then
 * does what its alarm would have done.
 */
import type { TenantId } from "../core/ids.ts";
import { isDeliveryMessage, isWakeMessage, queueRole, type WakeMessage } from "../core/queues.ts";
import { type Env, type ObjectKind, readConfig } from "../env.ts";
import { log, logBug } from "../log.ts";
import { recordDeadLetter } from "../store/status.ts";
import { withTimeout } from "../timeout.ts";
import { deleteTenant, deletionDependencies } from "./delete-tenant.ts";
import { type DeliveryDependencies, deliver } from "./deliver.ts";

/** Every object with a job scheduler has this method. */
type Wakeable = { wake(): Promise<void> };

const ATTEMPT_WAIT_SECONDS = 10;

/** An object that has not answered in time is retried later. Chosen: far above a wake call, which only starts jobs. */
const TIMEOUT_MS = 20_000;

const OUTSIDE: DeliveryDependencies = { fetch: (url, init) => fetch(url, init), now: Date.now };

/**
 * The Worker's handler of all queues: consumes one batch. A queue that is not one of the gateway's, or a message that
 * does not belong into its queue, is an error line and a retry: after the queue's own number of retries it is a dead
 * letter, and the operator sees it.
 */
export async function consumeQueue(
  batch: MessageBatch,
  env: Env,
  ctx: Pick<ExecutionContext, "waitUntil">,
  outside: DeliveryDependencies = OUTSIDE,
): Promise<void> {
  const config = readConfig(env);
  switch (queueRole(batch.queue, config.queues)) {
    case "wake":
      return wakeAll(checked(batch, isWakeMessage), env);
    case "deliveries":
      // The queue does not wait for the senders: they continue after their messages are acknowledged, so that hanging
      // receivers do not delay other messages.
      for (const message of checked(batch, isDeliveryMessage)) {
        ctx.waitUntil(deliver(message.body, env, config, outside));
        message.ack();
      }
      return;
    case "dead":
      return recordDeadLetters(batch, env, Date.now());
    case null:
      log("error", "unknown_queue", { work: "queue", queue: batch.queue, count: batch.messages.length });
      batch.retryAll({ delaySeconds: ATTEMPT_WAIT_SECONDS });
  }
}

/** The messages of a batch that belong into its queue; the others are retried. */
function checked<Body>(batch: MessageBatch, belongs: (body: unknown) => body is Body): Message<Body>[] {
  const [good, strange]: [Message<Body>[], Message[]] = [[], []];
  for (const message of batch.messages) {
    if (belongs(message.body))
      good.push(message as Message<Body>); // its body was checked
    else strange.push(message);
  }
  if (strange.length > 0) log("error", "unknown_message", { work: "queue", queue: batch.queue, count: strange.length });
  for (const message of strange) message.retry({ delaySeconds: ATTEMPT_WAIT_SECONDS });
  return good;
}

/**
 * Wakes the objects of a batch concurrently. One that fails, or does not answer within `timeoutMs`, is retried alone
 * and does not stop the others.
 */
export async function wakeAll(
  messages: readonly Message<WakeMessage>[],
  env: Env,
  timeoutMs: number = TIMEOUT_MS,
): Promise<void> {
  await Promise.all(
    messages.map(async (message) => {
      try {
        await withTimeout(wake(env, message.body), timeoutMs, noAnswer);
        message.ack();
      } catch (error) {
        logBug("wake_failed", error, { work: "wake", attempt: message.attempts });
        message.retry({ delaySeconds: ATTEMPT_WAIT_SECONDS });
      }
    }),
  );
}

function noAnswer(): never {
  throw new Error("no answer yet");
}

const wake = (env: Env, { kind, name }: WakeMessage): Promise<void> =>
  kind === "deletion"
    ? deleteTenant(deletionDependencies(env), name as TenantId, Date.now()) // its watchdog row is named by the tenant's id
    : objectOf(env, kind, name).wake();

function objectOf(env: Env, kind: ObjectKind, name: string): Wakeable {
  const classes = { user: env.USER, tenant: env.TENANT, upload: env.UPLOAD, token: env.TOKEN };
  return classes[kind].getByName(name) as unknown as Wakeable; // the four classes implement it; RPC stubs carry their methods under the same names
}

/* Dead letters: messages that failed too often are stored for the operator's status page and logged. */

/**
 * Stores a batch. No data is lost with a dead letter: the message was only a trigger, and the jobs are still stored.
 */
export async function recordDeadLetters(batch: MessageBatch, { DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await recordDeadLetter(DB, batch.messages, now);
  log("error", "dead_letters", { work: "queue", count: batch.messages.length });
  batch.ackAll();
}
