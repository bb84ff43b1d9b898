/** What a schema found wrong with a value, in words for whoever sent it. Words that a schema chose itself are kept. */
import type * as z from "zod";

type Issue = z.core.$ZodIssue;

/** How the validator's own words begin: they speak of types, to programmers. */
const ITS_OWN = /^(Invalid|Too|Unrecognized)\b/;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const FORMATS: Readonly<Record<string, string>> = {
  url: "a whole address, such as https://example.com/clip.mp4",
  datetime: "a moment, such as 2026-11-21T10:00:00.000Z",
};

/** `is required`, `must be text`, `must have at most 20 items`: reads on from the field's name. */
export function faultWords(issue: Issue): string {
  if (!ITS_OWN.test(issue.message)) return issue.message;
  if (isMissing(issue)) return "is required";
  const wanted = [...new Set(kindsOf(issue))];
  if (wanted.length > 0) return `must be ${oneOf(wanted)}`;
  if (issue.code === "too_big") return bounds("at most", issue.origin, issue.maximum);
  if (issue.code === "too_small")
    return issue.minimum === 1 && !isNumber(issue.origin)
      ? "must not be empty"
      : bounds("at least", issue.origin, issue.minimum);
  return "is not in a form that is taken here";
}

/** What would have been right instead, where that can be said in a word or two. */
function kindsOf(issue: Issue): string[] {
  switch (issue.code) {
    case "invalid_type":
      return [KINDS[issue.expected] ?? issue.expected];
    case "invalid_value":
      return issue.values.map(String);
    case "invalid_format":
      return Object.hasOwn(FORMATS, issue.format) ? [FORMATS[issue.format] ?? ""] : [];
    case "invalid_union":
      return issue.errors.flatMap((branch) => branch.flatMap(kindsOf));
    default:
      return [];
  }
}

/** Nothing was sent: of a union, when each of its branches says so. */
function isMissing(issue: Issue): boolean {
  if (issue.code === "invalid_union")
    return issue.errors.length > 0 && issue.errors.every((one) => one.every(isMissing));
  return issue.code === "invalid_type" && issue.message.endsWith("received undefined");
}

const isNumber = (origin: string): boolean => origin === "number" || origin === "int";

function bounds(most: "at most" | "at least", origin: string, limit: number | bigint): string {
  if (isNumber(origin)) return `must be ${most} ${limit}`;
  return `must have ${most} ${limit} ${origin === "string" ? "characters" : "items"}`;
}

const oneOf = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
