/** The three headers that identify the caller to Nemo. A null part is filled in when a request is sent. */
import * as z from "zod";

const part = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be at most 64 letters, digits, dots, hyphens and underscores")
  .nullable()
  .default(null);

export const attribution = z.strictObject({ source: part, version: part, platform: part }).meta({
  id: "Attribution",
  description: "Identifies your app to Nemo. A null part gets a default.",
  example: { source: "my-app", version: "2.1", platform: "ios" },
});
export type AttributionWire = z.infer<typeof attribution>;
