import { describe, expect, it } from "vitest";
import { kidOf, kidOfSeal, needsReseal, reseal, seal, unseal } from "../../src/core/crypto.ts";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const roots = { current: "a".repeat(32), previous: null };
const owner = "nemo_token|ten_1|test|u";

describe("a seal", () => {
  it("opens for its owner and hides what it holds", async () => {
    const sealed = await seal("nmv_usr_secret", owner, roots, random);
    expect(sealed).not.toContain("nmv_usr_secret");
    expect(await unseal(sealed, owner, roots)).toBe("nmv_usr_secret");
  });

  it.each([
    ["another owner", "nemo_token|ten_2|test|u", roots],
    ["another mode", "nemo_token|ten_1|live|u", roots],
    ["another root", owner, { current: "b".repeat(32), previous: null }],
  ])("stays shut for %s", async (_what, who, keys) => {
    expect(await unseal(await seal("x", owner, roots, random), who, keys)).toBeNull();
  });

  it("still opens under the previous root after a rotation", async () => {
    const sealed = await seal("x", owner, roots, random);
    expect(await unseal(sealed, owner, { current: "b".repeat(32), previous: roots.current })).toBe("x");
  });

  it("stays shut when a character was changed, and for nonsense", async () => {
    const sealed = await seal("x", owner, roots, random);
    const broken = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");
    expect(await unseal(broken, owner, roots)).toBeNull();
    expect(await unseal("", owner, roots)).toBeNull();
    expect(await unseal("a.b.c", owner, roots)).toBeNull();
  });
});

describe("a rotation of the root secret", () => {
  const rotated = { current: "b".repeat(32), previous: roots.current };

  it("shows in the seal's own name, and only until it is made anew", async () => {
    const sealed = await seal("x", owner, roots, random);
    expect(kidOfSeal(sealed)).toBe(await kidOf(roots.current));
    expect([await needsReseal(sealed, roots), await needsReseal(sealed, rotated)]).toEqual([false, true]);
    const fresh = (await reseal(sealed, owner, rotated, random)) ?? "";
    expect(await needsReseal(fresh, rotated)).toBe(false);
    expect(await unseal(fresh, owner, { current: rotated.current, previous: null })).toBe("x");
    expect(await reseal(fresh, owner, rotated, random)).toBeNull();
  });

  it("cannot save what neither secret opens", async () => {
    const sealed = await seal("x", owner, roots, random);
    expect(await reseal(sealed, owner, { current: "c".repeat(32), previous: rotated.current }, random)).toBeNull();
  });
});
