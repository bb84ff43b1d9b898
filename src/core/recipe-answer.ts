/** The recipe in an agent's answer, or the one that is made without it. */
import * as z from "zod";
import { faultWords } from "./fault-words.ts";
import { recipeFaults } from "./recipe.ts";
import { err, ok, type Result } from "./result.ts";
import { type RecipeWire, recipe } from "./wire/generator.ts";

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
    return err(issue === undefined ? "the answer is no recipe" : `/${issue.path.join("/")} ${faultWords(issue)}`);
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
