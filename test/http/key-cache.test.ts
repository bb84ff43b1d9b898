import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { NO_ATTRIBUTION } from "../../src/core/usage/usage.ts";
import { forgetTenant, keyOwner } from "../../src/http/middleware/auth.ts";
import type { KeyOwner } from "../../src/store/keys.ts";

const owner: KeyOwner = {
  id: "key_1",
  tenant: "ten_1",
  tenantName: "acme",
  tenantState: "active",
  tier: "small",
  origins: [],
  quotas: QUOTA_DEFAULTS.test,
  attribution: NO_ATTRIBUTION,
  mode: "test",
  scopes: ["read"],
  expiresAt: null,
  revokedAt: null,
  rotatedAt: null,
  lastUsedOn: null,
  parent: null,
  app: null,
};

let fresh = 0;
const newHash = () => `hash-${fresh++}`;
const finder = (found: KeyOwner | null = owner) => vi.fn(async () => found);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("ownerOf", () => {
  it("sends one look-up for all concurrent requests", async () => {
    const hash = newHash();
    const find = finder();
    const asked = await Promise.all([1, 2, 3].map(() => keyOwner(hash, 5_000, find)));
    expect(asked).toEqual([owner, owner, owner]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it("caches for as long as the caller allows", async () => {
    const hash = newHash();
    const find = finder();
    await keyOwner(hash, 5_000, find);
    vi.advanceTimersByTime(5_000);
    await keyOwner(hash, 5_000, find);
    expect(find).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await keyOwner(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(1);
    await keyOwner(hash, 5_000, find);
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("looks up again once the keys of the tenant are invalidated", async () => {
    const hash = newHash();
    const find = finder();
    await keyOwner(hash, 60_000, find);
    forgetTenant("ten_another");
    await keyOwner(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(1);
    forgetTenant(owner.tenant);
    await keyOwner(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("does not cache what was looked up before the invalidation", async () => {
    const hash = newHash();
    let answer: (owner: KeyOwner) => void = () => undefined;
    const slow = keyOwner(hash, 60_000, () => new Promise((resolve) => (answer = resolve)));
    forgetTenant(owner.tenant);
    answer(owner);
    expect(await slow).toEqual(owner);
    const find = finder();
    await keyOwner(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it("caches unknown keys for half a minute, separately from known keys", async () => {
    const held = newHash();
    await keyOwner(held, 60_000, finder());
    const unknown = finder(null);
    const unheld = newHash();
    expect(await keyOwner(unheld, 5_000, unknown)).toBeNull();
    vi.advanceTimersByTime(30_000);
    expect(await keyOwner(unheld, 5_000, unknown)).toBeNull();
    expect(unknown).toHaveBeenCalledTimes(1);
    for (let at = 0; at < 2_000; at++) await keyOwner(newHash(), 60_000, finder(null));
    const find = finder();
    await keyOwner(held, 60_000, find);
    expect(find).not.toHaveBeenCalled();
    await keyOwner(unheld, 5_000, unknown);
    expect(unknown).toHaveBeenCalledTimes(2); // displaced by the 2,000, and too old besides
  });

  it("shares a failed look-up with all that wait for it, and looks up again afterwards", async () => {
    const hash = newHash();
    const failing = vi.fn(() => Promise.reject(new Error("D1 is away")));
    const asked = await Promise.allSettled([1, 2, 3].map(() => keyOwner(hash, 5_000, failing)));
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(failing).toHaveBeenCalledTimes(1);
    expect(await keyOwner(hash, 5_000, finder())).toEqual(owner);
  });

  it("does not wait for ever for a look-up that ended with its request", async () => {
    const hash = newHash();
    const dead = vi.fn(() => new Promise<KeyOwner>(() => undefined));
    void keyOwner(hash, 5_000, dead);
    const second = keyOwner(hash, 5_000, finder());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toEqual(owner);
  });

  it("keeps no more unfinished look-ups than keys", async () => {
    const first = newHash();
    const dead = vi.fn(() => new Promise<KeyOwner>(() => undefined));
    for (const hash of [first, ...Array.from({ length: 2_000 }, newHash)]) void keyOwner(hash, 5_000, dead);
    const find = finder();
    void keyOwner(first, 5_000, find);
    await vi.advanceTimersByTimeAsync(0);
    expect(find).toHaveBeenCalledTimes(1); // the first one is not waited for any more
  });

  it("evicts the least recently used when it is full", async () => {
    const first = newHash();
    const find = finder();
    await keyOwner(first, 60_000, find);
    for (let at = 0; at < 2_000; at++) await keyOwner(newHash(), 60_000, finder());
    await keyOwner(first, 60_000, find);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
