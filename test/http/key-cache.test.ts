import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetKey, ownerOf } from "../../src/http/key-cache.ts";
import type { KeyOwner } from "../../src/store/keys.ts";

const owner: KeyOwner = {
  id: "key_1",
  tenant: "ten_1",
  tenantName: "acme",
  tenantState: "active",
  tier: "small",
  mode: "test",
  scopes: ["read"],
  expiresAt: null,
  revokedAt: null,
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
  it("asks once for all who ask at the same time", async () => {
    const hash = newHash();
    const find = finder();
    const asked = await Promise.all([1, 2, 3].map(() => ownerOf(hash, 5_000, find)));
    expect(asked).toEqual([owner, owner, owner]);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it("remembers for as long as the caller allows", async () => {
    const hash = newHash();
    const find = finder();
    await ownerOf(hash, 5_000, find);
    vi.advanceTimersByTime(5_000);
    await ownerOf(hash, 5_000, find);
    expect(find).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await ownerOf(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(1);
    await ownerOf(hash, 5_000, find);
    expect(find).toHaveBeenCalledTimes(2);
  });

  it("asks again once a key is forgotten, and never remembers an unknown one", async () => {
    const hash = newHash();
    const find = finder();
    await ownerOf(hash, 60_000, find);
    forgetKey(hash);
    await ownerOf(hash, 60_000, find);
    expect(find).toHaveBeenCalledTimes(2);
    const nobody = finder(null);
    const unknown = newHash();
    await ownerOf(unknown, 60_000, nobody);
    await ownerOf(unknown, 60_000, nobody);
    expect(nobody).toHaveBeenCalledTimes(2);
  });

  it("does not wait for ever for a look-up that died with its request", async () => {
    const hash = newHash();
    const dead = vi.fn(() => new Promise<KeyOwner>(() => undefined));
    void ownerOf(hash, 5_000, dead);
    const second = ownerOf(hash, 5_000, finder());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toEqual(owner);
  });

  it("forgets what was not used for longest when it is full", async () => {
    const first = newHash();
    const find = finder();
    await ownerOf(first, 60_000, find);
    for (let at = 0; at < 2_000; at++) await ownerOf(newHash(), 60_000, finder());
    await ownerOf(first, 60_000, find);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
