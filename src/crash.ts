/** Where a run is told to die, to prove that nothing is lost or done twice. Only a loopback run can be told to. */
import type { Boundary } from "./core/boundaries.ts";
import type { Config } from "./env.ts";

/** At the named boundary, tells the launcher and waits for the kill; anywhere else returns at once. */
export async function dieAt(at: Boundary, { crashAt, crashUrl }: Config): Promise<void> {
  if (crashAt !== at || crashUrl === null) return;
  await fetch(crashUrl, { method: "POST", body: JSON.stringify({ at }) });
  await new Promise<never>(() => undefined);
}
