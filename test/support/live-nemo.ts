/** Nemo for live keys: requests to the real host go to a sandbox of the test, which the test controls. */
import { vi } from "vitest";
import { randomUserHash } from "../../src/core/ids.ts";
import { env, random } from "./objects.ts";

/** A token that the sandbox accepts as a registered user's. */
export const someToken = (): string => `nmv_usr_sandbox_${randomUserHash(random)}`;

export type LiveNemo = {
  /** Requests that reached it, oldest first: path and token. */
  readonly seen: { readonly path: string; readonly token: string | null; readonly headers: Headers }[];
  /** Calls one of the sandbox's `__` routes. */
  control(path: string, body?: unknown): Promise<unknown>;
  stop(): void;
};

/** Replaces the host that `NEMO_API_URL` names until it is stopped. */
export function startLiveNemo(): LiveNemo {
  const name = `live ${randomUserHash(random)}`;
  const host = `https://${randomUserHash(random)}.nemo.example`;
  const usual = env.NEMO_API_URL;
  env.NEMO_API_URL = host;
  const seen: LiveNemo["seen"] = [];
  const stub = () => env.SANDBOX.getByName(name);
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(host)) throw new Error("Network connection lost.");
    const { headers } = request;
    const token = headers.get("authorization")?.replace(/^Bearer /, "") ?? null;
    seen.push({ path: new URL(request.url).pathname, token, headers });
    return stub().fetch(request);
  });
  return {
    seen,
    control: async (path, body) => {
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const headers = { "content-type": "application/json" };
      return (await stub().fetch(new Request(`https://sandbox.nemo.internal${path}`, { ...init, headers }))).json();
    },
    stop: () => {
      spy.mockRestore();
      if (usual === undefined) delete env.NEMO_API_URL;
      else env.NEMO_API_URL = usual;
    },
  };
}
