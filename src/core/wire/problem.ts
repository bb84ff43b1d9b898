/** An error's body, `application/problem+json` (RFC 9457). */
import * as z from "zod";
import { charged, failure } from "./common.ts";

export const problemBody = z
  .object({
    type: z.string().meta({ example: "https://nemo-gateway.dev/errors/not_found" }),
    title: z.string().meta({ description: "For an end user, at most 60 characters." }),
    status: z.int(),
    detail: z.string().meta({ description: "For the developer: what happened and what to do next." }),
    code: z.string().meta({ description: "One of the codes of PROTOCOL.md section 3.", example: "not_found" }),
    request_id: z.string(),
    retryable: z.boolean(),
    charged: charged.optional(),
    hint: z.string().optional().meta({ description: "The next call to make." }),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    register_url: z.string().optional(),
    error: failure.optional().meta({ description: "Of `no_file`: what the video or render itself failed with." }),
    "expected-offset": z.int().optional().meta({ description: "Where the upload stands." }),
    "provided-offset": z.int().optional(),
  })
  .meta({ id: "Problem", description: "An error, RFC 9457." });
export type ProblemWire = z.infer<typeof problemBody>;
