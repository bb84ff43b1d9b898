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

function install(): void {
  if (installed) return;
  installed = true;
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
