/** Nemo's API as an object reaches it: the real host for live mode, the user's own sandbox for test mode. */
import { ownerOf, type UserAddress, userObjectName } from "../core/address.ts";
import type { Attribution } from "../core/attribution.ts";
import { log } from "../log.ts";
import type { Nemo } from "../nemo/client.ts";
import { createNemo } from "../nemo/create.ts";
import type { Watch } from "../nemo/http.ts";
import type { Ground } from "./ground.ts";

/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";

/** One line for every request upstream: which it was, how it ended, and how long its answer's headers took. */
const logging =
  ({ name, now }: Ground): Watch =>
  (at) => {
    const began = now();
    return (status) =>
      log("info", "upstream", {
        work: at,
        ...(status === null ? {} : { status }),
        upstream_ms: now() - began,
        ...ownerOf(name),
      });
  };

/** The client of live mode. */
export const liveNemo = (ground: Ground, attribution: Attribution): Nemo =>
  createNemo({
    baseUrl: ground.config.nemoUrl,
    fetch: (request) => fetch(request),
    attribution,
    targets: ground.config.targets,
    watch: logging(ground),
    timeouts: { turnTotalMs: ground.config.waits.turnStream },
  });

/** The client of one user, by the user's mode. */
export const nemoOf = (ground: Ground, address: UserAddress, attribution: Attribution): Nemo =>
  address.mode === "live"
    ? liveNemo(ground, attribution)
    : createNemo({
        baseUrl: SANDBOX_URL,
        fetch: (request) => ground.env.SANDBOX.getByName(userObjectName(address)).fetch(request),
        attribution,
        targets: ground.config.targets,
        watch: logging(ground),
        timeouts: { turnTotalMs: ground.config.waits.turnStream },
      });
