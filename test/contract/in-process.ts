/** The sandbox as a target in this very process, on a clock that jumps instead of waiting. */
import { createNemo } from "../../src/nemo/client.ts";
import { createSandbox } from "../../src/sandbox/app.ts";
import { createRecorder } from "./recorder.ts";
import { REAL_ECONOMY } from "./switches.ts";
import type { Target } from "./target.ts";

const BASE_URL = "https://sandbox.test";

/** 2026-11-21T10:00:00Z. */
const START = Date.UTC(2026, 10, 21, 10);

export function inProcess(switches: Readonly<Record<string, unknown>>): Target {
  let now = START;
  let made = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number): Promise<void> {
      now += ms;
    },
  };
  const app = createSandbox({ clock, switches: { ...REAL_ECONOMY, ...switches } });
  const recorder = createRecorder();
  const fetch = recorder.wrap(async (request) => app.fetch(request));
  return {
    baseUrl: BASE_URL,
    nemo: createNemo({
      baseUrl: BASE_URL,
      fetch,
      attribution: { source: "nemo-gateway", version: "1", platform: "contract" },
      targets: { rules: { allowLocal: false, ownHosts: [] }, resolve: null },
    }),
    fetch,
    recorder,
    token: null,
    fileUrl: "https://files.example/beach.jpg",
    controls: {
      async turnsRun() {
        const requestLog = (await (await app.request(`${BASE_URL}/__requests`)).json()) as { turns: unknown[] }; // the sandbox's own request log
        return requestLog.turns.length;
      },
    },
    wait: clock.sleep,
    unique: () => `c${++made}`,
  };
}
