/** The live heap of a server's Workers, read through the runtime's inspector (Chrome DevTools Protocol). */
import { once } from "node:events";
import * as z from "zod";

const MIB = 1024 * 1024;
/** Miniflare's name of the measured Worker; the others are its simulators. */
const OURS = "core:user:bench";
/** Timeout of a response, in ms. A snapshot of 20 MiB takes seconds on a busy core. */
const ANSWER_MS = 60_000;

const targets = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));
const answer = z.object({ id: z.int(), result: z.unknown().optional() });
const heapUsage = z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() });

/** Sends commands one after the other; other messages, such as a snapshot's chunks, are ignored. */
async function ask(socket: WebSocket, id: number, method: string): Promise<unknown> {
  const answered = new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method} got no answer`)), ANSWER_MS);
    socket.onmessage = ({ data }) => {
      const message = answer.safeParse(JSON.parse(String(data)));
      if (message.data?.id !== id) return;
      clearTimeout(timer);
      resolve(message.data.result);
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
    // A snapshot starts with a full collection. `collectGarbage` does not answer while a Worker is idle.
    await ask(socket, 2, "HeapProfiler.takeHeapSnapshot");
    const used = heapUsage.parse(await ask(socket, 3, "Runtime.getHeapUsage"));
    return (used.usedSize + used.embedderHeapUsedSize + used.backingStorageSize) / MIB;
  } finally {
    socket.close();
  }
}

/** Heaps after a full collection, in MiB: the measured Worker's, with all its objects, and the sum of all simulators'. */
export type Alive = { readonly oursMib: number; readonly simulatorsMib: number };

/** Collects and measures the heaps. The snapshots enlarge the process, so measure its memory before. */
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
