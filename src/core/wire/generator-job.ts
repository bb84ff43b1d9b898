/** A generator job: the agent writes a generator from the caller's description. */
import * as z from "zod";
import { callbackUrl, charged, failure, language, moment, owned, plain, title } from "./common.ts";
import { slug } from "./generator.ts";
import { spent } from "./token.ts";

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
