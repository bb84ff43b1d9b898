/** Keys that we give to requests that came without one, and to our own. They hold a sign that no header can. */
import { base32 } from "./encode.ts";
import type { RandomBytes } from "./ids.ts";

/** 80 bits. No caller's own key is ever the same. */
export const ownRepeatKey = (random: RandomBytes): string => `claim\u0000${base32(random(10))}`;

/** The key under which something that takes several steps makes what one of them makes: asked for again, it is found again. */
export const stepKey = (of: string, step: string): string => `${of}\u0000${step}`;
