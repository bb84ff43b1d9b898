import { sign } from "hono/jwt";
import { describe, expect, it } from "vitest";
import { deriveBytes, kidOf } from "../../src/core/crypto.ts";
import { base64url } from "../../src/core/encoding.ts";
import { isUserToken, readUserToken, signUserToken, type UserToken } from "../../src/http/middleware/auth.ts";

const NOW = 1_800_000_000_000;
const roots = { current: "c".repeat(32), previous: "p".repeat(32) };
const other = { current: "o".repeat(32), previous: null };
const token: UserToken = {
  tenant: "ten_01jd8m3k5xq2w4v7z9ab",
  mode: "test",
  keyId: "key_01jd8m3k5xq2w4v7z9ab",
  scopes: ["read", "chat"],
  grant: { uh: "0123456789abcdef", epoch: 3, until: NOW + 60_000 },
};
const read = (text: string, now = NOW) => readUserToken(text, roots, now);
const part = (said: unknown): string => base64url(new TextEncoder().encode(JSON.stringify(said)));
const said = async () =>
  JSON.parse(atob((await signUserToken(token, NOW, roots)).split(".")[1] ?? "")) as Record<string, unknown>;

/** A token of any claims and header, signed with a root secret's real key. */
const forged = async (claims: Record<string, unknown>, alg: "HS256" | "HS384", kid: string, secret = roots.current) =>
  sign(claims, { kty: "oct", alg, kid, k: base64url(await deriveBytes(secret, "user_token")) }, alg);

describe("a user token", () => {
  it("contains what was signed until it expires, to the second", async () => {
    const text = await signUserToken(token, NOW, roots);
    expect(isUserToken(text)).toBe(true);
    expect(await read(text)).toEqual({ ok: true, value: token });
    expect(await read(text, NOW + 59_999)).toMatchObject({ ok: true });
    expect(await read(text, NOW + 60_000)).toEqual({ ok: false, error: "expired" });
    expect(await read(text, NOW - 1)).toEqual({ ok: false, error: "early" });
  });

  it("is the same text for the same moment, so that a repeated request gets the same one", async () => {
    expect(await signUserToken(token, NOW, roots)).toBe(await signUserToken(token, NOW, roots));
  });

  it("of the previous root secret is still accepted", async () => {
    const text = await signUserToken(token, NOW, { current: roots.previous, previous: null });
    expect(await read(text)).toMatchObject({ ok: true });
  });

  it("contains no user name, only a hash", async () => {
    expect(Object.keys(await said()).toSorted()).toEqual(["epoch", "exp", "key", "mode", "nbf", "scp", "sub", "ten"]);
  });

  it("of another gateway, or with another's kid, is not recognised", async () => {
    expect(await read(await signUserToken(token, NOW, other))).toEqual({ ok: false, error: "foreign" });
    const kid = await kidOf(roots.current);
    expect(await read(await forged(await said(), "HS256", kid, other.current))).toMatchObject({ error: "foreign" });
    // Signed under one of our secrets, named as the other.
    expect(await read(await forged(await said(), "HS256", kid, roots.previous))).toMatchObject({ error: "foreign" });
    expect(await read(await forged(await said(), "HS256", "unknown"))).toMatchObject({ error: "foreign" });
  });

  it("whose header names another algorithm is not recognised, even if it is signed with our key", async () => {
    const kid = await kidOf(roots.current);
    expect(await read(await forged(await said(), "HS384", kid))).toMatchObject({ error: "foreign" });
    for (const alg of ["none", "None", "RS256", ""]) {
      const [, payload = "", mac = ""] = (await signUserToken(token, NOW, roots)).split(".");
      for (const end of [mac, ""]) {
        const text = `${part({ alg, typ: "JWT", kid })}.${payload}.${end}`;
        expect(await read(text), text).toEqual({ ok: false, error: "foreign" });
      }
    }
  });

  it("is not recognised after any change, nor after its expiry", async () => {
    const text = await signUserToken(token, NOW, roots);
    const [head = "", payload = "", mac = ""] = text.split(".");
    const claims = await said();
    for (const change of [{ sub: "fedcba9876543210" }, { ten: "ten_0".padEnd(24, "0") }, { exp: 9_999_999_999 }])
      expect(await read(`${head}.${part({ ...claims, ...change })}.${mac}`)).toMatchObject({ error: "foreign" });
    for (let at = 0; at < text.length - 1; at += 3) {
      const letter = text[at] === "A" ? "B" : "A";
      expect((await read(text.slice(0, at) + letter + text.slice(at + 1), NOW + 60_000)).ok, String(at)).toBe(false);
    }
    for (const cut of [head, `${head}.${payload}`, `${text}.x`, `${head}..${mac}`, "", "a.b.c"])
      expect(await read(cut), cut).toEqual({ ok: false, error: "foreign" });
  });

  it("must have every claim in its own form", async () => {
    const kid = await kidOf(roots.current);
    const claims = await said();
    for (const wrong of [
      { mode: "both" },
      { sub: "x" },
      { scp: ["keys"] },
      { scp: [] },
      { epoch: "3" },
      { exp: null },
      { nbf: "now" },
      { ten: "acme" },
    ])
      expect(await read(await forged({ ...claims, ...wrong }, "HS256", kid)), JSON.stringify(wrong)).toMatchObject({
        error: "foreign",
      });
    for (const name of Object.keys(claims)) {
      const { [name]: _, ...rest } = claims;
      expect(await read(await forged(rest, "HS256", kid)), name).toMatchObject({ error: "foreign" });
    }
  });

  it("is distinguished from an API key by its form", () => {
    for (const text of [`ngw_test_${"0".repeat(49)}`, "", "eyJ", "x.y.z"]) expect(isUserToken(text)).toBe(false);
  });
});
