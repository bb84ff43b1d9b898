import { describe, expect, it } from "vitest";
import { decrypt, encrypt, kidOf, kidOfEncrypted, needsReEncryption, reEncrypt } from "../../src/core/crypto.ts";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const roots = { current: "a".repeat(32), previous: null };
const owner = "nemo_token|ten_1|test|u";

describe("an encrypted value", () => {
  it("is decrypted for its owner and does not contain the plain text", async () => {
    const encrypted = await encrypt("nmv_usr_secret", owner, roots, random);
    expect(encrypted).not.toContain("nmv_usr_secret");
    expect(await decrypt(encrypted, owner, roots)).toBe("nmv_usr_secret");
  });

  it.each([
    ["another owner", "nemo_token|ten_2|test|u", roots],
    ["another mode", "nemo_token|ten_1|live|u", roots],
    ["another root", owner, { current: "b".repeat(32), previous: null }],
  ])("is not decrypted for %s", async (_what, who, keys) => {
    expect(await decrypt(await encrypt("x", owner, roots, random), who, keys)).toBeNull();
  });

  it("is decrypted with the previous root secret after a rotation", async () => {
    const encrypted = await encrypt("x", owner, roots, random);
    expect(await decrypt(encrypted, owner, { current: "b".repeat(32), previous: roots.current })).toBe("x");
  });

  it("is not decrypted after a change of one character, nor is invalid text", async () => {
    const encrypted = await encrypt("x", owner, roots, random);
    const broken = encrypted.slice(0, -2) + (encrypted.endsWith("AA") ? "BB" : "AA");
    expect(await decrypt(broken, owner, roots)).toBeNull();
    expect(await decrypt("", owner, roots)).toBeNull();
    expect(await decrypt("a.b.c", owner, roots)).toBeNull();
  });
});

describe("a rotation of the root secret", () => {
  const rotated = { current: "b".repeat(32), previous: roots.current };

  it("is visible in the key id until the value is re-encrypted", async () => {
    const encrypted = await encrypt("x", owner, roots, random);
    expect(kidOfEncrypted(encrypted)).toBe(await kidOf(roots.current));
    expect([await needsReEncryption(encrypted, roots), await needsReEncryption(encrypted, rotated)]).toEqual([
      false,
      true,
    ]);
    const fresh = (await reEncrypt(encrypted, owner, rotated, random)) ?? "";
    expect(await needsReEncryption(fresh, rotated)).toBe(false);
    expect(await decrypt(fresh, owner, { current: rotated.current, previous: null })).toBe("x");
    expect(await reEncrypt(fresh, owner, rotated, random)).toBeNull();
  });

  it("cannot recover a value that neither secret decrypts", async () => {
    const encrypted = await encrypt("x", owner, roots, random);
    expect(
      await reEncrypt(encrypted, owner, { current: "c".repeat(32), previous: rotated.current }, random),
    ).toBeNull();
  });
});
