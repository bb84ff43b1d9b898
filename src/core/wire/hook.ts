/** REST hooks: subscriptions of automation tools, and the flat bodies that they receive. */
import * as z from "zod";
import { moment, plain, targetUrl } from "./common.ts";
import { eventType } from "./event.ts";
import { targetState } from "./webhook.ts";

export const hook = z
  .object({
    id: plain("whk"),
    target_url: z.string(),
    event: eventType,
    state: targetState.meta({
      description: "`disabled`: deliveries failed for five days. Create the hook again to enable it.",
    }),
    disabled_at: moment.nullable(),
    created_at: moment,
  })
  .meta({ id: "Hook" });
export type HookWire = z.infer<typeof hook>;

export const newHook = z.strictObject({ target_url: targetUrl, event: eventType }).meta({ id: "NewHook" });
export type NewHook = z.infer<typeof newHook>;

/** The hooks to delete: all of an address, or the one for an event there. */
export const hookFilter = z.strictObject({ target_url: targetUrl, event: eventType.optional() });
export type HookFilter = z.infer<typeof hookFilter>;

export const hookBody = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
  id: "HookBody",
  description:
    "An event as a flat object: `id`, `type`, `occurred_at`, `mode`, `sequence`, `stale`, the fields of its resource, and `metadata_<key>` for each label. All events of a type have the same keys. Lists are joined with commas. `download_url` downloads the file without a credential until `download_url_expires_at`.",
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
