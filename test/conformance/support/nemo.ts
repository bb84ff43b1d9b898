/** Nemo's side of live keys: what arrived there, and failing responses. */
import * as z from "zod";
import { served } from "./client.ts";
import { startServed } from "./served.ts";

const requestLog = z.object({ turns: z.array(z.object({ prompt: z.string() })) });

/** How many messages with this prompt have reached Nemo. */
export async function messagesWith(prompt: string): Promise<number> {
  const { turns } = requestLog.parse(await (await fetch(`${served.nemoUrl}/__requests`)).json());
  return turns.filter((one) => one.prompt.includes(prompt)).length;
}

let isAlone = false;

/**
 * Gives this file a gateway and a Nemo of its own, and returns what stops them. A failing response goes to whichever request comes
 * next, so with the gateway of all files it would be another test's.
 */
export async function serveAlone(): Promise<() => Promise<void>> {
  const { served: own, stop } = await startServed();
  Object.assign(served, own);
  isAlone = true;
  return stop;
}

/** The next `times` requests whose path contains `path` are answered with `status`; 0 breaks the connection. */
export async function failNext(path: string, status: number, times = 1): Promise<void> {
  if (!isAlone) throw new Error("another file's request could get this failure: call serveAlone() before all tests");
  const answer = await fetch(`${served.nemoUrl}/__fail`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, status, times }),
  });
  if (!answer.ok) throw new Error(`the sandbox rejected it: ${await answer.text()}`);
}

/** Uses up the failures that are left. */
export async function clearFailures(path: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${served.nemoUrl}${path}/nothing`);
    if (!(await answer.text()).includes("/__fail")) return;
  }
}
