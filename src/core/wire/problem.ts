/** The body of an error, `application/problem+json` (RFC 9457). */
import * as z from "zod";
import { charged, failure } from "./common.ts";

export const problemBody = z
  .object({
    type: z.string().meta({ example: "https://nemo-gateway.dev/errors/not_found" }),
    title: z.string().meta({ description: "A short message for the end user, at most 60 characters." }),
    status: z.int(),
    detail: z.string().meta({ description: "What happened and what to do next, for the developer." }),
    code: z.string().meta({
      description: "The error code: one of those in PROTOCOL.md section 3 and at `/docs/errors`.",
      example: "not_found",
    }),
    request_id: z.string(),
    retryable: z.boolean(),
    charged: charged.optional(),
    hint: z.string().optional().meta({ description: "A request that can resolve the error." }),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    register_url: z.string().optional(),
    error: failure.optional().meta({ description: "For `no_file`: the error of the video or render." }),
    "expected-offset": z
      .int()
      .optional()
      .meta({ description: "For a wrong offset: the current offset of the upload." }),
    "provided-offset": z.int().optional(),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457)." });
export type ProblemWire = z.infer<typeof problemBody>;
