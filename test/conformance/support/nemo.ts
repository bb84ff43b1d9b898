/** Nemo's side of live keys: what arrived there, and answers to spoil. */
import * as z from "zod";
import { served } from "./client.ts";

const ledger = z.object({ turns: z.array(z.object({ prompt: z.string() })) });

/** How many messages with this prompt have ever reached Nemo. */
export async function messagesWith(prompt: string): Promise<number> {
  const { turns } = ledger.parse(await (await fetch(`${served.nemoUrl}/__ledger`)).json());
  return turns.filter((one) => one.prompt.includes(prompt)).length;
}

/** The next `times` requests whose path holds `path` get `status`; 0 breaks the connection. */
export async function spoil(path: string, status: number, times = 1): Promise<void> {
  const answer = await fetch(`${served.nemoUrl}/__fail`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, status, times }),
  });
  if (!answer.ok) throw new Error(`the stand-in refused: ${await answer.text()}`);
}

/** Uses up what is left of `spoil`. */
export async function unspoil(path: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${served.nemoUrl}${path}/nothing`);
    if (!(await answer.text()).includes("/__fail")) return;
  }
}
