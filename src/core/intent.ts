/**
 * What a message asks for. A command is answered by the gateway; all else is for the agent, and so is all doubt: sending
 * a command to the agent costs a turn, taking an instruction for a command loses it.
 *
 *   text → one spelling → clauses → exactly one that is not politeness → a command of the grammar, or chat
 */
import { isAll, isPolite, wordsOf } from "./intent-match.ts";
import { SIMPLER } from "./intent-politeness.ts";

export const COMMANDS = ["export", "credits", "state", "upload"] as const;
export type Command = (typeof COMMANDS)[number];
export type Intent = Command | "chat";

/** In UTF-16 units, outer space left out. Chosen: politeness in both languages fits, a paragraph does not. */
const LONGEST = 200;

const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\p{Cf}|[\u{FE0F}\u{20E3}]/gu;
const SMILE = /(?:(?<=\s|^)[:;=]-?[)dp]+|[:;=]-?\)+|\^_?\^|<3)\s*$/u;
/** Ends of clauses. A dash counts where it stands alone. */
const CLAUSE = /[\n\r.!?。,，、;；~～…]+|\s[-–—]+(?=\s)|[–—]+/u;
/** Anything else than letters, digits and inner apostrophes and hyphens is quoting, typing or code. */
const PLAIN = /^(?:[\p{L}\p{N}\s]|(?<=\p{L})['-](?=\p{L}))*$/u;

const simpler = new Map<string, string>();
for (let at = 0; at + 1 < SIMPLER.length; at += 2) simpler.set(SIMPLER.charAt(at), SIMPLER.charAt(at + 1));

/** One spelling: compatible forms composed, lower case, straight apostrophes, simplified signs, no emoji. */
function spellingOf(message: string): string {
  const folded = message.normalize("NFKC").toLowerCase().replace(/[’ʼ]/g, "'");
  const simple = folded.replace(/\p{Script=Han}/gu, (sign) => simpler.get(sign) ?? sign);
  return simple.replace(EMOJI, " ").replace(SMILE, "").trim().replace(/^\//, "");
}

/**
 * The command that the message is, entirely; `chat` for everything else, the empty message too.
 *
 * Quotes, digits beyond a quality's, colons, links and a second clause all make it chat.
 */
export function intentOf(message: string): Intent {
  const trimmed = message.trim();
  if (trimmed.length > LONGEST) return "chat";
  const clauses = spellingOf(trimmed).split(CLAUSE);
  if (!clauses.every((clause) => PLAIN.test(clause))) return "chat";
  const left = clauses.map(wordsOf).filter((words) => !isPolite(words));
  const [only] = left;
  if (only === undefined || left.length > 1) return "chat";
  return COMMANDS.find((command) => isAll(command, only)) ?? "chat";
}
