/**
 * The Nemo API, generation 1, as a Hono app: a stand-in for test keys, local development and the tests. It follows section 13 of
 * the nemo-api reference; every line of that section has a test with the same title in test/sandbox.
 *
 * The results of a turn and a render are fixed when they start, and computed from the time of each request (agent.ts, turn.ts,
 * renders.ts). So work continues through disconnects, evictions and kills, and needs no alarm.
 */
import { Hono } from "hono";
import { authRoutes, tokenRoutes } from "./auth.ts";
import { chatRoutes } from "./chat.ts";
import {
  cryptoBytes,
  failuresOf,
  hexText,
  type Sandbox,
  type SandboxApp,
  type SandboxEnv,
  saveSetting,
  wallClock,
} from "./context.ts";
import { renderRoutes } from "./renders.ts";
import { controlRoutes, MAX_LOGGED_REQUESTS, sessionRoutes } from "./routes.ts";
import { memoryStore } from "./store.ts";
import { uploadRoutes } from "./uploads.ts";

/** Requests between two trims of the request log. */
const TRIM_EVERY = 100;

/** The status that `/__fail` set for this path, with its count decremented; null when there is none. */
function nextFailure(sandbox: Sandbox, path: string): number | null {
  const failures = failuresOf(sandbox);
  const hit = failures.find((failure) => path.includes(failure.path));
  if (hit === undefined) return null;
  const left = failures.flatMap((failure) =>
    failure === hit ? (hit.times > 1 ? [{ ...hit, times: hit.times - 1 }] : []) : [failure],
  );
  saveSetting(sandbox, "failures", left);
  return hit.status;
}

/** Logs each request with its attribution headers, and answers those that `/__fail` set a status for. */
function logRequests(app: SandboxApp, sandbox: Sandbox): void {
  let seenRequests = 0;
  app.use(async (c, next) => {
    const { path, method } = c.req;
    if (path.startsWith("/__")) return next();
    const at = sandbox.clock.now();
    const failure = nextFailure(sandbox, path);
    if (failure === 0) throw new Error("connection lost");
    if (failure === null) await next();
    else c.res = new Response("failed by /__fail", { status: failure });
    const header = (name: string): string | null => c.req.header(name) ?? null;
    const seen = {
      at,
      method,
      path,
      source: header("X-Skill-Source"),
      version: header("X-Skill-Version"),
      platform: header("X-Skill-Platform"),
      status: c.res.status,
    };
    sandbox.store.write("request", hexText(sandbox.random, 8), seen);
    // Not on every request: a trim scans all logged requests.
    if (++seenRequests % TRIM_EVERY === 0) sandbox.store.trim("request", MAX_LOGGED_REQUESTS);
    return;
  });
}

/** Creates the app. Defaults: real time, real randomness, no scaling, and a store in memory. */
export function createSandbox(given: Partial<Sandbox> = {}): SandboxApp {
  const sandbox: Sandbox = {
    store: memoryStore(),
    clock: wallClock,
    random: cryptoBytes,
    seed: "sandbox",
    scale: 1,
    fetch: (request) => fetch(request),
    ...given,
  };
  const app: SandboxApp = new Hono<SandboxEnv>();
  logRequests(app, sandbox);
  for (const mount of [authRoutes, tokenRoutes, sessionRoutes, chatRoutes, uploadRoutes, renderRoutes, controlRoutes])
    mount(app, sandbox);
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error) => {
    // A lost connection and a bug look the same to the caller: the request fails without a response.
    throw error;
  });
  return app;
}
