/** What a run of the tests shows: everything but the runtime's own noise, which is named. */
import { describe, expect, it } from "vitest";
import { NOISE, noiseFilter } from "../../scripts/lib/runtime-noise.ts";

const shownOf = (lines: readonly string[]): string[] => {
  const isShown = noiseFilter();
  return lines.filter((line) => isShown(line));
};

/** Lines as the runtime writes them, by the name of the kind. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  "a connection that was cut": [
    "uncaught exception; source = Uncaught (in promise); stack = Error: Network connection lost.",
    "uncaught exception; exception = workerd/jsg/value.h:1511: disconnected: jsg.Error: Network connection lost.",
    "uncaught exception; exception = workerd/jsg/value.h:1511: failed: jsg.Error: connection lost",
  ],
  "an instance ended on purpose": [
    "uncaught exception; exception = workerd/api/actor-state.c++:1235: failed: broken.outputGateBroken; jsg.Error: killed by the test",
    "exception = workerd/api/actor-state.c++:1235: failed: broken.outputGateBroken; jsg.Error: the user was deleted",
  ],
  "a bug on purpose": ["uncaught exception; source = Uncaught (in promise); stack = Error: a bug"],
  "all objects ended after a file": [
    "uncaught exception; source = Uncaught (in promise); stack = Error: Application called deleteAllDurableObjects().",
    "exception = workerd/api/unsafe.c++:228: failed: jsg.Error: Application called deleteAllDurableObjects().",
  ],
  "a rejected connection": ["exception = rust/worker/ffi.rs:110: disconnected: Connection refused (os error 111)"],
  "a body that ended early": [
    "exception = workerd/api/streams/internal.c++:532: disconnected: pump canceled",
    "exception = kj/async-io.c++:2008: disconnected: fixed-length pipe ended prematurely",
  ],
  "a reader that is gone": [
    "exception = kj/async-io.c++:985: disconnected: read end of pipe was aborted",
    "exception = workerd/api/streams/identity-transform-stream.c++:291: disconnected: reader canceled",
    "uncaught exception; source = Uncaught (in promise); stack = TypeError: Can't read from request stream because client disconnected.",
  ],
  "a name that does not resolve": [
    "uncaught exception; source = Uncaught (in promise); stack = Error: internal error; reference = n0bndd5r8qmgtb9eeqnbva6n",
    "uncaught exception; exception = workerd/jsg/value.h:1511: failed: jsg.Error: internal error; reference = ha1onhb35cg54pvcp8ghkn37",
    "e = rust/worker/ffi.rs:110: failed: failed to lookup address information: Name or service not known",
  ],
  "a row after its table was reset": [
    "uncaught exception; source = Uncaught (in promise); stack = Error: D1_ERROR: no such table: seals: SQLITE_ERROR",
  ],
  "a module asked for at the end": [
    'uncaught exception; source = Uncaught (in promise); stack = EnvironmentTeardownError: [vitest-worker]: Closing rpc while "resolve" was pending',
  ],
  "a result that a spy holds": [
    "An RPC result was not disposed properly. One of the RPC calls you made expects you to call",
  ],
  "an event that was cut": [
    "failed to invoke drain() on IncomingRequest before destroying it; kj::getStackTrace() = /x/workerd@1",
  ],
  "a request without an answer": [
    "execution context aborted; e = workerd/io/io-context.c++:1910: failed: jsg.Error: The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response.",
  ],
  "an alarm moved": [
    "NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.; scheduledTime = 1795913356.655s",
    "NOSENTRY SQLite alarm overdue, running despite AlarmManager mismatch; scheduledTime = 1795913395.033s",
  ],
  "the runtime's addresses": ["stack: /x/node_modules/@cloudflare/workerd-linux-64/bin/workerd@26b6840 /x/workerd@1"],
  "a header that is no ASCII": ['A header value for "X-User-Id" contains non-ASCII characters: "三" (raw bytes: "…")'],
  "a body read as text": [
    "console warning; message = Called .text() on an HTTP body which does not appear to be text.",
  ],
  "sources that a package leaves out": ['Sourcemap for "/x/dist/index.js" points to missing source files'],
  "an experiment of Node": [
    "(node:24371) ExperimentalWarning: SQLite is an experimental feature and might change at any time",
    "(Use `node --trace-warnings ...` to show where the warning was created)",
  ],
  "secrets of npm run dev": ["Using secrets defined in .dev.vars"],
};

describe("the runtime's noise", () => {
  it("has a name, a reason and an example line for each kind", () => {
    expect(Object.keys(SAMPLES)).toEqual(NOISE.map(({ name }) => name));
    for (const { name, reason, line } of NOISE) {
      expect(reason.length, name).toBeGreaterThan(10);
      for (const sample of SAMPLES[name] ?? []) {
        expect(line.test(sample), sample).toBe(true);
        expect(
          NOISE.filter((kind) => kind.line.test(sample)),
          sample,
        ).toHaveLength(1);
      }
    }
  });

  it("is hidden with its stack, in colours too", () => {
    const [cut = ""] = SAMPLES["a connection that was cut"] ?? [];
    expect(shownOf(["one", `\u001b[31m${cut}\u001b[0m`, "    at UserObject.wake (a.ts:1:1)", "two"])).toEqual([
      "one",
      "two",
    ]);
  });

  it("is all that is hidden: a bug of ours is shown with its stack", () => {
    const lines = [
      "uncaught exception; source = Uncaught (in promise); stack = TypeError: x is not a function",
      "    at UserObject.wake (a.ts:1:1)",
      "exception = workerd/io/worker.c++:1: failed: something else",
      "✗ test/a.test.ts › says Network connection lost.",
    ];
    expect(shownOf(lines)).toEqual(lines);
  });
});
