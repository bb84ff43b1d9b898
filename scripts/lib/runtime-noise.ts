/**
 * Output of the runtime and its tools while tests kill objects, break connections and reject them on purpose. Each kind is
 * filtered by its own text, with a reason; all other output is shown.
 */
export type Noise = { readonly name: string; readonly line: RegExp; readonly reason: string };

/** Printed on lines of their own, with or without colours. */
const START = "^(?:\\d{4}-\\S+ )?(?:.*?ERROR: |✘ \\[ERROR\\] )?";
const line = (words: string): RegExp => new RegExp(START + words);

export const NOISE: readonly Noise[] = [
  {
    name: "a connection that was cut",
    line: line(
      "(?:uncaught )?exception(?:; source = Uncaught \\(in promise\\); stack = Error:|; exception =| =) (?:\\S+ (?:disconnected|failed): (?:jsg\\.Error: )?)?(?:Network connection lost\\.?|connection lost|The script will never generate a response)",
    ),
    reason: "tests end objects and break bodies; their callers handle the rejection",
  },
  {
    name: "an instance ended on purpose",
    line: line("(?:uncaught )?exception(?:; exception =| =) \\S*actor-state\\S* failed: broken\\.\\w+; jsg\\.Error: "),
    reason: "state.abort: a test's crash, or a deleted user's last step; the next call makes a new instance",
  },
  {
    name: "a bug on purpose",
    line: line(
      "uncaught exception; source = Uncaught \\(in promise\\); stack = Error: (?:a bug|bug|killed by the test|not now|crashed|D1_ERROR: rejected by the test)",
    ),
    reason: "test/jobs and test/durable throw it to see that others continue",
  },
  {
    name: "all objects ended after a file",
    line: line(
      "(?:uncaught )?exception(?:; source = Uncaught \\(in promise\\); stack = Error:|; exception =| =) (?:\\S+ failed: (?:remote\\.)?jsg\\.Error: )?Application called deleteAllDurableObjects\\(\\)",
    ),
    reason: "test/support/rest.ts resets the stores after each file, also under what is still at work",
  },
  {
    name: "a rejected connection",
    line: line("(?:uncaught )?exception(?:; exception =| =) \\S+ disconnected: Connection refused"),
    reason: "receivers that are not there are part of the tests of deliveries and imports",
  },
  {
    name: "a body that ended early",
    line: line(
      "(?:uncaught )?exception(?:; exception =| =) \\S+ disconnected: (?:pump canceled|fixed-length pipe ended prematurely|.*reset by peer|.*[Bb]roken pipe|premature EOF.*)",
    ),
    reason: "tests break off uploads and downloads in the middle",
  },
  {
    name: "a reader that is gone",
    line: line(
      "(?:uncaught )?exception(?:; source = Uncaught \\(in promise\\); stack = TypeError:|; exception =| =) (?:\\S+ disconnected: (?:read end of pipe was aborted|reader canceled|abortRead\\(\\) has been called)|Can't read from request stream because client disconnected)",
    ),
    reason: "tests close streams and connections while the other side still writes",
  },
  {
    name: "a name that does not resolve",
    line: line(
      "(?:uncaught exception; source = Uncaught \\(in promise\\); stack = Error: internal error; reference = |uncaught exception; exception = \\S+ failed: jsg\\.Error: internal error; reference = |e = \\S+ failed: failed to lookup address information)",
    ),
    reason:
      "imports and webhooks to addresses that do not exist are tested; the caller gets the error, the runtime prints its own",
  },
  {
    name: "a row after its table was reset",
    line: line("uncaught exception; source = Uncaught \\(in promise\\); stack = Error: D1_ERROR: no such table: "),
    reason: "test/support/rest.ts resets the database after each file, also under what is still at work",
  },
  {
    name: "a module asked for at the end",
    line: line(
      "uncaught exception; source = Uncaught \\(in promise\\); stack = EnvironmentTeardownError: \\[vitest-worker\\]: Closing rpc while ",
    ),
    reason: "vitest.config.ts: a queue's message may still load modules while the runner closes",
  },
  {
    name: "a result that a spy holds",
    line: /^An RPC result was not disposed properly\./,
    reason: "vitest's spies on objects keep what a call returned",
  },
  {
    name: "an event that was cut",
    line: /^failed to invoke drain\(\) on IncomingRequest before destroying it/,
    reason: "tests end instances in the middle of a request",
  },
  {
    name: "a request without an answer",
    line: line("execution context aborted; e = .* your Worker's code had hung"),
    reason: "a call that waited for an instance which a test ended",
  },
  {
    name: "an alarm moved",
    line: line("NOSENTRY SQLite alarm (?:handler canceled|overdue)"),
    reason: "tests move the clock's next alarm under a running one; the schedule sees to it",
  },
  {
    name: "the runtime's addresses",
    line: /^stack: .*workerd/,
    reason: "the line after an exception: addresses in a program without symbols",
  },
  {
    name: "a header that is no ASCII",
    line: line('A header value for "[\\w-]+" contains non-ASCII characters'),
    reason: "names of users and addresses in other scripts are sent as tests' input",
  },
  {
    name: "a body read as text",
    line: line("console warning; message = Called \\.text\\(\\) on an HTTP body"),
    reason: "tests read any response as text to search it",
  },
  {
    name: "sources that a package leaves out",
    line: /^Sourcemap for ".*" points to missing source files/,
    reason: "a package's own packing",
  },
  {
    name: "an experiment of Node",
    line: /^\(node:\d+\) ExperimentalWarning: |^\(Use `node --trace-warnings/,
    reason: "node:sqlite and the reading of TypeScript, in the version that is pinned",
  },
  {
    name: "secrets of npm run dev",
    line: /^Using (?:secrets|vars) defined in /,
    reason: "read and overridden by vitest.config.ts",
  },
];

/** Lines of a stack trace below a filtered line. */
const STACK = /^\s+at /;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const COLOUR = /\u001b\[[\d;]*m/g;

/** Decides for each line of an output, in order, whether it is shown. Needs one instance per stream. */
export function noiseFilter(): (line: string) => boolean {
  let wasNoise = false;
  let held = false;
  return (given) => {
    const text = given.replace(COLOUR, "");
    if (wasNoise && STACK.test(text)) return false;
    wasNoise = NOISE.some(({ line }) => line.test(text));
    if (wasNoise) return false;
    // Shows at most one empty line in a row, and none between filtered lines.
    const isEmpty = text.trim() === "";
    const isShown = !isEmpty || !held;
    held = isEmpty;
    return isShown;
  };
}
