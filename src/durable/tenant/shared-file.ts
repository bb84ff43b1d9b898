/** The link in a message that opens a finished file without a key: made when the message is, so that every attempt has a fresh one. */
import type { Scope } from "../../core/address.ts";
import { type SharedFile, shareable } from "../../core/hook-body.ts";
import { linkUrl, signLink } from "../../core/link.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EventWire } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";

/** A link to the file that an event is about; null where there is none. */
export async function sharedFile(event: EventWire, scope: Scope, { config, now }: Ground): Promise<SharedFile | null> {
  const file = shareable(event, now());
  if (file === null) return null;
  const link = { ...scope, purpose: "share", id: file.id, expiresAt: file.until } as const;
  return { url: linkUrl(file.origin, await signLink(link, config.roots)), expiresAt: file.until };
}

/** The event with a link to its file beside `content_url`. */
export async function withDownload(event: EventWire, scope: Scope, ground: Ground): Promise<EventWire> {
  const file = await sharedFile(event, scope, ground);
  if (file === null) return event;
  const link = { download_url: file.url, download_url_expires_at: toRfc3339(file.expiresAt) };
  return { ...event, data: { ...event.data, ...link } };
}
