import { describe, expect, it } from "vitest";
import { openTarget, publicDns, type TargetRequest, USER_AGENT } from "../../src/core/ssrf.ts";

const RULES = { allowLocal: false, ownHosts: [] };
const signal = new AbortController().signal;

/** A net of pages: an address leads to another one, or answers with a text. Says what was asked. */
function net(pages: Record<string, { to: string; status?: number } | string>): TargetRequest & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    rules: RULES,
    resolve: null,
    send: async ({ url, redirect }) => {
      expect(redirect).toBe("manual");
      asked.push(url);
      const page = pages[url];
      if (page === undefined) return new Response("none", { status: 404 });
      if (typeof page === "string") return new Response(page);
      return new Response(null, { status: page.status ?? 302, headers: { location: page.to } });
    },
  };
}

describe("a file at an address", () => {
  it("is the file at the end of at most five redirects", async () => {
    const reach = net({
      "https://a.org/": { to: "https://b.org/x", status: 301 },
      "https://b.org/x": { to: "/y", status: 307 },
      "https://b.org/y": { to: "../z?q=1", status: 308 },
      "https://b.org/z?q=1": { to: "https://c.org/é b", status: 303 },
      "https://c.org/%C3%A9%20b": { to: "https://d.org/" },
      "https://d.org/": "the file",
    });
    const opened = await openTarget("https://a.org/", signal, reach);
    expect(opened.ok && (await opened.value.text())).toBe("the file");
    expect(reach.asked).toHaveLength(6);
  });

  it("is requested with a User-Agent, because many hosts reject requests without one", async () => {
    const sent: (string | null)[] = [];
    const reach = net({ "https://a.org/": "the file" });
    const send = (request: Request) => {
      sent.push(request.headers.get("user-agent"));
      return reach.send(request);
    };
    await openTarget("https://a.org/", signal, { ...reach, send });
    expect(sent).toEqual([USER_AGENT]);
  });

  it("ends after five redirects", async () => {
    const reach = net({ "https://a.org/": { to: "https://a.org/" } });
    expect(await openTarget("https://a.org/", signal, reach)).toEqual({ ok: false, error: "too_many_redirects" });
    expect(reach.asked).toHaveLength(6);
  });

  it.each([
    ["http://b.org/", "not_https"],
    ["https://169.254.169.254/latest/", "address_literal"],
    ["https://localhost/", "reserved_name"],
    ["https://u:p@b.org/", "has_credentials"],
    ["https://b.org:8080/", "other_port"],
    ["https://[bad", "unreadable"],
  ])("is not fetched through a redirect to %s", async (to, why) => {
    const reach = net({ "https://a.org/": { to } });
    expect(await openTarget("https://a.org/", signal, reach)).toEqual({ ok: false, error: why });
    expect(reach.asked).toEqual(["https://a.org/"]);
  });

  it("resolves every name on the way", async () => {
    const reach = net({ "https://a.org/": { to: "https://inside.org/" }, "https://inside.org/": "secret" });
    const resolve = async (host: string): Promise<string[]> => [host === "inside.org" ? "10.0.0.7" : "8.8.8.8"];
    expect(await openTarget("https://a.org/", signal, { ...reach, resolve })).toEqual({
      ok: false,
      error: "private_address",
    });
    expect(reach.asked).toEqual(["https://a.org/"]);
  });

  it("is any response that is not a redirect, errors included", async () => {
    const opened = await openTarget("https://gone.org/", signal, net({}));
    expect(opened.ok && opened.value.status).toBe(404);
  });
});

describe("the public DNS", () => {
  const answering = (answers: Record<string, unknown>, status = 200) =>
    publicDns(async (request) => {
      const asked = new URL(request.url).searchParams;
      expect(request.headers.get("accept")).toBe("application/dns-json");
      return Response.json(answers[`${asked.get("name")} ${asked.get("type")}`] ?? {}, { status });
    });

  it("returns addresses of both kinds and follows aliases", async () => {
    const resolve = answering({
      "b.org A": {
        Answer: [
          { type: 5, data: "c.org." },
          { type: 1, data: "8.8.8.8" },
        ],
      },
      "b.org AAAA": { Answer: [{ type: 28, data: "2606:4700::1" }] },
    });
    expect(await resolve("b.org")).toEqual(["8.8.8.8", "2606:4700::1"]);
  });

  it("returns no address for an unknown name", async () => {
    expect(await answering({ "b.org A": { Status: 3 }, "b.org AAAA": { Answer: "odd" } })("b.org")).toEqual([]);
  });

  it("an address to send to", async () => {
    await expect(answering({}, 500)("b.org")).rejects.toThrow("500");
  });
});
