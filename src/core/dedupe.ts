/** Keys that we give to requests that came without one. */
import { base32 } from "./encode.ts";
import type { RandomBytes } from "./ids.ts";

/** 80 bits. It holds a sign that no header can, so no caller's own key is ever the same. */
export const ownRepeatKey = (random: RandomBytes): string => `claim\u0000${base32(random(10))}`;
