/** Links to finished files: their expiry, and their placeholders inside the objects. */
import { describe, expect, it } from "vitest";
import { linkSigner, readLink, signLink } from "../../src/core/crypto.ts";
import { type Download, hasDownload, type LinkMaker, linkEnd, withDownload } from "../../src/core/download.ts";
import { DAY_MS, HOUR_MS } from "../../src/core/time.ts";

const roots = { current: "c".repeat(32), previous: null };
const NOON = Date.parse("2026-11-21T12:00:00.000Z");
const WEEK = 7 * DAY_MS;
const scope = { tenant: "ten_01jd8m3k5xq2w4v7z9ab", mode: "test" } as const;
const render: Download = {
  id: "rnd_01jd8m3k5xq2w4v7z9ab0123456789abcdef",
  origin: "https://gateway.example",
  until: NOON + 30 * DAY_MS,
};
const maker: LinkMaker = { scope, publicUrl: null, sign: linkSigner(roots) };

describe("the expiry of a link", () => {
  it("is seven days away, rounded down to the hour, so that one hour gives one link", () => {
    expect(linkEnd(render, NOON)).toBe(NOON + WEEK);
    expect(linkEnd(render, NOON + HOUR_MS - 1)).toBe(NOON + WEEK);
    expect(linkEnd(render, NOON + HOUR_MS)).toBe(NOON + HOUR_MS + WEEK);
    expect(linkEnd({ ...render, until: null }, NOON)).toBe(NOON + WEEK);
  });

  it("is the file's own expiry, to the second, if that is earlier; none if it has passed", () => {
    const until = NOON + DAY_MS + 1_999;
    expect(linkEnd({ ...render, until }, NOON)).toBe(NOON + DAY_MS + 1_000);
    expect(linkEnd({ ...render, until }, NOON + DAY_MS + 1_000)).toBeNull();
  });
});

describe("a resource with a file", () => {
  it.each([render, { ...render, id: "ast_01jd8m3k5xq2w4v7z9ab0123456789abcdef" as const, until: null }])(
    "gets a link in place of the placeholder: $id",
    async (download) => {
      const shown = await withDownload({ id: "x", download }, maker, NOON);
      expect(Object.keys(shown)).toEqual(["id", "download_url", "download_url_expires_at"]);
      expect(shown.download_url_expires_at).toBe(new Date(NOON + WEEK).toISOString());
      const token = String(shown.download_url).replace("https://gateway.example/f/", "");
      const value = { ...scope, purpose: "share", id: download.id, expiresAt: NOON + WEEK };
      expect(await readLink(token, roots, NOON)).toEqual({ ok: true, value });
    },
  );

  it("gets null without a file, and after its expiry", async () => {
    const none = { id: "x", download_url: null, download_url_expires_at: null };
    expect(await withDownload({ id: "x", download: null }, maker, NOON)).toEqual(none);
    expect(await withDownload({ id: "x", download: render }, maker, NOON + 30 * DAY_MS)).toEqual(none);
  });

  it("is recognised by the placeholder of its link", () => {
    expect(hasDownload({ download: null })).toBe(true);
    expect(hasDownload({ id: "trn_1" })).toBe(false);
  });

  it("starts with the configured public address", async () => {
    const shown = await withDownload({ download: render }, { ...maker, publicUrl: "https://api.example" }, NOON);
    expect(shown.download_url).toMatch(/^https:\/\/api\.example\/f\//);
  });
});

describe("many links", () => {
  it("need one derivation of the key, and equal the links made one by one", async () => {
    const { subtle } = crypto;
    const derived: string[] = [];
    const derive = subtle.deriveKey.bind(subtle);
    subtle.deriveKey = ((...given: Parameters<typeof derive>) => {
      derived.push("HKDF");
      return derive(...given);
    }) as typeof derive;
    try {
      const sign = linkSigner(roots);
      const shown = Array.from({ length: 100 }, (_, n) => ({ n, download: { ...render, until: NOON + n * HOUR_MS } }));
      const many = await Promise.all(shown.map((one) => withDownload(one, { ...maker, sign }, NOON)));
      expect(derived).toEqual(["HKDF"]);
      const link = { ...scope, purpose: "share", id: render.id, expiresAt: NOON + 9 * HOUR_MS } as const;
      expect(many[9]?.download_url).toBe(`https://gateway.example/f/${await signLink(link, roots)}`);
    } finally {
      subtle.deriveKey = derive;
    }
  });
});
