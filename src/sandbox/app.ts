/**
 * The Nemo API, generation 1, as a Hono app: a stand-in for test keys, local development and the tests, faithful to section 13 of
 * the nemo-api reference. Every line of that section has a test in test/sandbox of the same title; none is left out.
 *
 * What a turn and a render bring about is fixed when they start and evaluated when asked for (plan.ts, evaluate.ts, render.ts):
 * work goes on through disconnects, evictions and kills, and needs no alarm.
 */
import { Hono } from "hono";
import { authRoutes, tokenRoutes } from "./auth.ts";
import { chatRoutes } from "./chat.ts";
import {
  cryptoBytes,
  failuresOf,
  hexText,
  keepSetting,
  type Sandbox,
  type SandboxApp,
  type SandboxEnv,
  wallClock,
} from "./context.ts";
import { renderRoutes } from "./renders.ts";
import { controlRoutes, REQUESTS_KEPT, sessionRoutes } from "./routes.ts";
import { memoryStore } from "./store.ts";
import { uploadRoutes } from "./uploads.ts";

/** Requests between two trims of the ledger. */
const TRIM_EVERY = 100;

/** The next answer to spoil for this path, counted down; null when there is none. */
function takeFailure(sandbox: Sandbox, path: string): number | null {
  const failures = failuresOf(sandbox);
  const hit = failures.find((failure) => path.includes(failure.path));
  if (hit === undefined) return null;
  const left = failures.flatMap((failure) =>
    failure === hit ? (hit.times > 1 ? [{ ...hit, times: hit.times - 1 }] : []) : [failure],
  );
  keepSetting(sandbox, "failures", left);
  return hit.status;
}

/** Keeps each request's attribution headers for the ledger, and answers the spoilt ones. */
function watch(app: SandboxApp, sandbox: Sandbox): void {
  let seenRequests = 0;
  app.use(async (c, next) => {
    const { path, method } = c.req;
    if (path.startsWith("/__")) return next();
    const at = sandbox.clock.now();
    const failure = takeFailure(sandbox, path);
    if (failure === 0) throw new Error("connection lost");
    if (failure === null) await next();
    else c.res = new Response("spoilt by /__fail", { status: failure });
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
    // Now and then: each request would scan what it keeps.
    if (++seenRequests % TRIM_EVERY === 0) sandbox.store.trim("request", REQUESTS_KEPT);
    return;
  });
}

/** The app on given surroundings; what is not given is real time, real randomness, no scaling, and memory that ends with the app. */
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
  watch(app, sandbox);
  for (const mount of [authRoutes, tokenRoutes, sessionRoutes, chatRoutes, uploadRoutes, renderRoutes, controlRoutes])
    mount(app, sandbox);
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error) => {
    // A broken connection and a bug look alike to the caller: the request fails without an answer.
    throw error;
  });
  return app;
}
