/** How a labelled message is written down: one intent, many texts. */
import type { MessageKind } from "../../../src/core/commands.ts";

export type Labelled = { readonly text: string; readonly intent: MessageKind };

/** Every text under the same label. */
export const labelled = (intent: MessageKind, texts: readonly string[]): Labelled[] =>
  texts.map((text) => ({ text, intent }));
