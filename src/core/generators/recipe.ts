/**
 * Recipes of generators: validation, filling in variables, and the message that asks the agent for a recipe.
 *
 * A prompt has `{{name}}` where a variable's value goes. Values are inserted once: a value that looks like a
 * placeholder stays as it is.
 */

import * as z from "zod";
import { type FieldError, validationMessage } from "../errors.ts";
import { PROMPT_BYTES, VARIABLE_CHARS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { type RecipeWire, recipe, type VariableWire } from "../wire/generator.ts";

/**
 * A variable's value as callers send it. No-code tools only send text, so `"30"` and `"true"` are converted by the
 * variable's type.
 */
export type VariableValue = string | number | boolean;
export type VariableValues = Readonly<Record<string, VariableValue>>;

const PLACEHOLDER = /\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/g;

/** A parsed prompt, so that the length of a filled prompt is known before the text is built. */
type Parts = {
  /** The texts between the placeholders: one more than there are names. */
  readonly texts: readonly string[];
  readonly names: readonly string[];
  readonly textBytes: number;
  /** How often each name occurs in the prompt. */
  readonly counts: ReadonlyMap<string, number>;
};

/** Cached, since a batch fills the same recipe up to 500 times. */
const taken = new WeakMap<object, Parts>();

function partsOf(recipe: Pick<RecipeWire, "prompt">): Parts {
  const known = taken.get(recipe);
  if (known !== undefined) return known;
  const split = recipe.prompt.split(PLACEHOLDER); // split() puts the names, its one group, between the texts
  const texts = split.filter((_, index) => index % 2 === 0);
  const names = split.filter((_, index) => index % 2 === 1);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const parts = { texts, names, counts, textBytes: bytesOf(texts.join("")) };
  taken.set(recipe, parts);
  return parts;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Errors of one answer. Chosen: readers would not read more. */
export const SHOWN_FAULTS = 20;

const placeholdersOf = (prompt: string): Set<string> =>
  new Set([...prompt.matchAll(PLACEHOLDER)].map(([, name = ""]) => name));

/** Text between two braces that is not a variable's name. */
const NO_PLACEHOLDER = /\{\{(?!\s*[a-z][a-z0-9_]*\s*\}\})[^{}]{0,60}(\}\})?/g;

/** Validates what the schema cannot: the prompt and the variables must name each other. */
export function recipeFaults({ prompt, variables }: Pick<RecipeWire, "prompt" | "variables">): FieldError[] {
  const used = placeholdersOf(prompt);
  const names = variables.map(({ name }) => name);
  const missing = [...used].filter((name) => !names.includes(name));
  const faults: FieldError[] = [];
  for (const [found] of prompt.matchAll(NO_PLACEHOLDER)) {
    if (faults.length === SHOWN_FAULTS) return faults;
    const message = `contains ${found.trim()}, which is not a variable; write a variable as {{name}}, of a-z, 0-9 and _`;
    faults.push({ field: "/prompt", message });
  }
  return [
    ...faults,
    ...missing.map((name) => ({ field: "/prompt", message: `{{${name}}} is not among the variables` })),
    ...variables.flatMap((variable, index) => variableFaults(variable, index, names, used)),
  ].slice(0, SHOWN_FAULTS);
}

function variableFaults(
  variable: VariableWire,
  index: number,
  names: readonly string[],
  used: ReadonlySet<string>,
): FieldError[] {
  const at = `/variables/${index}`;
  const faults: FieldError[] = [];
  if (names.indexOf(variable.name) !== index)
    faults.push({ field: `${at}/name`, message: `${variable.name} is defined twice` });
  if (!used.has(variable.name)) faults.push({ field: `${at}/name`, message: `the prompt has no {{${variable.name}}}` });
  if (variable.type === "choice" && (variable.choices ?? []).length === 0)
    faults.push({ field: `${at}/choices`, message: "a choice needs at least one" });
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = variable;
  if (max < min) faults.push({ field: `${at}/max`, message: `must not be below min, ${min}` });
  if (variable.default !== null) {
    const read = readValue(variable, variable.default);
    if (!read.ok) faults.push({ field: `${at}/default`, message: read.error });
  }
  return faults;
}

/**
 * The prompt with all values inserted, without the blanks that optional values leave at its ends; or an error for each
 * wrong, missing and unknown variable, named as `/variables/{name}`.
 *
 * Its length is checked before it is built: a short request with a long value for a variable that occurs often would
 * otherwise build a hundred megabytes.
 */
export function fillPrompt(
  recipe: Pick<RecipeWire, "prompt" | "variables">,
  values: VariableValues,
): Result<string, FieldError[]> {
  const { variables } = recipe;
  const faults: FieldError[] = [];
  const inserted = new Map<string, string>();
  for (const variable of variables) {
    const given = Object.hasOwn(values, variable.name) ? values[variable.name] : undefined;
    const value = given ?? variable.default;
    const read = value === null ? err("is required") : readValue(variable, value);
    if (read.ok) inserted.set(variable.name, read.value);
    else faults.push({ field: `/variables/${variable.name}`, message: read.error });
  }
  const known = new Set(variables.map(({ name }) => name));
  for (const name of Object.keys(values)) {
    if (!known.has(name)) faults.push({ field: `/variables/${name}`, message: unknown(known) });
  }
  if (faults.length > 0) return err(faults);
  const { texts, names, textBytes, counts } = partsOf(recipe);
  let bytes = textBytes;
  for (const [name, count] of counts) bytes += count * bytesOf(inserted.get(name) ?? "");
  if (bytes > PROMPT_BYTES)
    return err([
      { field: "/variables", message: `make a prompt of ${bytes} bytes; at most ${PROMPT_BYTES} are allowed` },
    ]);
  const filled = texts
    .map((text, index) => text + (inserted.get(names[index] ?? "") ?? ""))
    .join("")
    .trim();
  if (filled === "") return err([{ field: "/variables", message: "leave the prompt empty" }]);
  return ok(filled);
}

