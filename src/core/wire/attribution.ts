/** What upstream is told about who calls it, in its three headers; a part that is null is filled in when it is used. */
import * as z from "zod";

const part = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be at most 64 letters, digits, dots, hyphens and underscores")
  .nullable()
  .default(null);

export const attribution = z
  .strictObject({ source: part, version: part, platform: part })
  .meta({ id: "Attribution", example: { source: "my-app", version: "2.1", platform: "ios" } });
export type AttributionWire = z.infer<typeof attribution>;
