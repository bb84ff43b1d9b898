/** What every door of a user's object stands in: who is deleted is refused here, and nowhere else. */
import { DurableObject } from "cloudflare:workers";
import type { Refusal } from "../../core/errors.ts";
import { err, type Result } from "../../core/result.ts";
import type { Env } from "../../env.ts";
import type { Downloads } from "../downloads.ts";
import type { Erasure } from "./erasure.ts";

export type Answer<T> = Promise<Result<T, Refusal>>;

export abstract class Doors extends DurableObject<Env> {
  /** Fields, not methods or getters: what stands on the prototype could be asked for from outside. */
  protected abstract readonly erasure: Erasure;
  protected abstract readonly downloads: Downloads;

  /**
   * Opens a door that makes or changes something, or touches upstream: a user that lives is answered, a deleted one is
   * refused with `user_deleted`. Doors that only read go without: a deleted user's object looks empty to them.
   */
  protected readonly living = async <T>(answer: () => Answer<T> | Result<T, Refusal>): Answer<T> => {
    const refused = this.erasure.refuse();
    if (refused !== null) return err(refused);
    try {
      return await answer();
    } catch (error) {
      // Deleted while it was under way: the tombstone stops the write by a throw.
      const since = this.erasure.refuse();
      if (since === null) throw error;
      return err(since);
    }
  };
}