const unknown = (known: ReadonlySet<string>): string =>
  known.size === 0
    ? "is not known; this generator has none"
    : `is not known; this generator has ${[...known].join(", ")}`;

/** A value as inserted in the prompt, or what is wrong with it. */
function readValue(variable: VariableWire, value: VariableValue): Result<string, string> {
  switch (variable.type) {
    case "text":
      return readText(value);
    case "number":
      return readNumber(variable, value);
    case "boolean":
      return readTruth(value);
    case "choice":
      return (variable.choices ?? []).includes(String(value))
        ? ok(String(value))
        : err(`must be one of ${(variable.choices ?? []).join(", ")}`);
  }
}

/** Tools and people write booleans in several ways. */
function readTruth(value: VariableValue): Result<string, string> {
  const word = String(value).trim().toLowerCase();
  if (["true", "yes"].includes(word)) return ok("yes");
  return ["false", "no"].includes(word) ? ok("no") : err("must be true or false");
}

const readText = (value: VariableValue): Result<string, string> =>
  String(value).length > VARIABLE_CHARS ? err(`must have at most ${VARIABLE_CHARS} characters`) : ok(String(value));

function readNumber({ min, max }: VariableWire, value: VariableValue): Result<string, string> {
  const text = typeof value === "string" ? value.trim() : value;
  const number = typeof text === "boolean" || text === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) return err("must be a number");
  if (min !== undefined && number < min) return err(`must be at least ${min}`);
  if (max !== undefined && number > max) return err(`must be at most ${max}`);
  return ok(String(number));
}

/** The fields that an agent may set. It may not set the attribution or the accepted formats. */
const answered = z.object(
  recipe.pick({
    name: true,
    description: true,
    prompt: true,
    variables: true,
    accepts: true,
    needs_file: true,
    greeting: true,
    try_saying: true,
    tips: true,
  }).shape,
);

const FENCE = "```";
/** Characters of the name of a generator without one. */
const NAME_CHARS = 60;

/**
 * Parses the recipe in a text: in the first code fence that contains a JSON object, else between its first and last
 * brace.
 */
export function recipeIn(text: string): Result<RecipeWire, string> {
  const found = candidatesIn(text)
    .map(objectOf)
    .find((value) => value !== null);
  if (found === undefined) return err("the answer contains no JSON object");
  const read = answered.safeParse(found);
  if (!read.success) {
    const [issue] = read.error.issues;
    return err(
      issue === undefined ? "the answer is not a valid recipe" : `/${issue.path.join("/")} ${validationMessage(issue)}`,
    );
  }
  const [fault] = recipeFaults(read.data);
  return fault === undefined ? ok(recipe.parse(read.data)) : err(`${fault.field} ${fault.message}`);
}

/** The fallback recipe without the agent: the description is the prompt, with a variable for details. */
export function plainRecipe(description: string): RecipeWire {
  const words = description.replaceAll(/\{\{+|\}\}+/g, " ").trim() || "a video";
  const details = { name: "details", type: "text", description: "What this one is about.", default: "" };
  return recipe.parse({
    name: Array.from(words).slice(0, NAME_CHARS).join("").trim(),
    description,
    prompt: `${words}\n{{details}}`,
    variables: [details],
  });
}

/** Every second part between fences is code; its first line may name a language. */
function candidatesIn(text: string): string[] {
  const fenced = text
    .split(FENCE)
    .filter((_, at) => at % 2 === 1)
    .map((code) => code.replace(/^[a-z0-9_-]*\s/i, ""));
  return [...fenced, text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)];
}

function objectOf(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** On one line: the sandbox recognises the request by this text. */
const INSTRUCTION =
  "Do not make or edit a video now. Write the recipe of a reusable video generator as one JSON object inside a code fence marked json. Its fields: name (at most 100 characters); description; prompt (what you will be asked for each video, with {{variable}} where a value goes); variables (a list of objects with name, made of a-z, 0-9 and _; type, one of text, number, boolean, choice; description; default, or null where the caller must send a value; choices for a choice; min and max for a number); needs_file (true where it makes nothing without an uploaded file); greeting; try_saying and tips (lists of at most 10 sentences). The prompt names every variable and no other. The generator that is wanted:";

/** The message that asks for a recipe. `description`: the caller's words. */
export const recipeRequest = (description: string): string => `${INSTRUCTION} ${description}`;

/** The description in such a message; null when it is another message. */
export const describedIn = (prompt: string): string | null =>
  prompt.startsWith(INSTRUCTION) ? prompt.slice(INSTRUCTION.length).trim() : null;
