/** Headless Chromium, and a web server on another origin than the gateway's. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { ROOT } from "../../../scripts/lib/root.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A start takes a second; a busy machine gets three minutes. */
const START_MS = 180_000;

/** Throws with advice if there is no Chromium, because skipping the tests would prove nothing. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(
      `There is no Chromium at ${executablePath}. Install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask chromium), or set CHROMIUM_PATH to the binary of a Chromium or Chrome.`,
    );
  return chromium.launch({ executablePath, args: ARGS, timeout: START_MS });
}

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript" };

export type Pages = { readonly url: string; readonly close: () => void };

/** The cookie of the signed-in user on the web server. */
export const SESSION = "session";
const sessionOf = ({ headers }: IncomingMessage): string => /\bsession=([^;]+)/.exec(headers.cookie ?? "")?.[1] ?? "";

/** Serves examples/page, and at `POST /token` the user token of the signed-in user, like a tenant's own server. */
export async function servePages(tokenOf: (session: string) => Promise<string>): Promise<Pages> {
  const folder = join(ROOT, "examples/page");
  const server = createServer(async (request, response) => {
    if (request.method === "POST" && request.url === "/token") {
      const token = await tokenOf(sessionOf(request));
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token }));
    }
    const name = request.url === "/" ? "index.html" : (request.url ?? "").slice(1);
    const path = join(folder, name);
    if (!/^[a-z]+\.(html|js)$/.test(name) || !existsSync(path)) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "" }).end(readFileSync(path));
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the web server has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}
