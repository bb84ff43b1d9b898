import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// wrangler runs this before it starts a Worker; the runtime of the tests is started without wrangler. /docs is served from it.
execFileSync(process.execPath, [`${import.meta.dirname}/scripts/copy-docs.mjs`]);

/** The sample files by name, as base64: tests in workerd have no file system. */
const samples = Object.fromEntries(
  readdirSync("./test/media").map((name) => [name, readFileSync(`./test/media/${name}`, "base64")]),
);

/** Values the tests need to be independent of a developer's own .dev.vars. */
const bindings = {
  ADMIN_TOKEN: "test-admin-token-0123456789-0123456789-0123456789",
  ROOT_SECRET: "test-root-secret-0123456789-0123456789-0123456789",
  ENVIRONMENT: "test",
  TIME_SCALE: "60",
  TEST_MIGRATIONS: await readD1Migrations("./migrations"),
  TEST_MEDIA: samples,
};

/** How long a test may take on a busy machine. No test asserts a duration; this only ends one that hangs. */
const PATIENCE_MS = 300_000;

/** Tests whose answers depend on what others have stored: each gets a runtime of its own. */
const ALONE = [
  "test/routes/{admin,health,status}.test.ts",
  "test/store/**/*.test.ts",
  "test/jobs/{cron-alone,reseal,sweep}.test.ts",
  "test/durable/{upload-memory,year}.test.ts",
];

const stateful = () => cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare: { bindings } });

/** Tests that compare how long something takes: each runs with nothing beside it. */
const QUIET = ["test/conformance/fairness.test.ts"];

export default defineConfig({
  test: {
    silent: "passed-only",
    // test/support/rest.ts brings objects to rest; a queue's message may still be handed over, and load modules, while the runner closes.
    onUnhandledError: ({ name, message }) =>
      !(name === "EnvironmentTeardownError" && message.startsWith("[vitest-worker]: Closing rpc while ")),
    // Most of the time is waiting, so more workers than a small machine has cores.
    maxWorkers: 3,
    projects: [
      {
        // Pure rooms: nothing to reset between files, so they share one runtime.
        plugins: [
          cloudflareTest({ miniflare: { compatibilityDate: "2026-10-20", bindings: { TEST_MEDIA: samples } } }),
        ],
        test: {
          name: "pure",
          include: ["test/{core,nemo,sandbox}/**/*.test.ts"],
          testTimeout: PATIENCE_MS,
          exclude: ["test/sandbox/object.test.ts"],
          isolate: false,
        },
      },
      {
        // Rooms with state: real Durable Objects, D1, R2 and queues. Every test has users of its own, so files share one runtime.
        plugins: [stateful()],
        test: {
          name: "workerd",
          include: ["test/{http,routes,durable,store,jobs}/**/*.test.ts", "test/sandbox/object.test.ts"],
          exclude: ALONE,
          setupFiles: ["test/support/migrate.ts", "test/support/rest.ts"],
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
          isolate: false,
        },
      },
      {
        // The same, where a test asks about everything there is.
        plugins: [stateful()],
        test: {
          name: "alone",
          include: ALONE,
          setupFiles: ["test/support/migrate.ts", "test/support/rest.ts"],
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
      {
        // What runs in Node: the launcher scripts, the source tree, and black-box runs over HTTP.
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts", "test/architecture.test.ts", "test/seeds.test.ts"],
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
      {
        // A whole gateway from outside, over HTTP. Its tests wait more than they work, so they run side by side.
        test: {
          name: "conformance",
          globalSetup: ["test/conformance/support/global-setup.ts"],
          include: ["test/conformance/**/*.test.ts"],
          exclude: QUIET,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
          sequence: { groupOrder: 1 }, // after all others, with the machine to themselves
        },
      },
      {
        test: {
          name: "quiet",
          globalSetup: ["test/conformance/support/global-setup.ts"],
          include: QUIET,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
