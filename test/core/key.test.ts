import { describe, expect, it } from "vitest";
import {
  isInviteCode,
  issueInviteCode,
  issueKey,
  keyHash,
  keyHint,
  modeOfKey,
  sessionKeyOf,
} from "../../src/core/auth.ts";

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
/** What SECURITY.md gives to secret scanners. */
const SCANNED = /\bngw_(live|test)_[0-9A-Za-z]{49}\b/;

describe("a key", () => {
  it("has the form that secret scanners look for, whatever its bytes", () => {
    const none = issueKey("live", (count) => new Uint8Array(count));
    const full = issueKey("test", (count) => new Uint8Array(count).fill(255));
    for (const key of [none, full, issueKey("test", random)]) {
      expect(`key=${key};`).toMatch(SCANNED);
      expect(modeOfKey(key)).toBe(key.slice(4, 8));
    }
  });

  it("is invalid after a change of any one character", () => {
    const key = issueKey("test", random);
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === "A" ? "B" : "A";
      expect(modeOfKey(key.slice(0, at) + other + key.slice(at + 1)), `position ${at}`).toBeNull();
    }
    expect(modeOfKey(key.replace("test", "live"))).toBeNull();
    expect(modeOfKey(`${key} `)).toBeNull();
  });

  it("is identified by a hash of all of it, and by a hint of four characters", async () => {
    const key = issueKey("live", random);
    expect(await keyHash(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(await keyHash(key)).not.toBe(await keyHash(`${key}x`));
    expect(keyHint(key)).toBe(key.slice(0, 13));
  });
});

describe("the code of an invite", () => {
  it("has the form that secret scanners look for, and is invalid after a change of any one character", () => {
    const code = issueInviteCode(random);
    expect(`#invite=${code}`).toMatch(/\bngi_[0-9A-Za-z]{49}\b/);
    expect(isInviteCode(code)).toBe(true);
    for (let at = 0; at < code.length; at++)
      expect(
        isInviteCode(code.slice(0, at) + (code[at] === "A" ? "B" : "A") + code.slice(at + 1)),
        `position ${at}`,
      ).toBe(false);
    expect(modeOfKey(code)).toBeNull();
  });

  it("gives one session key for each attempt, of its mode", async () => {
    const code = issueInviteCode(random);
    const session = await sessionKeyOf(code, "one", "live");
    expect(modeOfKey(session)).toBe("live");
    expect(await sessionKeyOf(code, "one", "live")).toBe(session);
    expect(await sessionKeyOf(code, "two", "live")).not.toBe(session);
    expect(await sessionKeyOf(issueInviteCode(random), "one", "live")).not.toBe(session);
  });
});
