import { describe, expect, it } from "vitest";
import { parseScope, parseUserObjectName, uploadKey, userObjectName } from "../../src/core/address.ts";
import { issueKey, keyHash, keyHint, modeOfKey } from "../../src/core/auth.ts";
import { base32, base32Number, base62, base64url, crc32, fromBase64 } from "../../src/core/encoding.ts";
import {
  callHash,
  eventId,
  ownedId,
  ownedIdPattern,
  plainId,
  plainIdPattern,
  randomUserHash,
  userHash,
  userHashOf,
} from "../../src/core/ids.ts";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const TENANT = "ten_01jd8m3k5xq2w4v7z9ab" as const;

describe("ids", () => {
  it("contain their route: the owner's hash is their end", async () => {
    const uh = await userHash(TENANT, "alice");
    const id = ownedId("trn", uh, 1_795_000_000_000, random);
    expect(id).toMatch(ownedIdPattern("trn"));
    expect(userHashOf(id)).toBe(uh);
    expect(uh).toMatch(/^[0-9a-z]{16}$/);
  });

  it("sort by time", () => {
    const earlier = plainId("key", 1_795_000_000_000, random);
    const later = plainId("key", 1_795_000_000_001, random);
    expect(earlier < later).toBe(true);
    expect(earlier).toMatch(plainIdPattern("key"));
  });

  it("differ between tenants, modes and names", async () => {
    expect(await userHash(TENANT, "alice")).not.toBe(await userHash("ten_other", "alice"));
    expect(await userHash(TENANT, "alice")).not.toBe(await userHash(TENANT, "Alice"));
    expect(await callHash(TENANT, "test", "POST", "/v1/projects", "k")).not.toBe(
      await callHash(TENANT, "live", "POST", "/v1/projects", "k"),
    );
    expect(randomUserHash(random)).toMatch(/^[0-9a-z]{16}$/);
  });

  it("are the same for the same event", async () => {
    expect(await eventId("rnd_1", "render.completed#1")).toBe(await eventId("rnd_1", "render.completed#1"));
    expect(await eventId("rnd_1", "render.completed#1")).not.toBe(await eventId("rnd_1", "render.completed#2"));
    expect(await eventId("rnd_1", "x")).toMatch(plainIdPattern("evt"));
  });

  it("are converted to addresses and back", () => {
    const address = { tenant: TENANT, mode: "test", uh: "0123456789abcdef" } as const;
    expect(parseUserObjectName(userObjectName(address))).toEqual(address);
    expect(parseScope(userObjectName(address))).toEqual({ tenant: TENANT, mode: "test" });
    expect(uploadKey(address, "upl_1")).toBe(`t/${TENANT}/test/0123456789abcdef/uploads/upl_1`);
    expect(() => parseUserObjectName("operator")).toThrow();
    expect(() => parseScope(undefined)).toThrow();
  });
});

describe("keys", () => {
  it("contain their own mode, and reject every mistyped character", () => {
    const key = issueKey("test", random);
    expect(key).toMatch(/^ngw_test_[0-9A-Za-z]{49}$/);
    expect(modeOfKey(key)).toBe("test");
    for (let at = 0; at < key.length; at++) {
      const wrong = key.slice(0, at) + (key[at] === "x" ? "y" : "x") + key.slice(at + 1);
      expect(modeOfKey(wrong)).toBeNull();
    }
  });

  it("are stored as a hash and shown as a hint", async () => {
    const key = issueKey("live", random);
    expect(await keyHash(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(key.startsWith(keyHint(key))).toBe(true);
    expect(keyHint(key)).toHaveLength(13);
  });
});

describe("codecs", () => {
  it("match published vectors", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(base32(new Uint8Array([255, 255, 255, 255, 255]))).toBe("zzzzzzzz");
    expect(base32(new Uint8Array([0x80]))).toBe("g0");
    expect(base32Number(33, 4)).toBe("0011");
    expect(base62(new Uint8Array([61]), 3)).toBe("00z");
    expect(base64url(new Uint8Array([251, 255]))).toBe("-_8");
    expect(fromBase64("-_8")).toEqual(new Uint8Array([251, 255]));
    expect(fromBase64("***")).toBeNull();
  });
});
