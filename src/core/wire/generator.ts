/**
 * A generator: a saved prompt template with variables and defaults; and a generator job, in which the agent writes one from a
 * description.
 */
import * as z from "zod";
import { GENERATOR_VARIABLES, VARIABLE_CHARS } from "../limits.ts";
import { FORMATS } from "../media/sniff.ts";
import { sentenceLists } from "../requests/body-values.ts";
import { attribution, callbackUrl, charged, failure, language, moment, owned, plain, prompt, title } from "./common.ts";
import { spent } from "./token.ts";

const shortText = (max: number) => z.string().trim().min(1).max(max);
/** A list of sentences; as text, one per line. */
const sentences = () => z.array(shortText(500)).max(10).register(sentenceLists, { members: "sentences" });
const value = z.union([z.string().max(VARIABLE_CHARS), z.number(), z.boolean()]);

/** A readable name for URLs: `product-promo`. */
export const slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters and digits, in words separated by single hyphens")
  .meta({ example: "product-promo" });

export const variable = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[a-z][a-z0-9_]{0,39}$/,
        "must start with a lower-case letter and have at most 40 lower-case letters, digits and underscores",
      ),
    type: z.enum(["text", "number", "boolean", "choice"]),
    description: z.string().trim().max(300).nullable().default(null),
    default: value
      .nullable()
      .default(null)
      .meta({ description: "The value used if none is sent. Null: the variable is required." }),
    choices: z.array(shortText(200)).max(50).optional().meta({ description: "The allowed values of a `choice`." }),
    min: z.number().optional().meta({ description: "The minimum of a `number`." }),
    max: z.number().optional().meta({ description: "The maximum of a `number`." }),
  })
  .meta({ id: "Variable" });
export type VariableWire = z.infer<typeof variable>;

const formats = FORMATS.map(({ ext }) => ext) as [string, ...string[]]; // 13 of them
const fileFormat = z.enum(formats).meta({ id: "FileFormat" });
const onlyOutput = z
  .strictObject({ format: z.literal("mp4").default("mp4"), quality: z.literal("high").default("high") })
  .meta({ id: "GeneratorOutput" });
const expectedSeconds = z
  .strictObject({ min: z.int().min(1).max(86_400), max: z.int().min(1).max(86_400) })
  .refine(({ min, max }) => min <= max, { path: ["max"], message: "must not be below min" })
  .meta({ id: "ExpectedSeconds" });

/** The fields of a generator that a tenant sets. */
export const recipe = z.strictObject({
  name: title(100),
  description: z.string().trim().max(2_000).default(""),
  prompt: prompt.meta({ example: "make a {{seconds}}-second promo video about {{product}}" }),
  variables: z.array(variable).max(GENERATOR_VARIABLES).default([]),
  accepts: z
    .array(fileFormat)
    .min(1)
    .default(formats)
    .meta({ description: "The file formats that it accepts, preferred formats first." }),
  needs_file: z.boolean().default(false).meta({ description: "True if at least one file is required." }),
  output: onlyOutput.default({ format: "mp4", quality: "high" }),
  language: language.nullable().default(null),
  attribution: attribution.default({ source: null, version: null, platform: null }),
  greeting: z.string().trim().max(500).nullable().default(null),
  try_saying: sentences().default([]),
  tips: sentences().default([]),
  expected_seconds: expectedSeconds.nullable().default(null),
});
export type RecipeWire = z.infer<typeof recipe>;

export const newGenerator = recipe
  .extend({
    slug: slug.optional().meta({ description: "Derived from the name if it is not sent." }),
  })
  .meta({ id: "NewGenerator" });
export type NewGenerator = z.infer<typeof newGenerator>;

/** An update; fields that are not sent keep their values. */
export const generatorPatch = z
  .strictObject(
    Object.fromEntries(
      Object.entries(recipe.shape).map(([field, schema]) => [
        field,
        (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema).optional(),
      ]),
    ) as { [F in keyof typeof recipe.shape]: z.ZodOptional<z.ZodType<RecipeWire[F]>> },
  )
  .refine((patch) => Object.keys(patch).length > 0, "must have at least one field")
  .meta({ id: "GeneratorPatch" });
export type GeneratorPatch = z.infer<typeof generatorPatch>;

/** The same fields in a response, where none is absent. */
const shownRecipe = z.object(
  Object.fromEntries(
    Object.entries(recipe.shape).map(([field, schema]) => [
      field,
      schema instanceof z.ZodDefault ? schema.unwrap() : schema,
    ]),
  ) as unknown as { [F in keyof typeof recipe.shape]: z.ZodType<RecipeWire[F]> }, // the same schemas, without their defaults
);

export const generator = shownRecipe
  .extend({
    id: z.union([plain("gen"), slug]).meta({ description: "For a built-in generator, its slug." }),
    slug,
    version: z.int().meta({ description: "Starts at 1 and increases with each update." }),
    made_by: z.enum(["built_in", "tenant", "agent", "fallback"]),
    created_at: moment.nullable(),
    updated_at: moment.nullable(),
  })
  .meta({ id: "StoredGenerator" });
export type GeneratorWire = z.infer<typeof generator>;

/** A generator in a response. */
export const shownGenerator = generator
  .extend({ prompt: prompt.nullable().meta({ description: "Null for a user token.", example: "make a clip" }) })
  .meta({ id: "Generator" });
export type ShownGeneratorWire = z.infer<typeof shownGenerator>;

/** The path's `{id}`: the id or slug of a generator, the tenant's own or built-in. */
export const generatorParams = z.object({ id: z.union([plain("gen"), slug]) });

export const variableValues = z
  .record(z.string().max(60), value)
  .refine(
    (values) => Object.keys(values).length <= GENERATOR_VARIABLES,
    `must have at most ${GENERATOR_VARIABLES} variables`,
  )
  .meta({
    description: "Values of the generator's variables, by name.",
    example: { product: "a coffee mug", seconds: 30 },
  });

export const newGeneratorJob = z
  .strictObject({
    description: z.string().trim().min(1).max(2_000).meta({
      example: "create a generator that turns product photos into promo videos with music and captions",
    }),
    name: title(100).optional().meta({ description: "Chosen by the agent if it is not sent." }),
    slug: slug.optional().meta({ description: "Derived from the name if it is not sent." }),
    language: language.optional(),
    callback_url: callbackUrl,
  })
  .meta({ id: "NewGeneratorJob" });
export type NewGeneratorJob = z.infer<typeof newGeneratorJob>;

const madeBy = z.enum(["agent", "fallback"]).meta({ id: "GeneratorJobMadeBy" });

export const generatorJob = z
  .object({
    id: owned("gjb"),
    status: z.enum(["running", "completed", "failed"]).meta({ id: "GeneratorJobStatus" }),
    description: z.string(),
    generator_id: plain("gen").nullable().meta({ description: "The new generator; null until the job has completed." }),
    slug: slug.nullable(),
    made_by: madeBy.nullable().meta({
      description:
        "`agent`: the agent wrote the generator. `fallback`: its answer could not be used and the description is the prompt.",
    }),
    fault: z.string().nullable().meta({ description: "Why the agent's answer could not be used." }),
    project_id: owned("prj").nullable(),
    turn_id: owned("trn").nullable(),
    charged: charged.nullable().meta({ description: "Null until the job's turn has ended." }),
    credits: spent.nullable(),
    error: failure.nullable(),
    status_url: z.string(),
    poll_after_seconds: z
      .int()
      .nullable()
      .meta({ description: "Seconds to wait before the next poll; null once ended." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "GeneratorJob" });
export type GeneratorJobWire = z.infer<typeof generatorJob>;
