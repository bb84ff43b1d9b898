/**
 * What a generator asks of its caller, and the prompt that comes of the answers.
 *
 * A prompt holds `{{name}}` where a variable's value goes. Values are put in once: one that looks like a placeholder stays
 * as it is.
 */

import * as z from "zod";
import { type FieldError, validationMessage } from "../errors.ts";
import { PROMPT_BYTES, VARIABLE_CHARS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { type RecipeWire, recipe, type VariableWire } from "../wire/generator.ts";

/** A variable's value as callers send it: no-code tools know text alone, so `"30"` and `"true"` are read by the variable's type. */
export type VariableValue = string | number | boolean;
export type VariableValues = Readonly<Record<string, VariableValue>>;

const PLACEHOLDER = /\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/g;

/** A prompt taken apart once, so that its length with given values is known before a text of that length is made. */
type Parts = {
  /** The texts around the placeholders: one more than there are names. */
  readonly texts: readonly string[];
  readonly names: readonly string[];
  readonly textBytes: number;
  /** How often each name stands in the prompt. */
  readonly counts: ReadonlyMap<string, number>;
};

/** A batch fills the same recipe up to 500 times. */
const taken = new WeakMap<object, Parts>();

function partsOf(recipe: Pick<RecipeWire, "prompt">): Parts {
  const known = taken.get(recipe);
  if (known !== undefined) return known;
  const split = recipe.prompt.split(PLACEHOLDER); // its one group stands between the texts
  const texts = split.filter((_, index) => index % 2 === 0);
  const names = split.filter((_, index) => index % 2 === 1);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const parts = { texts, names, counts, textBytes: bytesOf(texts.join("")) };
  taken.set(recipe, parts);
  return parts;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Faults in one answer. Chosen: more would not be read. */
export const SHOWN_FAULTS = 20;

const placeholdersOf = (prompt: string): Set<string> =>
  new Set([...prompt.matchAll(PLACEHOLDER)].map(([, name = ""]) => name));

/** What stands between two braces as if a value went there, and is no name of a variable. */
const NO_PLACEHOLDER = /\{\{(?!\s*[a-z][a-z0-9_]*\s*\}\})[^{}]{0,60}(\}\})?/g;

/** What is wrong with a recipe beyond the shapes of its fields: its prompt and its variables must name each other. */
export function recipeFaults({ prompt, variables }: Pick<RecipeWire, "prompt" | "variables">): FieldError[] {
  const used = placeholdersOf(prompt);
  const names = variables.map(({ name }) => name);
  const missing = [...used].filter((name) => !names.includes(name));
  const faults: FieldError[] = [];
  for (const [found] of prompt.matchAll(NO_PLACEHOLDER)) {
    if (faults.length === SHOWN_FAULTS) return faults;
    const message = `holds ${found.trim()}, where no value can go; write a variable as {{name}}, of a-z, 0-9 and _`;
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
    faults.push({ field: `${at}/name`, message: `${variable.name} is there twice` });
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
 * The prompt with every value in its place, without the blank that optional values leave at its ends; or each wrong,
 * missing and unknown variable, named as `/variables/{name}`. Its length is reckoned before it is made: a short request with a
 * long value for a variable that stands in the prompt often would otherwise build a hundred megabytes to be refused.
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
    return err([{ field: "/variables", message: `make a prompt of ${bytes} bytes, at most ${PROMPT_BYTES} are sent` }]);
  const filled = texts
    .map((text, index) => text + (inserted.get(names[index] ?? "") ?? ""))
    .join("")
    .trim();
  if (filled === "") return err([{ field: "/variables", message: "leave the prompt empty" }]);
  return ok(filled);
}

const unknown = (known: ReadonlySet<string>): string =>
  known.size === 0 ? "is not known; this generator has none" : `is not known; there are ${[...known].join(", ")}`;

/** A value as it stands in the prompt, or what is wrong with it. */
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

/** Tools and people write a truth value in several ways. */
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

/* The recipe in an agent's answer, or the one that is made without it. */

/** What an agent may say of a generator. Where its files and its standing with upstream go is not the agent's to say. */
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
/** A generator's name where nobody gave one. */
const NAME_CHARS = 60;

/** The recipe in a text: in the first code fence that holds a JSON object, else between its first and last brace. The error says what was wrong. */
export function recipeIn(text: string): Result<RecipeWire, string> {
  const found = candidatesIn(text)
    .map(objectOf)
    .find((value) => value !== null);
  if (found === undefined) return err("the answer holds no JSON object");
  const read = answered.safeParse(found);
  if (!read.success) {
    const [issue] = read.error.issues;
    return err(issue === undefined ? "the answer is no recipe" : `/${issue.path.join("/")} ${validationMessage(issue)}`);
  }
  const [fault] = recipeFaults(read.data);
  return fault === undefined ? ok(recipe.parse(read.data)) : err(`${fault.field} ${fault.message}`);
}

/** The recipe that needs no agent: the description is the prompt, with room for details. */
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

/** Every second piece between fences is code; its first line may name a language. */
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

/* What the agent is asked for when a generator is to be made: words that never change, then the description. */

/** On one line: the sandbox knows the request by these very words. */
const INSTRUCTION =
  "Do not make or edit a video now. Write the recipe of a reusable video generator as one JSON object inside a code fence marked json. Its fields: name (at most 100 characters); description; prompt (what you will be asked for each video, with {{variable}} where a value goes); variables (a list of objects with name, made of a-z, 0-9 and _; type, one of text, number, boolean, choice; description; default, or null where the caller must send a value; choices for a choice; min and max for a number); needs_file (true where it makes nothing without an uploaded file); greeting; try_saying and tips (lists of at most 10 sentences). The prompt names every variable and no other. The generator that is wanted:";

/** The message that asks for a recipe. `description`: the caller's words. */
export const recipeRequest = (description: string): string => `${INSTRUCTION} ${description}`;

/** The description in such a message; null when it is another message. */
export const describedIn = (prompt: string): string | null =>
  prompt.startsWith(INSTRUCTION) ? prompt.slice(INSTRUCTION.length).trim() : null;
