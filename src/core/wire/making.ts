/** A generator on its way: described by its caller, written by the agent. */
import * as z from "zod";
import { callbackUrl, charged, failure, language, moment, owned, plain, title } from "./common.ts";
import { slug } from "./generator.ts";
import { spent } from "./token.ts";

export const newGeneratorJob = z.strictObject({
  description: z.string().trim().min(1).max(2_000).meta({
    example: "create a generator that turns product photos into promo videos with music and captions",
  }),
  name: title(100).optional().meta({ description: "The agent's where none is sent." }),
  slug: slug.optional().meta({ description: "Made from the name where none is sent." }),
  language: language.optional(),
  callback_url: callbackUrl,
});
export type NewGeneratorJob = z.infer<typeof newGeneratorJob>;

export const generatorJob = z
  .object({
    id: owned("gjb"),
    status: z.enum(["running", "completed", "failed"]),
    description: z.string(),
    generator_id: plain("gen").nullable().meta({ description: "The generator, once it is ready." }),
    slug: slug.nullable(),
    made_by: z.enum(["agent", "fallback"]).nullable().meta({
      description: "fallback: the agent's answer could not be used, so the description is the prompt.",
    }),
    fault: z.string().nullable().meta({ description: "What was wrong with the agent's answer." }),
    project_id: owned("prj").nullable(),
    turn_id: owned("trn").nullable(),
    charged: charged.nullable().meta({ description: "Null until its turn has ended." }),
    credits: spent.nullable(),
    error: failure.nullable(),
    status_url: z.string(),
    poll_after_seconds: z.int().nullable().meta({ description: "When to read again; null at an end." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Making" });
export type GeneratorJobWire = z.infer<typeof generatorJob>;
