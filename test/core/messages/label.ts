/** How a labelled message is written down: one intent, many texts. */
import type { Intent } from "../../../src/core/commands/match.ts";

export type Labelled = { readonly text: string; readonly intent: Intent };

/** Every text under the same label. */
export const labelled = (intent: Intent, texts: readonly string[]): Labelled[] =>
  texts.map((text) => ({ text, intent }));
