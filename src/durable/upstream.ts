/** Nemo's API as an object reaches it: the real host for live mode, the user's own sandbox for test mode. */
import { type UserAddress, userObjectName } from "../core/address.ts";
import type { Attribution } from "../core/attribution.ts";
import type { Nemo } from "../nemo/client.ts";
import { createNemo } from "../nemo/create.ts";
import type { Ground } from "./ground.ts";

/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";

/** The client of live mode. */
export const liveNemo = ({ config }: Ground, attribution: Attribution): Nemo =>
  createNemo({
    baseUrl: config.nemoUrl,
    fetch: (request) => fetch(request),
    attribution,
    timeouts: { turnTotalMs: config.waits.turnStream },
  });

/** The client of one user, by the user's mode. */
export const nemoOf = (ground: Ground, address: UserAddress, attribution: Attribution): Nemo =>
  address.mode === "live"
    ? liveNemo(ground, attribution)
    : createNemo({
        baseUrl: SANDBOX_URL,
        fetch: (request) => ground.env.SANDBOX.getByName(userObjectName(address)).fetch(request),
        attribution,
        timeouts: { turnTotalMs: ground.config.waits.turnStream },
      });
