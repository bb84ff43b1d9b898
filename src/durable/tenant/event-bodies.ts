/** Bodies of events: small ones lie in their row, large ones in R2, beside their user's files. */
import { eventKey, type Scope } from "../../core/address.ts";
import { utf8Bytes } from "../../core/encode.ts";
import type { EventId, UserHash } from "../../core/ids.ts";
import { EVENT_INLINE_BYTES } from "../../core/limits.ts";

/** Bodies fetched at once. Six requests may wait in one object, and others want some of them. */
const AT_ONCE = 3;
/** Keys in one removal. Platform limit: 1,000. */
const REMOVED_AT_ONCE = 1_000;

/** Whose body: an event, and the user it happened to. */
export type Owner = { readonly id: EventId; readonly uh: UserHash };

export class EventBodies {
  readonly #bucket: R2Bucket;
  readonly #scope: Scope;

  constructor(bucket: R2Bucket, scope: Scope) {
    this.#bucket = bucket;
    this.#scope = scope;
  }

  isLarge(data: string): boolean {
    return data.length > EVENT_INLINE_BYTES || utf8Bytes(data) > EVENT_INLINE_BYTES;
  }

  /** Stores a large body. The same event's again is the same bytes. */
  async put(owner: Owner, data: string): Promise<void> {
    await this.#bucket.put(this.#key(owner), data, { httpMetadata: { contentType: "application/json" } });
  }

  /** The bodies of these events, by id. Throws when R2 does; one that is not there is missing from the answer. */
  async read(owners: readonly Owner[]): Promise<Map<EventId, string>> {
    const bodies = new Map<EventId, string>();
    for (let at = 0; at < owners.length; at += AT_ONCE) {
      const some = owners.slice(at, at + AT_ONCE).map(async (owner) => {
        const object = await this.#bucket.get(this.#key(owner));
        if (object !== null) bodies.set(owner.id, await object.text());
      });
      await Promise.all(some);
    }
    return bodies;
  }

  async remove(owners: readonly Owner[]): Promise<void> {
    for (let at = 0; at < owners.length; at += REMOVED_AT_ONCE) {
      await this.#bucket.delete(owners.slice(at, at + REMOVED_AT_ONCE).map((owner) => this.#key(owner)));
    }
  }

  /** A fact of the tenant's own has no user; its place is its own too. */
  #key({ id, uh }: Owner): string {
    return eventKey({ ...this.#scope, uh: uh || "tenant" }, id);
  }
}
