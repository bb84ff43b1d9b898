/** Processes of a run, each on its core: started with settings, talked to in messages, gone at the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";
import { onEnd } from "../../scripts/lib/cleanup.ts";
import { pinned } from "./machine.ts";

/** How long a process may take to say something. The longest silence is an upload of 500 MB on a busy machine. */
const SILENCE_MS = 600_000;
/** How long a polite end may take. */
const POLITE_MS = 5_000;

export type Child = {
  readonly pid: number;
  /** The next message, checked. Throws when the process ends or stays silent instead. */
  readonly hear: <T>(schema: z.ZodType<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
};

/** Messages in order, whether somebody waits for them yet or not. */
function mailbox(child: ChildProcess, name: string): () => Promise<unknown> {
  const kept: unknown[] = [];
  let wake: () => void = () => {};
  let over: string | null = null;
  child.on("message", (message) => {
    kept.push(message);
    wake();
  });
  child.on("exit", (code, signal) => {
    over = `${name} ended with ${code ?? signal}`;
    wake();
  });
  return async () => {
    const until = Date.now() + SILENCE_MS;
    while (kept.length === 0) {
      if (over !== null) throw new Error(over);
      if (Date.now() >= until) throw new Error(`${name} is silent`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return kept.shift();
  };
}

/** Starts `bench/lib/<file>` on a core and hands it its settings. */
export function startChild(file: string, cpu: number, settings: unknown): Child {
  const [command = "", ...args] = pinned(cpu, [process.execPath, "--no-warnings", join(import.meta.dirname, file)]);
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  const next = mailbox(child, file);
  child.send(settings as object); // JSON, as all our settings are
  const stop = async (): Promise<void> => {
    forget();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), POLITE_MS);
    await ended;
    clearTimeout(timer);
  };
  const forget = onEnd(stop);
  return { pid, hear: async (schema) => schema.parse(await next()), stop };
}

/** Where a server listens, as it says once it does. */
export const listening = z.object({ url: z.string() });
