/**
 * Less traffic between the tests in workerd and vitest's own process: it takes half of a run's time otherwise.
 *
 * The pool has no settings for these, so this file changes the runner's internals, once per runtime. Without it the tests run too,
 * slower.
 */
import { afterEach } from "vitest";

type Rpc = Record<string, (...given: unknown[]) => Promise<unknown>>;
type Transport = { resolveId(id: string, importer?: string): Promise<unknown> };
type Runner = { readonly moduleRunner: { readonly vitestOptions: { readonly transport: Transport } } };
const internals = globalThis as unknown as { __vitest_mocker__: Runner; __vitest_worker__: { rpc: Rpc } };

/** Whether this is the first call with the object; the files of a shared runtime evaluate this module again. */
function isFirst(object: object): boolean {
  const mark = Symbol.for("changed by test/support/runner.ts");
  return !Object.hasOwn(object, mark) && Reflect.defineProperty(object, mark, { value: true });
}

// Every call of a Worker or of an object asks where the main module is. It is asked once. Answers are kept, not promises: one that
// began in one request must not be awaited in another.
const { transport } = internals.__vitest_mocker__.moduleRunner.vitestOptions;
if (isFirst(transport)) {
  const ask = transport.resolveId.bind(transport);
  const answers = new Map<string, unknown>();
  transport.resolveId = async (id, importer) => {
    if (importer !== undefined) return ask(id, importer);
    const answer = answers.get(id) ?? (await ask(id));
    answers.set(id, answer);
    return answer;
  };
}

// With the first import of each file comes the text of every module that the file needs, 16 MB. A runtime that is shared by files has
// most of them already; it asks for the others one by one.
const worker = internals.__vitest_worker__;
if (isFirst(worker))
  worker.rpc = new Proxy(worker.rpc, {
    get: (rpc, name) => (name === "fetchWarmModules" ? async () => null : Reflect.get(rpc, name)),
  });

/** What the gateway and the tests printed last. */
const printed: { readonly level: "log" | "info" | "warn" | "error"; readonly given: unknown[] }[] = [];
const MOST_LINES = 200;

// A line is sent with an object's own request, whose end the runner waits for, and most lines are never shown: only those of
// tests that fail.
const { log, info, warn, error } = console;
const shown = { log, info, warn, error };
if (isFirst(console)) {
  for (const level of ["log", "info", "warn", "error"] as const)
    console[level] = (...given: unknown[]) => {
      printed.push({ level, given });
      if (printed.length > MOST_LINES) printed.shift();
    };
  Object.assign(console, { printed, shown });
}

afterEach(({ task }) => {
  const kept = console as unknown as { printed: typeof printed; shown: typeof shown };
  const lines = kept.printed.splice(0);
  if (task.result?.state === "fail") for (const { level, given } of lines) kept.shown[level](...given);
});
