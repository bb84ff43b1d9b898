/** What is alive in the heaps of a server's Workers, as the runtime's inspector says it (Chrome DevTools Protocol). */
import { once } from "node:events";
import * as z from "zod";

const MIB = 1024 * 1024;
/** How Miniflare names the measured Worker among those of its simulators. */
const OURS = "core:user:bench";
/** How long one answer may take, in ms. A snapshot of 20 MiB takes seconds on a busy core. */
const ANSWER_MS = 60_000;

const targets = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));
const answer = z.object({ id: z.int(), result: z.unknown().optional() });
const heapUsage = z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() });

/** One after the other: what is said in between, such as a snapshot's pieces, is let go. */
async function ask(socket: WebSocket, id: number, method: string): Promise<unknown> {
  const answered = new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method} got no answer`)), ANSWER_MS);
    socket.onmessage = ({ data }) => {
      const told = answer.safeParse(JSON.parse(String(data)));
      if (told.data?.id !== id) return;
      clearTimeout(timer);
      resolve(told.data.result);
    };
  });
  socket.send(JSON.stringify({ id, method, params: {} })); // a snapshot is not taken without params
  return answered;
}

async function aliveMib(url: string): Promise<number> {
  const socket = new WebSocket(url);
  try {
    await once(socket, "open");
    await ask(socket, 1, "Runtime.discardConsoleEntries"); // the inspector keeps the last 1,000 lines of the log
    // Before a snapshot everything is collected. `collectGarbage` does not answer while a Worker has nothing to do.
    await ask(socket, 2, "HeapProfiler.takeHeapSnapshot");
    const used = heapUsage.parse(await ask(socket, 3, "Runtime.getHeapUsage"));
    return (used.usedSize + used.embedderHeapUsedSize + used.backingStorageSize) / MIB;
  } finally {
    socket.close();
  }
}

/** After a whole collection, in MiB: the measured Worker's heap, with all its objects, and those of all simulators together. */
export type Alive = { readonly oursMib: number; readonly simulatorsMib: number };

/** Collects and asks. The snapshots that this takes leave the process larger: look at its memory before. */
export async function whatIsAlive(inspectorPort: number): Promise<Alive> {
  const known = targets.parse(await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json());
  let oursMib = Number.NaN;
  let simulatorsMib = 0;
  for (const { id, webSocketDebuggerUrl } of known) {
    const mib = await aliveMib(webSocketDebuggerUrl);
    if (id === OURS) oursMib = mib;
    else simulatorsMib += mib;
  }
  return { oursMib, simulatorsMib };
}
