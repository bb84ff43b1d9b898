/** The child processes of a run, each pinned to a core: started with settings, sending messages, ended with the run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";
import { onEnd } from "../../scripts/lib/cleanup.ts";
import { pinned } from "./machine.ts";

/** Timeout of a message. The longest wait is an upload of 500 MB on a busy machine. */
const SILENCE_MS = 600_000;
/** Timeout of a graceful end. */
const POLITE_MS = 5_000;

export type Child = {
  readonly pid: number;
  /** The next message, checked. Throws if the process ends, or after the timeout. */
  readonly nextMessage: <T>(schema: z.ZodType<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
};

/** A queue of messages. */
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

/** Starts `bench/lib/<file>` on a core and sends it its settings. */
export function startChild(file: string, cpu: number, settings: unknown): Child {
  const [command = "", ...args] = pinned(cpu, [process.execPath, "--no-warnings", join(import.meta.dirname, file)]);
  // What it prints goes to stderr: the tables are on stdout.
  const child = spawn(command, args, { stdio: ["ignore", 2, 2, "ipc"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  const next = mailbox(child, file);
  child.send(settings as object); // settings are JSON
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
  return { pid, nextMessage: async (schema) => schema.parse(await next()), stop };
}

/** A server's message when it listens: its URL. */
export const listening = z.object({ url: z.string() });
