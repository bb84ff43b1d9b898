import { describe, expect, it } from "vitest";
import { retryStream, retryUnavailable, streamCursor, wantsJson, wantsStream } from "../../src/http/event-stream.ts";
import { matchesEtag } from "../../src/http/files.ts";
import { credentialOf, idempotencyKeyOf, userOf } from "../../src/http/middleware/auth.ts";
import { apiError } from "../../src/http/problem.ts";
import { preferredWait } from "../../src/http/request-body.ts";

const headers = (given: Record<string, string>): Headers => new Headers(given);

describe("credentialOf", () => {
  it.each([
    [{ Authorization: "Bearer key1" }, "key1"],
    [{ Authorization: "bearer   key1 " }, "key1"],
    [{ "X-Api-Key": " key1 " }, "key1"],
    [{ Authorization: `Basic ${btoa("key1:")}` }, "key1"],
    [{ Authorization: `Basic ${btoa("key1:anything:else")}` }, "key1"],
    [{ Authorization: `Basic ${btoa("key1")}` }, "key1"],
    [{ Authorization: "Bearer key1", "X-Api-Key": "key2" }, "key1"],
    [{ Authorization: `Basic ${btoa(":ngw_test_1")}` }, "ngw_test_1"],
    [{ Authorization: `Basic ${btoa("api:ngw_test_1")}` }, "ngw_test_1"],
    [{ Authorization: `Basic ${btoa("ngw_test_1:ngw_test_2")}` }, "ngw_test_1"],
    [{ Authorization: "Negotiate abc", "X-Api-Key": "key2" }, "key2"],
  ])("reads %j", (given, key) => {
    expect(credentialOf(headers(given))).toEqual({ sent: key });
  });

  it.each([
    [{ Authorization: "Bearer" }, "Bearer` has no key"],
    [{ Authorization: "Basic %%%" }, "base64 of `user:password`"],
    [{ Authorization: `Basic ${btoa(":")}` }, "Basic` has no key"],
    [{ Authorization: "Digest abc" }, "The scheme `Digest` of"],
    [{ Authorization: "Token ngw_test_secret" }, "The scheme `Token` of"],
    [{ Authorization: "ngw_test_secret" }, "a key without a scheme"],
    [{ Authorization: "" }, "The scheme of"],
    [{ "X-Api-Key": "" }, "X-Api-Key` has no key"],
  ])("names the invalid part of %j, and repeats no key", (given, words) => {
    const read = credentialOf(headers(given));
    expect(read).toEqual({ fault: expect.stringContaining(words) });
    expect(JSON.stringify(read)).not.toContain("secret");
  });

  it("finds none if none was sent", () => {
    expect(credentialOf(headers({}))).toBeNull();
  });
});

describe("userOf", () => {
  it("accepts 1 to 128 characters, of any script", () => {
    expect(userOf(headers({}))).toBeNull();
    expect(userOf(headers({ "X-User-Id": "a" }))).toBe("a");
    expect(userOf(headers({ "X-User-Id": "u".repeat(128) }))).toHaveLength(128);
  });

  it.each(["", "u".repeat(129), "a\tb"])("rejects %j with the header's name", (user) => {
    expect(() => userOf(headers({ "X-User-Id": user }))).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          code: "invalid_request",
          errors: [expect.objectContaining({ field: "header:X-User-Id" })],
        }),
      }),
    );
  });
});

describe("idempotencyKeyOf", () => {
  it("accepts up to 255 visible characters", () => {
    expect(idempotencyKeyOf(headers({}))).toBeNull();
    expect(idempotencyKeyOf(headers({ "Idempotency-Key": "k".repeat(255) }))).toHaveLength(255);
  });

  it.each(["", "k".repeat(256), "a b", "ü"])("rejects %j", (key) => {
    expect(() => idempotencyKeyOf(headers({ "Idempotency-Key": key }))).toThrow("invalid_header");
  });
});

describe("preferredWait", () => {
  it.each([
    ["wait=10", 10],
    ["respond-async, wait=10", 10],
    ['wait="5"; foo', 5],
    ["WAIT = 60", 60],
    ["wait=600", 60],
  ])("reads %s", (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it.each([undefined, "", "wait=0", "wait=-1", "wait=x", "await=3", "wait=1.5"])("ignores %s", (header) => {
    expect(preferredWait(header)).toBeNull();
  });
});

describe("event streams", () => {
  it("are requested by Accept", () => {
    expect(wantsStream("text/event-stream")).toBe(true);
    expect(wantsStream("application/json, text/event-stream;q=0.5")).toBe(true);
    expect(wantsStream(undefined)).toBe(false);
    expect(wantsJson("application/json")).toBe(true);
    expect(wantsJson("*/*")).toBe(false);
    expect(wantsJson("application/json, text/event-stream")).toBe(false);
  });

  it("of a restarting object end with a retry interval, and hide no other error", async () => {
    const response = retryUnavailable(apiError("unavailable", "reset"));
    expect([response.status, await response.text()]).toEqual([200, "retry: 500\n\n"]);
    expect(() => retryUnavailable(apiError("not_found", "none"))).toThrow("not_found");
    expect(() => retryUnavailable(new Error("bug"))).toThrow("bug");
  });

  it("continue from Last-Event-ID, then from ?after=", () => {
    expect(streamCursor("7", { after: 3 })).toBe(7);
    expect(streamCursor(undefined, { after: 3 })).toBe(3);
    expect(streamCursor("", { after: 3 })).toBe(3);
    expect(() => streamCursor("x", { after: 3 })).toThrow("invalid_cursor");
  });

  it("continue from the header's name in the query, as polyfills write it, unless the header differs", () => {
    expect(streamCursor(undefined, { after: 3, lastEventId: "5" })).toBe(5);
    expect(streamCursor(undefined, { after: 3, "Last-Event-ID": "6" })).toBe(6);
    expect(streamCursor(undefined, { after: 3, lastEventId: "" })).toBe(3);
    expect(streamCursor("7", { after: 3, lastEventId: "5" })).toBe(7);
    expect(() => streamCursor(undefined, { after: 3, lastEventId: "x" })).toThrow("invalid_cursor");
  });

  it("above the limit are retryable too if they are reads", async () => {
    const response = retryStream(apiError("concurrency_limited", "Too many.", { retryAfterSeconds: 7 }));
    expect([response.status, await response.text()]).toEqual([200, "retry: 7000\n: Too many.\n\n"]);
    expect(() => retryStream(apiError("not_found", "none"))).toThrow("not_found");
  });
});

describe("matchesEtag", () => {
  it.each(['"a"', 'W/"a"', '"b", "a"', "*"])("finds the tag in %s", (header) => {
    expect(matchesEtag(header, '"a"')).toBe(true);
  });

  it.each([null, "", '"b"', "a"])("does not find it in %s", (header) => {
    expect(matchesEtag(header, '"a"')).toBe(false);
  });
});
