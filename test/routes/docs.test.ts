import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import { call, front, jsonOf, ORIGIN, readProblem } from "../support/gateway.ts";

const HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const ask = (path: string, accept: string, more: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  call(path, { method, headers: { Accept: accept, ...more } });

describe("the front page", () => {
  it("is JSON for programs and HTML for browsers", async () => {
    for (const accept of ["*/*", "application/json"]) {
      const json = await ask("/", accept);
      expect(json.headers.get("Vary")).toBe("Accept");
      expect(await jsonOf(json)).toMatchObject({
        docs: `${ORIGIN}/docs`,
        openapi: `${ORIGIN}/openapi.json`,
        llms: `${ORIGIN}/llms.txt`,
        health: `${ORIGIN}/healthz`,
      });
    }
    const page = await ask("/", HTML);
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("Vary")).toBe("Accept");
    expect(await page.text()).toContain(`${ORIGIN}/v1/videos`);
  });

  it("names the host that it was requested from", async () => {
    const other = "https://video.acme.example";
    const text = async (path: string): Promise<string> =>
      (await front(new Request(other + path, { headers: { Accept: HTML } }))).text();
    for (const path of ["/", "/docs/quick-start", "/docs/quick-start.md", "/llms.txt"]) {
      expect(await text(path), path).toContain(other);
      expect(await text(path), path).not.toContain("gateway.example");
    }
  });
});

describe("the documentation", () => {
  it("has the type, the policy and a tag for every kind of file", async () => {
    for (const [path, type] of [
      ["/docs", "text/html; charset=utf-8"],
      ["/docs/", "text/html; charset=utf-8"],
      ["/docs/errors", "text/html; charset=utf-8"],
      ["/docs/reference/videos", "text/html; charset=utf-8"],
      ["/docs/errors.md", "text/markdown; charset=utf-8"],
      ["/docs/reference/videos.md", "text/markdown; charset=utf-8"],
      ["/llms.txt", "text/plain; charset=utf-8"],
      ["/llms-full.txt", "text/plain; charset=utf-8"],
      ["/docs/assets/style.css", "text/css; charset=utf-8"],
      ["/docs/assets/site.js", "text/javascript; charset=utf-8"],
      ["/docs/assets/search.json", "application/json"],
      ["/docs/assets/icon.svg", "image/svg+xml"],
    ] as const) {
      const got = await ask(path, HTML);
      expect([path, got.status, got.headers.get("Content-Type")]).toEqual([path, 200, type]);
      expect(got.headers.get("Content-Security-Policy"), path).toContain("default-src 'none'");
      expect(got.headers.get("Content-Security-Policy"), path).not.toContain("unsafe");
      expect(got.headers.get("X-Content-Type-Options"), path).toBe("nosniff");
      expect(got.headers.get("Referrer-Policy"), path).toBe("no-referrer");
      expect(got.headers.get("Cache-Control"), path).toBe("no-cache");
      const tag = got.headers.get("ETag") ?? "";
      expect(tag, path).toMatch(/^"[^"]+"$/);
      const length = (await got.arrayBuffer()).byteLength;
      const again = await ask(path, HTML, { "If-None-Match": `W/${tag}` });
      expect([path, again.status, (await again.arrayBuffer()).byteLength]).toEqual([path, 304, 0]);
      const head = await ask(path, HTML, {}, "HEAD");
      expect([path, head.status, head.headers.get("ETag")]).toEqual([path, 200, tag]);
      expect((await head.arrayBuffer()).byteLength).toBe(0);
      expect(length).toBeGreaterThan(100);
    }
  });

  it("has another tag for another host, because the text differs", async () => {
    const tagAt = async (origin: string): Promise<string | null> =>
      (await front(new Request(`${origin}/docs/quick-start`))).headers.get("ETag");
    expect(await tagAt("https://a.example")).not.toBe(await tagAt("https://b.example"));
  });

  it("is Markdown for a reader that prefers it", async () => {
    const page = await ask("/docs/quick-start", "text/markdown, text/html;q=0.5");
    expect(page.headers.get("Content-Type")).toBe("text/markdown; charset=utf-8");
    expect(page.headers.get("Vary")).toBe("Accept");
    expect(await page.text()).toMatch(/^# Quick start\n/);
  });

  it("has the code of every problem's type on the page that it leads to", async () => {
    const { type } = await readProblem(await call("/v1/me"));
    expect(type).toBe(`${ORIGIN}/docs/errors#unauthenticated`);
    const html = await (await call(type.slice(ORIGIN.length))).text();
    for (const code of Object.keys(ERRORS)) expect(html).toContain(`id="${code}"`);
  });

  it("loads from our own origin only", async () => {
    for (const path of ["/", "/docs", "/docs/quick-start", "/docs/reference/videos", "/docs/explorer"]) {
      const html = await (await ask(path, HTML)).text();
      const loaded = [...html.matchAll(/<(?:script|img|link)[^>]+(?:src|href)="([^"]+)"/g)].map(
        ([, link = ""]) => link,
      );
      expect(loaded.length).toBeGreaterThan(3);
      for (const link of loaded) {
        expect(link).toMatch(/^\/docs[/.]/);
        expect((await call(link)).status, link).toBe(200);
      }
      expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
    }
  });
});

describe("an address that does not exist", () => {
  it("is a page for a browser, and a problem for a program", async () => {
    for (const path of [
      "/nowhere",
      "/docs/nowhere",
      "/docs/nowhere.md",
      "/docs/..%2Fwrangler.toml",
      "/docs/docs.stamp",
    ]) {
      const page = await ask(path, HTML);
      expect([path, page.status, page.headers.get("Content-Type")]).toEqual([path, 404, "text/html; charset=utf-8"]);
      expect(page.headers.get("Cache-Control")).toBe("no-store");
      expect(await page.text()).toContain("This page does not exist");
      expect((await ask(path, HTML, {}, "HEAD")).status).toBe(404);
      const problem = await readProblem(await ask(path, "*/*"));
      expect(problem).toMatchObject({ status: 404, code: "not_found", hint: "GET /docs" });
    }
  });

  it("is a problem under the API's own paths, whatever the caller accepts", async () => {
    for (const path of ["/v1/nowhere", "/v1", "/admin/nowhere", "/f/nowhere"])
      expect((await readProblem(await ask(path, HTML))).status).toBeGreaterThan(400);
    expect(await readProblem(await ask("/nowhere", HTML, {}, "POST"))).toMatchObject({ code: "not_found" });
    expect(await readProblem(await ask("/docs/errors", HTML, {}, "POST"))).toMatchObject({
      code: "method_not_allowed",
    });
  });
});
