/** Nemo's API as an object reaches it: the real host for live mode, the user's own sandbox for test mode. */
import { type UserAddress, userObjectName } from "../core/address.ts";
import type { Nemo } from "../nemo/client.ts";
import { createNemo } from "../nemo/create.ts";
import type { Ground } from "./ground.ts";

/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";
/** What upstream is told about us when nothing more specific is known. */
const ATTRIBUTION = { source: "nemo-gateway", version: "1", platform: "unknown" };

/** The client of live mode. */
export const liveNemo = ({ config }: Ground): Nemo =>
  createNemo({
    baseUrl: config.nemoUrl,
    fetch: (request) => fetch(request),
    attribution: ATTRIBUTION,
    timeouts: { turnTotalMs: config.waits.turnStream },
  });

/** The client of one user, by the user's mode. */
export const nemoOf = (ground: Ground, address: UserAddress): Nemo =>
  address.mode === "live"
    ? liveNemo(ground)
    : createNemo({
        baseUrl: SANDBOX_URL,
        fetch: (request) => ground.env.SANDBOX.getByName(userObjectName(address)).fetch(request),
        attribution: ATTRIBUTION,
        timeouts: { turnTotalMs: ground.config.waits.turnStream },
      });
