import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { BUILT_IN_GENERATORS, builtInGenerator } from "../../../src/core/generators/built-in.ts";
import { fillPrompt, recipeFaults } from "../../../src/core/generators/recipe.ts";
import { slugOf } from "../../../src/core/ids.ts";
import { PROMPT_BYTES, VARIABLE_CHARS } from "../../../src/core/limits.ts";
import { recipe as schema, type VariableWire, variable } from "../../../src/core/wire/generator.ts";

const made = (more: Partial<VariableWire> & { name: string }): VariableWire =>
  variable.parse({ type: "text", ...more });
const recipe = {
  prompt: "make a {{seconds}}-second video about {{ product }}, {{style}}, captions: {{captions}}",
  variables: [
    made({ name: "seconds", type: "number", default: 30, min: 1, max: 60 }),
    made({ name: "product" }),
    made({ name: "style", type: "choice", choices: ["calm", "bold"], default: "calm" }),
    made({ name: "captions", type: "boolean", default: false }),
  ],
};
const wrong = (values: Record<string, string | number | boolean>) => {
  const filled = fillPrompt(recipe, values);
  return filled.ok ? [] : filled.error.map(({ field, message }) => `${field} ${message}`);
};

describe("a recipe's prompt", () => {
  it("uses defaults for missing values", () => {
    expect(fillPrompt(recipe, { product: "mugs" })).toEqual({
      ok: true,
      value: "make a 30-second video about mugs, calm, captions: no",
    });
  });

  it("parses text by the variable's type, for tools that send only text", () => {
    expect(fillPrompt(recipe, { product: "mugs", seconds: " 15 ", style: "bold", captions: "true" })).toEqual({
      ok: true,
      value: "make a 15-second video about mugs, bold, captions: yes",
    });
  });

  it("names every variable that is missing, invalid or unknown", () => {
    expect(wrong({ seconds: "soon", style: "loud", captions: "maybe", colour: "red" })).toEqual([
      "/variables/seconds must be a number",
      "/variables/product is required",
      "/variables/style must be one of calm, bold",
      "/variables/captions must be true or false",
      "/variables/colour is not known; this generator has seconds, product, style, captions",
    ]);
    expect(wrong({ product: "mugs", seconds: 0 })).toEqual(["/variables/seconds must be at least 1"]);
    expect(wrong({ product: "mugs", seconds: 61 })).toEqual(["/variables/seconds must be at most 60"]);
    expect(wrong({ product: "mugs", seconds: true })).toEqual(["/variables/seconds must be a number"]);
    expect(wrong({ product: "mugs", seconds: "" })).toEqual(["/variables/seconds must be a number"]);
    expect(wrong({ product: "x".repeat(VARIABLE_CHARS + 1) })).toEqual([
      `/variables/product must have at most ${VARIABLE_CHARS} characters`,
    ]);
    expect(wrong({ product: "mugs", toString: "x" })).toHaveLength(1);
  });

  it.each([
    ["yes", "yes"],
    ["Yes", "yes"],
    [" TRUE ", "yes"],
    ["no", "no"],
    ["False", "no"],
  ])("reads %j as a boolean", (captions, expected) => {
    expect(fillPrompt(recipe, { product: "mugs", captions })).toMatchObject({
      value: `make a 30-second video about mugs, calm, captions: ${expected}`,
    });
  });

  it.each(["{{Topic}}", "{{my-topic}}", "{{a b}}", "{{}}", "{{a", "{{ {{a}}"])(
    "is rejected with something that looks like a placeholder and is none: %s",
    (prompt) => {
      const faults = recipeFaults({ prompt: `${prompt} and {{a}}`, variables: [made({ name: "a" })] });
      expect(faults.map(({ field }) => field)).toEqual(["/prompt"]);
    },
  );

  it("is rejected where no number would ever fit", () => {
    const a = made({ name: "a", type: "number", min: 5, max: 3 });
    expect(recipeFaults({ prompt: "{{a}}", variables: [a] })).toEqual([
      { field: "/variables/0/max", message: "must not be below min, 5" },
    ]);
  });

  it("accepts an empty value, but sends no empty prompt", () => {
    const only = { prompt: "{{a}}", variables: [made({ name: "a" })] };
    expect(fillPrompt(only, { a: " x " })).toEqual({ ok: true, value: "x" });
    expect(fillPrompt(only, { a: " " }).ok).toBe(false);
  });

  it("is never longer than what is sent to the agent", () => {
    const three = { prompt: "{{a}}{{b}}{{c}}", variables: ["a", "b", "c"].map((name) => made({ name })) };
    const long = "x".repeat(VARIABLE_CHARS);
    const filled = fillPrompt(three, { a: long, b: long, c: long });
    expect(!filled.ok && filled.error[0]?.message).toContain(`at most ${PROMPT_BYTES}`);
  });

  it("inserts values unchanged: placeholders and replacement patterns in them are text", () => {
    const two = { prompt: "{{a}} and {{b}}.", variables: [made({ name: "a" }), made({ name: "b" })] };
    expect(fillPrompt(two, { a: "{{b}}", b: "$& $1 {{a}}" })).toEqual({ ok: true, value: "{{b}} and $& $1 {{a}}." });
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(fillPrompt(two, { a, b })).toEqual({ ok: true, value: `${a} and ${b}.`.trim() });
      }),
    );
  });
});

