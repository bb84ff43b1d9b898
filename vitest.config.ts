import { readdirSync, readFileSync } from "node:fs";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { PACKAGES } from "./scripts/lib/test-packages.ts";
import { type Extent, leftOut } from "./scripts/lib/test-report.ts";

/** The sample files by name, as base64, because tests in workerd have no file system. */
const samples = Object.fromEntries(
  readdirSync("./test/media").map((name) => [name, readFileSync(`./test/media/${name}`, "base64")]),
);

/** Values that make the tests independent of a developer's own .dev.vars. */
const bindings = {
  ADMIN_TOKEN: "test-admin-token-0123456789-0123456789-0123456789",
  ROOT_SECRET: "test-root-secret-0123456789-0123456789-0123456789",
  ENVIRONMENT: "test",
  TIME_SCALE: "60",
  TEST_MIGRATIONS: await readD1Migrations("./migrations"),
  TEST_MEDIA: samples,
};

/** Timeout of a test on a busy machine. No test asserts a duration; this only ends one that hangs. */
const TIMEOUT_MS = 300_000;

/** Tests that use up what an isolate has once, the memory for upload bodies: each file gets a runtime of its own. */
const ALONE = ["test/durable/upload/memory.test.ts"];

/** What this run leaves out. By a variable, because `--exclude` has no effect on a project that excludes files itself. */
const LEFT_OUT = [...leftOut((process.env.TESTS ?? "all") as Extent)]; // set by scripts/run-tests.ts only

/** Vite puts packages into a few files, because a runtime loads one module after the other and each takes some 15 ms. */
const deps = { optimizer: { ssr: { enabled: true, include: [...PACKAGES] } } };

/** Packages without source maps: those are most of the text that a runtime loads, and no stack trace of ours needs them. */
const withoutMaps = {
  name: "packages-without-source-maps",
  transform: (code: string, id: string) =>
    id.includes("/node_modules/") ? { code, map: { mappings: "" as const } } : null,
};

const stateful = () => cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare: { bindings } });

/** The files of /docs and /console, for every project but the pure modules. */
const ASSETS = ["test/support/build-assets.ts"];

/** Tests that compare durations: nothing else runs at the same time. */
const QUIET = ["test/conformance/fairness.test.ts"];

export default defineConfig({
  test: {
    silent: "passed-only",
    // test/support/rest.ts ends all objects, but a queue message may still be delivered, and load modules, while the runner closes.
    onUnhandledError: ({ name, message }) =>
      !(name === "EnvironmentTeardownError" && message.startsWith("[vitest-worker]: Closing rpc while ")),
    // Tests mostly wait, so there are more workers than a small machine has cores.
    maxWorkers: 3,
    fsModuleCache: true, // the next run does not transform what has not changed
    projects: [
      {
        // Pure modules: nothing to reset between files, so they share one runtime.
        plugins: [
          cloudflareTest({ miniflare: { compatibilityDate: "2026-10-20", bindings: { TEST_MEDIA: samples } } }),
          withoutMaps,
        ],
        test: {
          name: "pure",
          deps,
          include: ["test/{core,nemo,sandbox}/**/*.test.ts"],
          testTimeout: TIMEOUT_MS,
          exclude: ["test/sandbox/object.test.ts"],
          isolate: false,
        },
      },
      {
        // Modules with state: real Durable Objects, D1, R2 and queues. Files share one runtime, whose storage is emptied after each
        // (test/support/rest.ts).
        plugins: [stateful(), withoutMaps],
        test: {
          name: "workerd",
          deps,
          globalSetup: ASSETS,
          include: ["test/{http,routes,durable,store,jobs}/**/*.test.ts", "test/sandbox/object.test.ts"],
          exclude: [...ALONE, ...LEFT_OUT],
          setupFiles: ["test/support/runner.ts", "test/support/migrate.ts", "test/support/rest.ts"],
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
          isolate: false,
        },
      },
      {
        plugins: [stateful(), withoutMaps],
        test: {
          name: "alone",
          deps,
          globalSetup: ASSETS,
          include: ALONE,
          exclude: LEFT_OUT,
          setupFiles: ["test/support/runner.ts", "test/support/migrate.ts", "test/support/rest.ts"],
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
        },
      },
      {
        // Tests in Node: the launcher scripts, the source tree, and black-box runs over HTTP.
        test: {
          name: "node",
          globalSetup: ASSETS,
          include: ["test/node/**/*.test.ts", "test/architecture.test.ts", "test/seeds.test.ts"],
          exclude: LEFT_OUT,
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
        },
      },
      {
        // A whole gateway, tested over HTTP. These tests mostly wait, so they run in parallel.
        test: {
          name: "conformance",
          globalSetup: [...ASSETS, "test/conformance/support/global-setup.ts"],
          include: ["test/conformance/**/*.test.ts"],
          exclude: [...QUIET, ...LEFT_OUT],
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
          sequence: { groupOrder: 1 }, // after all others
        },
      },
      {
        test: {
          name: "quiet",
          globalSetup: [...ASSETS, "test/conformance/support/global-setup.ts"],
          include: QUIET,
          testTimeout: TIMEOUT_MS,
          hookTimeout: TIMEOUT_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
