/** What has to be undone before this process ends, however it ends. */

type Undo = () => Promise<void> | void;

/** Last in, first out: what was started last stops first. */
const owed: Undo[] = [];
let installed = false;
let running: Promise<void> | null = null;

async function undoAll(): Promise<void> {
  for (let undo = owed.pop(); undo; undo = owed.pop()) {
    try {
      await undo();
    } catch (error) {
      console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Undoes everything, once; a second call waits for the first. */
export function cleanUp(): Promise<void> {
  running ??= undoAll().finally(() => {
    running = null;
  });
  return running;
}

/** Exit codes of signals, as shells count them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** How often a run under npm looks whether npm is still there. */
const PARENT_CHECK_MS = 500;

/** npm passes a SIGTERM on to its shell and not to us: a run that has lost its parent was meant to end. */
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

/** Registers an undo for the end of this process, by itself or by a signal. The answer takes it back without doing it. */
export function onEnd(undo: Undo): () => void {
  install();
  owed.push(undo);
  return () => {
    const at = owed.indexOf(undo);
    if (at >= 0) owed.splice(at, 1);
  };
}
