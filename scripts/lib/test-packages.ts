/**
 * The packages and their subpaths that `src` and the tests in workerd import, for vitest.config.ts. All of them, because a
 * package that Vite loads in two ways is loaded twice. test/node/test-packages.test.ts compares them with the sources.
 */
export const PACKAGES: readonly string[] = [
  "@hono/zod-openapi",
  "@hono/zod-validator",
  "@modelcontextprotocol/server",
  "eventsource-parser",
  "fast-check",
  "hono",
  "hono/accepts",
  "hono/cookie",
  "hono/cors",
  "hono/http-exception",
  "hono/jwt",
  "hono/route",
  "hono/router",
  "hono/router/reg-exp-router",
  "hono/utils/http-status",
  "hono/utils/url",
  "ipaddr.js",
  "jsonc-parser",
  "standardwebhooks",
  "svix",
  "zod",
];
