/** Clean-up at the end of this process, however it ends. */

type Undo = () => Promise<void> | void;

/** Run in reverse order: what was started last stops first. */
const undos: Undo[] = [];
let installed = false;
let running: Promise<void> | null = null;

async function undoAll(): Promise<void> {
  for (let undo = undos.pop(); undo; undo = undos.pop()) {
    try {
      await undo();
    } catch (error) {
      console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Runs all clean-ups once; a second call waits for the first. */
export function cleanUp(): Promise<void> {
  running ??= undoAll().finally(() => {
    running = null;
  });
  return running;
}

/** Exit codes of signals, as in shells. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Interval at which a run under npm checks whether npm still runs. */
const PARENT_CHECK_MS = 500;

/** npm forwards SIGTERM only to its shell, so a run whose parent has ended must end too. */
function endWithParent(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    void cleanUp().then(() => process.exit(SIGNALS.SIGTERM));
  }, PARENT_CHECK_MS);
  timer.unref();
}

function install(): void {
  if (installed) return;
  installed = true;
  endWithParent();
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => void cleanUp().then(() => process.exit(code)));
  }
}

/** Registers a clean-up for the end of this process. The returned function removes it without running it. */
export function onEnd(undo: Undo): () => void {
  install();
  undos.push(undo);
  return () => {
    const at = undos.indexOf(undo);
    if (at >= 0) undos.splice(at, 1);
  };
}
