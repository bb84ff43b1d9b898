/** Random bytes from the platform, for ids and keys. */
import type { RandomBytes } from "../core/ids.ts";

export const random: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));
