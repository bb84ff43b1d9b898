/**
 * Which of the gateway's three queues a batch comes from, and which messages each carries. A Worker learns a queue's
 * name only with a batch, and its queues may be renamed, so a role is never assumed: a queue
 * that is not known is reported, and its messages are retried.
 */

/** `wake`: wakes objects. `deliveries`: starts senders. `dead`: messages of the other two that failed too often. */
export const QUEUE_ROLES = ["wake", "deliveries", "dead"] as const;
export type QueueRole = (typeof QUEUE_ROLES)[number];

/** The exact name of each queue; null: any name that ends in `-` and the role, such as `acme-wake`. */
export type QueueNames = Readonly<Record<QueueRole, string | null>>;

/** The role of a queue by its name, or null when the name says none, or says two. */
export function queueRole(queue: string, names: QueueNames): QueueRole | null {
  const exact = QUEUE_ROLES.filter((role) => names[role] === queue);
  const roles =
    exact.length > 0 ? exact : QUEUE_ROLES.filter((role) => names[role] === null && queue.endsWith(`-${role}`));
  return roles.length === 1 ? (roles[0] ?? null) : null;
}

/** The kinds of object that a wake message names, and `deletion`: the job that deletes a tenant. */
export const WAKE_KINDS = ["user", "tenant", "upload", "token", "deletion"] as const;
export type WakeKind = (typeof WAKE_KINDS)[number];
export const isWakeKind = (kind: unknown): kind is WakeKind => WAKE_KINDS.some((known) => known === kind);

/** A message of the wake queue. It only wakes an object; a lost one delays work and loses none. */
export type WakeMessage = { readonly kind: WakeKind; readonly name: string };
/** A message of the delivery queue: this tenant's object has deliveries due. A lost one only delays them. */
export type DeliveryMessage = { readonly kind: "deliveries"; readonly tenant: string };

type Fields = { readonly kind?: unknown; readonly name?: unknown; readonly tenant?: unknown };
const fieldsOf = (body: unknown): Fields => (typeof body === "object" && body !== null ? body : {});

export function isWakeMessage(body: unknown): body is WakeMessage {
  const { kind, name } = fieldsOf(body);
  return isWakeKind(kind) && typeof name === "string";
}

/** A delivery message that was sent before messages had a kind is accepted: it may be in the queue during an upgrade. */
export function isDeliveryMessage(body: unknown): body is Pick<DeliveryMessage, "tenant"> {
  const { kind, tenant } = fieldsOf(body);
  return (kind === undefined || kind === "deliveries") && typeof tenant === "string";
}
