/** A server behind an address as a target: the sandbox over HTTP, or any other. */
import { createNemo } from "../../src/nemo/client.ts";
import { createRecorder } from "./recorder.ts";
import { REAL_ECONOMY } from "./switches.ts";
import type { Controls, Target } from "./target.ts";

export type Address = {
  readonly baseUrl: string;
  /** Null: anonymous tokens are issued. */
  readonly token: string | null;
  readonly fileUrl: string | null;
  /** How many times faster than real time the server works. */
  readonly scale: number;
  /** Which of the sandbox's objects is meant, and under which switches; null for a server that is not the sandbox. */
  readonly sandbox: { readonly name: string; readonly switches: Readonly<Record<string, unknown>> } | null;
};

type Send = (request: Request) => Promise<Response>;

/** Sets the sandbox's switches and answers its controls. */
async function control(address: Address, send: Send, switches: Readonly<Record<string, unknown>>): Promise<Controls> {
  const body = JSON.stringify({ ...REAL_ECONOMY, ...switches });
  const set = await send(
    new Request(`${address.baseUrl}/__switches`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );
  if (!set.ok) throw new Error(`the switches were rejected: ${await set.text()}`);
  await set.text();
  return {
    async turnsRun() {
      const requestLog = (await (await send(new Request(`${address.baseUrl}/__requests`))).json()) as {
        turns: unknown[];
      }; // the sandbox's own request log
      return requestLog.turns.length;
    },
  };
}

export async function overHttp(address: Address): Promise<Target> {
  const { baseUrl, sandbox, scale } = address;
  const name = sandbox?.name ?? null;
  const send: Send = (request) => {
    if (name === null) return fetch(request);
    const named = new Request(request);
    named.headers.set("x-sandbox", name);
    return fetch(named);
  };
  const recorder = createRecorder();
  const recorded = recorder.wrap(send);
  return {
    baseUrl,
    nemo: createNemo({
      baseUrl,
      fetch: recorded,
      attribution: { source: "nemo-gateway", version: "1", platform: "contract" },
      targets: { rules: { allowLocal: true, ownHosts: [] }, resolve: null },
    }),
    fetch: recorded,
    recorder,
    token: address.token,
    fileUrl: address.fileUrl,
    controls: sandbox === null ? null : await control(address, send, sandbox.switches),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms / scale)),
    unique: () => crypto.randomUUID(),
  };
}
