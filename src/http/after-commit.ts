/** What a request still asks once it has made something. */
import { logBug } from "../log.ts";
import { ApiError } from "./api-error.ts";

/**
 * A reading after a commit; null where it is refused or fails. After a commit a request is never refused: whoever is told that it
 * failed sends it again, and pays again.
 */
export async function afterCommit<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ApiError)) logBug("reading_failed", error);
    return null;
  }
}
