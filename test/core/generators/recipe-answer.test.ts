/** The recipe in an agent's answer, and the one that needs none. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describedIn,
  fillPrompt,
  plainRecipe,
  recipeFaults,
  recipeIn,
  recipeRequest,
} from "../../../src/core/generators/recipe.ts";
import { recipe } from "../../../src/core/wire/generator.ts";

const RECIPE = '{"name": "Mugs", "prompt": "sell {{mug}}", "variables": [{"name": "mug", "type": "text"}]}';

describe("the recipe in an answer", () => {
  it.each([
    ["a fence marked json", `Sure.\n\`\`\`json\n${RECIPE}\n\`\`\`\nAnything else?`],
    ["a fence on one line", `\`\`\`json ${RECIPE} \`\`\``],
    ["a fence that is never closed", `\`\`\`json\n${RECIPE}`],
    ["a second fence", `\`\`\`\nan example\n\`\`\`\nand\n\`\`\`JSON\r\n${RECIPE}\r\n\`\`\``],
    ["no fence", `Here: ${RECIPE} Enjoy!`],
  ])("is found in %s", (_, text) => {
    expect(recipeIn(text)).toMatchObject({ ok: true, value: { name: "Mugs", prompt: "sell {{mug}}" } });
  });

  it.each([
    ["no JSON", "What shall I write?", /no JSON object/],
    ["half of it", `\`\`\`json\n${RECIPE.slice(0, -9)}\n\`\`\``, /no JSON object/],
    ["a list", "```json\n[1]\n```", /no JSON object/],
    ["no prompt", '{"name": "Mugs"}', /^\/prompt /],
    ["a variable that the prompt lacks", RECIPE.replace("{{mug}}", "mugs"), /^\/variables\/0\/name /],
    ["a placeholder without a variable", RECIPE.replace("sell", "sell {{more}}"), /^\/prompt /],
    ["a type that there is not", RECIPE.replace('"text"', '"colour"'), /^\/variables\/0\/type /],
  ])("is rejected with its error: %s", (_, text, fault) => {
    expect(recipeIn(text)).toMatchObject({ ok: false, error: expect.stringMatching(fault) });
  });

  it("contains neither attribution nor output", () => {
    const more = RECIPE.replace("{", '{"attribution": {"source": "me"}, "output": {"format": "gif"}, "surprise": 1, ');
    const read = recipeIn(more);
    expect(read).toMatchObject({ ok: true, value: { output: { format: "mp4" }, attribution: { source: null } } });
  });

  it("is searched for in any text without a throw", () => {
    const marks = fc.string({ unit: fc.constantFrom("`", "{", "}", "\n", '"', "a", "[") });
    fc.assert(fc.property(marks, (text) => !recipeIn(text).ok));
  });
});

describe("the recipe of a failed answer", () => {
  it("is complete for every description, and contains its text", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 2_000 }), (description) => {
        const made = plainRecipe(description.trim() || "x");
        expect(recipeFaults(made)).toEqual([]);
        expect(recipe.parse(made)).toEqual(made);
      }),
    );
    const made = plainRecipe("promo of {{what}}");
    expect(fillPrompt(made, { details: "a red mug" })).toEqual({ ok: true, value: "promo of  what\na red mug" });
    expect(fillPrompt(made, {}).ok).toBe(true);
  });
});

it("a description is recovered from the message that contains it", () => {
  expect(describedIn(recipeRequest("mugs"))).toBe("mugs");
  expect(describedIn("mugs")).toBeNull();
});
