/** In which of our languages a caller is spoken to. Nothing here can refuse: what tells nothing is passed over. */

export type SpeechLanguage = "en" | "zh";

/** The clues, strongest first; null where there is none. */
export type SpeechClues = {
  /** A language tag that the request names. */
  readonly explicit: string | null;
  /** The tag that the user named before. */
  readonly last: string | null;
  /** The header as it came. */
  readonly acceptLanguage: string | null;
  readonly prompt: string;
};

/** Characters of Accept-Language that are read. Chosen: browsers send below 200. */
const HEADER_CHARS = 1_000;
/** Characters of a tag. Source: RFC 5646, section 4.4.1 asks for 35; private parts can be longer. */
const TAG_CHARS = 64;
/** Letters of Japanese or Korean from which on a text with Han characters is not Chinese. Chosen: one の is common in Chinese names. */
const FOREIGN_LETTERS = 2;

const TAG = /^([a-z]{2,8})(?:[-_][a-z0-9]{1,8})*$/;
/** No quote reaches over another opening one, so that a text of opening quotes alone is read once. */
const QUOTED = /"[^"]*"|“[^“”]*”|「[^「」]*」|《[^《》]*》/g;
const HAN = /\p{Script=Han}/u;
const FOREIGN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** The language of a tag without its region and script, in lower case; null for what is no tag. */
function primaryOf(tag: string): string | null {
  const trimmed = tag.trim().toLowerCase();
  return trimmed.length > TAG_CHARS ? null : (TAG.exec(trimmed)?.[1] ?? null);
}

/** A tag that someone chose: another language than ours is spoken to in English. Null for what is no tag. */
function fromTag(tag: string | null): SpeechLanguage | null {
  const primary = tag === null ? null : primaryOf(tag);
  if (primary === null) return null;
  return primary === "zh" ? "zh" : "en";
}

/** One range of the header with its weight, 1 unless told; null for a language that is not ours and for a weight that is none. */
function rangeOf(part: string): { readonly language: SpeechLanguage; readonly weight: number } | null {
  const [tag = "", ...parameters] = part.split(";");
  const primary = primaryOf(tag);
  if (primary !== "en" && primary !== "zh") return null;
  const told = parameters
    .map((parameter) => /^\s*q\s*=\s*(.*?)\s*$/i.exec(parameter)?.[1])
    .find((q) => q !== undefined);
  const weight = told === undefined ? 1 : Number(told === "" ? Number.NaN : told);
  return weight > 0 && weight <= 1 ? { language: primary, weight } : null;
}

/** The one of ours that the header likes best, of equals the first; null when it names neither. */
function fromHeader(header: string | null): SpeechLanguage | null {
  const ranges = (header ?? "").slice(0, HEADER_CHARS).split(",").map(rangeOf);
  const liked = ranges.filter((range) => range !== null).sort((a, b) => b.weight - a.weight);
  return liked[0]?.language ?? null;
}

/** Chinese when it has Han characters outside quotes, whose words are a video's and not the speaker's; a text all in quotes counts as it is. */
function fromScript(prompt: string): SpeechLanguage {
  const spoken = prompt.replace(QUOTED, "").trim();
  const text = spoken === "" ? prompt : spoken;
  return HAN.test(text) && (text.match(FOREIGN)?.length ?? 0) < FOREIGN_LETTERS ? "zh" : "en";
}

/** Explicit, then the user's last, then Accept-Language, then the script of the prompt; English where none of them tells. */
export const speechLanguage = ({ explicit, last, acceptLanguage, prompt }: SpeechClues): SpeechLanguage =>
  fromTag(explicit) ?? fromTag(last) ?? fromHeader(acceptLanguage) ?? fromScript(prompt);
