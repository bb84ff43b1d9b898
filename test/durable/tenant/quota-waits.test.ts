/** An exhausted quota makes background work wait for as long as it is exhausted: it is no failure, and ends nothing. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { type GeneratorJobId, ownedId, type VideoId } from "../../../src/core/ids.ts";
import { POISON_ATTEMPTS, QUOTA_DEFAULTS } from "../../../src/core/limits.ts";
import type { VideoRequest } from "../../../src/core/video.ts";
import type { QuotasWire } from "../../../src/core/wire/tenant.ts";
import { TenantObject } from "../../../src/durable/tenant/object.ts";
import { makeTenant } from "../../support/gateway.ts";
import { call, freshAddress, good, random, tenantRpc, until, userRpc } from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

paceIs(240);

afterEach(() => {
  vi.restoreAllMocks();
});

const ORDER: VideoRequest = {
  ...{ prompt: "make a 1 second video", sources: [], project: null, language: null, callback: null },
  ...{ output: { format: "mp4", quality: "high" }, metadata: {}, onQuestion: "wait", generator: null },
  ...{ attribution: null, accepts: null, expectedMs: 120_000 },
};
const GENERATOR_JOB = { description: "quote cards", name: null, slug: null, language: null, callback: null };

/** What may wait: how it is started, and its status. */
const KINDS = {
  "a video": async (address: UserAddress) => {
    const { id } = good(await userRpc(address).startVideo(call(), ORDER));
    return async () => {
      const { status, error } = good(await userRpc(address).readVideo(id as VideoId));
      return { isOver: status !== "queued" && status !== "processing", error };
    };
  },
  "a generator that is made": async (address: UserAddress) => {
    const { id } = good(await userRpc(address).startGeneratorJob(call(), GENERATOR_JOB));
    return async () => {
      const { status, error } = good(await userRpc(address).readGeneratorJob(id as GeneratorJobId));
      return { isOver: status !== "running", error };
    };
  },
};

describe("an account at its limits", () => {
  const limits = (some: Partial<QuotasWire>): QuotasWire => ({ ...QUOTA_DEFAULTS.test, ...some });

  it.each([
    ["a video", "concurrent_turns"],
    ["a video", "renders_per_day"],
    ["a generator that is made", "concurrent_turns"],
  ] as const)("lets %s wait for %s, after any number of attempts", async (kind, quota) => {
    // A generator is stored for a tenant that there is.
    const address = { ...freshAddress(), tenant: (await makeTenant()).id as UserAddress["tenant"] };
    const tenant = tenantRpc(address);
    const ref = quota === "concurrent_turns" ? ownedId("trn", address.uh, Date.now(), random) : "rnd_another";
    good(await tenant.reserveQuota([{ quota, ref, amount: 1 }], limits({ [quota]: 1 })));
    if (ref.startsWith("trn_")) await tenant.confirmSlot(ref as `trn_${string}`);
    let rejections = 0;
    const { reserveQuota } = TenantObject.prototype;
    vi.spyOn(TenantObject.prototype, "reserveQuota").mockImplementation(async function (this: TenantObject, ...given) {
      const taken = await reserveQuota.apply(this, given);
      if (!taken.ok) rejections++;
      return taken;
    });
    const read = await KINDS[kind](address);
    // More often than any work may fail. A day's quota is asked for rarely: twice shows that the first did not end it.
    const often = quota === "concurrent_turns" ? POISON_ATTEMPTS + 2 : 2;
    await until(async () => rejections >= often, 50_000);
    expect(await read()).toMatchObject({ isOver: false, error: null });
    await tenant.releaseQuota(ref);
    const ended = await until(async () => {
      const now = await read();
      return now.isOver ? now : null;
    }, 50_000);
    expect(ended.error).toBeNull();
  });
});
