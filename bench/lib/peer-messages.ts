/** The settings of the peers' processes in `bench/peers`. */
import * as z from "zod";
import { loopSettings } from "./webhook-messages.ts";

/** Length of a peer's queue for new connections: hundreds of streams open at once. */
export const BACKLOG = 4_096;

export const peerSettings = z.object({
  upstreamUrl: z.string(),
  /** An empty folder for what the peer stores. */
  dataDir: z.string(),
});
export type PeerSettings = z.infer<typeof peerSettings>;

export const senderSettings = loopSettings.extend({ dataDir: z.string() });
export type SenderSettings = z.infer<typeof senderSettings>;
