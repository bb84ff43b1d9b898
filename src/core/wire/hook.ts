/** REST hooks: subscriptions of automation tools, and the flat bodies that they get. */
import * as z from "zod";
import { moment, plain, targetUrl } from "./common.ts";
import { eventType } from "./event.ts";

export const hook = z
  .object({
    id: plain("whk"),
    target_url: z.string(),
    event: eventType,
    state: z
      .enum(["enabled", "disabled"])
      .meta({ description: "`disabled`: it took nothing for five days; subscribing it again enables it." }),
    disabled_at: moment.nullable(),
    created_at: moment,
  })
  .meta({ id: "Hook" });
export type HookWire = z.infer<typeof hook>;

export const newHook = z.strictObject({ target_url: targetUrl, event: eventType });
export type NewHook = z.infer<typeof newHook>;

/** Which hooks to remove: all of an address, or the one of an event there. */
export const hookFilter = z.strictObject({ target_url: targetUrl, event: eventType.optional() });
export type HookFilter = z.infer<typeof hookFilter>;

export const hookBody = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
  id: "HookBody",
  description:
    "One event made flat: `id`, `type`, `occurred_at`, `mode`, `sequence`, `stale`, the fields of its resource, and `metadata_<key>` for each label. A type always has the same keys; lists are joined by commas. `download_url` opens the file without a key until `download_url_expires_at`.",
  example: {
    id: "evt_01jd8m3k5xq2w4v7z9ab",
    type: "render.completed",
    occurred_at: "2026-11-21T10:00:00.000Z",
    status: "completed",
    download_url: "https://gateway.example/f/…",
    metadata_order: "1234",
  },
});
export type HookBody = z.infer<typeof hookBody>;
