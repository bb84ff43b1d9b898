/** A generator: a saved recipe whose prompt has places for variables. */
import * as z from "zod";
import { sentenceLists } from "../body-values.ts";
import { GENERATOR_VARIABLES, VARIABLE_CHARS } from "../limits.ts";
import { FORMATS } from "../media/sniff.ts";
import { attribution } from "./attribution.ts";
import { language, moment, plain, prompt, title } from "./common.ts";

const words = (max: number) => z.string().trim().min(1).max(max);
/** Sentences for people: as text, one per line. */
const sentences = () => z.array(words(500)).max(10).register(sentenceLists, { members: "sentences" });
const value = z.union([z.string().max(VARIABLE_CHARS), z.number(), z.boolean()]);

/** A readable name in addresses: `product-promo`. */
export const slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case words of letters and digits with single hyphens between")
  .meta({ example: "product-promo" });

export const variable = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "must be a lower-case name of at most 40 letters, digits, _"),
    type: z.enum(["text", "number", "boolean", "choice"]),
    description: z.string().trim().max(300).nullable().default(null),
    default: value.nullable().default(null).meta({ description: "null: the caller must send one." }),
    choices: z.array(words(200)).max(50).optional().meta({ description: "What a choice may be." }),
    min: z.number().optional().meta({ description: "The least that a number may be." }),
    max: z.number().optional().meta({ description: "The most that a number may be." }),
  })
  .meta({ id: "Variable" });
export type VariableWire = z.infer<typeof variable>;

const formats = FORMATS.map(({ ext }) => ext) as [string, ...string[]]; // 13 of them

/** What a tenant writes down. */
export const recipe = z.strictObject({
  name: title(100),
  description: z.string().trim().max(2_000).default(""),
  prompt: prompt.meta({ example: "make a {{seconds}}-second promo video about {{product}}" }),
  variables: z.array(variable).max(GENERATOR_VARIABLES).default([]),
  accepts: z
    .array(z.enum(formats))
    .min(1)
    .default(formats)
    .meta({ description: "Formats of the files it works with, best first." }),
  needs_file: z.boolean().default(false).meta({ description: "Whether it makes nothing without a file." }),
  output: z
    .strictObject({ format: z.literal("mp4").default("mp4"), quality: z.literal("high").default("high") })
    .default({ format: "mp4", quality: "high" }),
  language: language.nullable().default(null),
  attribution: attribution.default({ source: null, version: null, platform: null }),
  greeting: z.string().trim().max(500).nullable().default(null),
  try_saying: sentences().default([]),
  tips: sentences().default([]),
  expected_seconds: z
    .strictObject({ min: z.int().min(1).max(86_400), max: z.int().min(1).max(86_400) })
    .refine(({ min, max }) => min <= max, { path: ["max"], message: "must not be below min" })
    .nullable()
    .default(null),
});
export type RecipeWire = z.infer<typeof recipe>;

export const newGenerator = recipe.extend({
  slug: slug.optional().meta({ description: "Made from the name where none is sent." }),
});
export type NewGenerator = z.infer<typeof newGenerator>;

/** A change: what is left out stays. */
export const generatorPatch = z
  .strictObject(
    Object.fromEntries(
      Object.entries(recipe.shape).map(([field, schema]) => [
        field,
        (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema).optional(),
      ]),
    ) as { [F in keyof typeof recipe.shape]: z.ZodOptional<z.ZodType<RecipeWire[F]>> },
  )
  .refine((patch) => Object.keys(patch).length > 0, "must change something")
  .meta({ id: "GeneratorPatch" });
export type GeneratorPatch = z.infer<typeof generatorPatch>;

export const generator = recipe
  .extend({
    id: z.union([plain("gen"), slug]).meta({ description: "A built-in one goes by its slug." }),
    slug,
    version: z.int().meta({ description: "Counts the changes, from 1." }),
    made_by: z.enum(["built_in", "tenant", "agent", "fallback"]),
    created_at: moment.nullable(),
    updated_at: moment.nullable(),
  })
  .meta({ id: "Generator" });
export type GeneratorWire = z.infer<typeof generator>;

/** The path's `{id}`: an id, or a slug of the tenant's own or a built-in one. */
export const generatorParams = z.object({ id: z.union([plain("gen"), slug]) });

export const variableValues = z
  .record(z.string().max(60), value)
  .refine((values) => Object.keys(values).length <= GENERATOR_VARIABLES, `must have at most ${GENERATOR_VARIABLES}`)
  .meta({ example: { product: "a coffee mug", seconds: 30 } });