describe("a recipe", () => {
  it("is valid when prompt and variables refer to each other", () => {
    expect(recipeFaults(recipe)).toEqual([]);
  });

  it("is rejected with the position of every error", () => {
    const faults = recipeFaults({
      prompt: "{{a}} {{gone}} {{Not}} {{ b }} {{c}} {{d}}",
      variables: [
        made({ name: "a" }),
        made({ name: "a" }),
        made({ name: "idle" }),
        made({ name: "b", type: "choice" }),
        made({ name: "c", type: "number", default: "many" }),
        made({ name: "d", type: "choice", choices: ["x"], default: "y" }),
      ],
    });
    expect(faults.map(({ field, message }) => `${field} ${message}`)).toEqual([
      "/prompt contains {{Not}}, which is not a variable; write a variable as {{name}}, of a-z, 0-9 and _",
      "/prompt {{gone}} is not among the variables",
      "/variables/1/name a is defined twice",
      "/variables/2/name the prompt has no {{idle}}",
      "/variables/3/choices a choice needs at least one",
      "/variables/4/default must be a number",
      "/variables/5/default must be one of x",
    ]);
  });
});

describe("the built-in generators", () => {
  it("are five complete recipes with their own slugs", () => {
    expect(BUILT_IN_GENERATORS.map(({ slug }) => slug)).toEqual([
      "generator-maker-generator",
      "video-generator-generator",
      "generator-online",
      "free-generation-maker",
      "video-to-generator",
    ]);
    for (const generator of BUILT_IN_GENERATORS) {
      const { id, slug, version, made_by, created_at, updated_at, ...written } = generator;
      expect(schema.parse(written)).toEqual(written);
      expect(recipeFaults(generator)).toEqual([]);
      expect(generator.attribution).toEqual({ source: slug, version: String(version), platform: null });
      expect([id, made_by, created_at, updated_at]).toEqual([slug, "built_in", null, null]);
      expect(generator.try_saying).toHaveLength(3);
      expect(generator.tips.length).toBeGreaterThan(0);
      expect(generator.greeting).not.toBeNull();
    }
  });

  it.each([
    [
      "generator-maker-generator",
      "create a generator that turns product photos into promo videos with music and captions",
    ],
    ["video-generator-generator", "generate a 30-second video from this script about a coffee brand launch"],
    ["generator-online", "generate a 30-second promo video from this text script"],
    ["free-generation-maker", "generate a 30-second video from my script about a coffee brand"],
    ["video-to-generator", "turn this video into a new short promotional clip with music and transitions"],
  ])("%s has its default prompt without values", (slug, quickEdit) => {
    const generator = builtInGenerator(slug);
    const filled = generator && fillPrompt(generator, {});
    expect(filled?.ok && filled.value.split("\n")[0]).toBe(quickEdit);
  });
});

describe("a slug", () => {
  it.each([
    ["Product Promo!", "", "product-promo"],
    ["Café — Été", "", "cafe-ete"],
    ["产品宣传", "", "generator"],
    ["产品宣传", "gen_0000000000abcdefghij", "generator-cdefghij"],
    ["a".repeat(100), "", "a".repeat(48)],
    [`${"a".repeat(47)} b`, "", "a".repeat(47)],
  ])("of %s with %j is %s", (name, id, slug) => {
    expect(slugOf(name, id)).toBe(slug);
  });
});

describe("a recipe that repeats its values", () => {
  const many = {
    prompt: `x${"{{a}}".repeat(4_000)}`,
    variables: [made({ name: "a", default: "" })],
  };
  it("is measured before it is filled", () => {
    const value = "語".repeat(VARIABLE_CHARS);
    const joined = vi.spyOn(Array.prototype, "join");
    const filled = fillPrompt(many, { a: value });
    const built = joined.mock.results.map(({ value: text }) => String(text).length);
    joined.mockRestore();
    expect(filled).toMatchObject({
      ok: false,
      error: [{ message: expect.stringContaining(`${4_000 * 24_000 + 1} bytes`) }],
    });
    expect(Math.max(0, ...built)).toBeLessThan(PROMPT_BYTES); // no text longer than a prompt was put together
  });

  it("reports at most twenty errors", () => {
    expect(recipeFaults({ prompt: "{{1}} ".repeat(3_000), variables: [] })).toHaveLength(20);
  });

  it("may be empty if its values are empty", () => {
    expect(fillPrompt(many, { a: "" })).toEqual({ ok: true, value: "x" });
  });
});
