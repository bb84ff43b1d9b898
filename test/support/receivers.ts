/** Webhook receivers behind the real queue and its consumer: only the network is simulated. */
import { vi } from "vitest";

export type Got = { readonly headers: Record<string, string>; readonly body: string; readonly redirect: string };
export type Behaviour = (request: Request, nth: number) => Response | Promise<Response>;
export type PlayedReceiver = { readonly url: string; readonly got: Got[] };

const HOST = "http://127.0.0.1:9";

/** A receiver that accepts the request and does not answer until its sender gives up. */
export const hanging: Behaviour = ({ signal }) =>
  new Promise((_, fail) => {
    signal.addEventListener("abort", () => fail(new Error("aborted")));
  });

/** Simulates receivers until `vi.restoreAllMocks()`, by default on the same host; all other requests pass through. */
export function playReceivers(): (behave: Behaviour, host?: string) => PlayedReceiver {
  const played = new Map<string, { readonly behave: Behaviour; readonly got: Got[] }>();
  const real = globalThis.fetch.bind(globalThis);
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init);
    const receiver = played.get(request.url);
    if (receiver === undefined) return real(request);
    const { signal, redirect } = request;
    receiver.got.push({ headers: Object.fromEntries(request.headers), body: await request.text(), redirect });
    return receiver.behave(new Request(request.url, { signal }), receiver.got.length);
  });
  return (behave, host = HOST) => {
    const url = `${host}/${crypto.randomUUID()}`;
    const got: Got[] = [];
    played.set(url, { behave, got });
    return { url, got };
  };
}

/** Answers with these statuses in order, then with 204. */
export const answering =
  (...statuses: number[]): Behaviour =>
  (_, nth) => {
    const status = statuses[nth - 1] ?? 204;
    return new Response(status === 204 ? null : `said ${status}`, { status });
  };
