/**
 * What a message asks for. A command is answered by the gateway; all else is for the agent, and so is all doubt: sending
 * a command to the agent costs a turn, taking an instruction for a command loses it.
 *
 *   text → one spelling → clauses → exactly one that is not politeness → a command of the grammar, or chat
 */
import { isAll, wordsOf } from "./intent-match.ts";
import { spellingOf } from "./intent-spelling.ts";

export const COMMANDS = ["export", "credits", "state", "upload"] as const;
export type Command = (typeof COMMANDS)[number];
export type Intent = Command | "chat";

/** In UTF-16 units, outer space left out. Chosen: politeness in both languages fits, a paragraph does not. */
const LONGEST = 200;

/** Ends of clauses. A dash counts where it stands alone. */
const CLAUSE = /[\n\r.!?。,，、;；~～…]+|\s[-–—]+(?=\s)|[–—]+/u;
/** Anything else than letters, digits and inner apostrophes and hyphens is quoting, typing or code. */
const PLAIN = /^(?:[\p{L}\p{N}\s]|(?<=\p{L})['-](?=\p{L}))*$/u;

function intentOfClause(words: readonly string[]): Intent | "nothing" {
  return COMMANDS.find((command) => isAll(command, words)) ?? (isAll("POLITENESS", words) ? "nothing" : "chat");
}

/**
 * The command that the message is, entirely; `chat` for everything else, the empty message too.
 *
 * Quotes, colons, links and a second clause all make it chat.
 */
export function intentOf(message: string): Intent {
  const trimmed = message.trim();
  if (trimmed.length > LONGEST) return "chat";
  const clauses = spellingOf(trimmed).split(CLAUSE);
  if (!clauses.every((clause) => PLAIN.test(clause))) return "chat";
  const said = clauses
    .map(wordsOf)
    .map(intentOfClause)
    .filter((intent) => intent !== "nothing");
  return said.length === 1 ? (said[0] ?? "chat") : "chat";
}
