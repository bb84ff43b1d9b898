/** A gateway, and a sandbox as Nemo for its live keys, whose request log can be read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../../scripts/lib/gateway.ts";
import { freePort } from "../../../scripts/lib/ports.ts";
import { startSandbox } from "../../../scripts/lib/sandbox-server.ts";

/** The time scale of gateway and sandbox: an hour takes a minute. */
const TIME_SCALE = 60;

export type Served = {
  readonly url: string;
  readonly adminToken: string;
  /** The upstream of live keys. */
  readonly nemoUrl: string;
  readonly timeScale: number;
};

/** Starts both; `stop` ends them and deletes their state. */
export async function startServed(): Promise<{ readonly served: Served; readonly stop: () => Promise<void> }> {
  const scratch = mkdtempSync(join(tmpdir(), "nemo-conformance-"));
  const port = await freePort();
  const nemoUrl = `http://127.0.0.1:${port}`;
  const [sandbox, gateway] = await Promise.all([
    startSandbox({ stateDir: join(scratch, "sandbox"), port, timeScale: TIME_SCALE }),
    startGateway({
      stateDir: join(scratch, "gateway"),
      vars: { NEMO_API_URL: nemoUrl, TIME_SCALE: String(TIME_SCALE) },
    }),
  ]);
  return {
    served: { url: gateway.url, adminToken: gateway.adminToken, nemoUrl, timeScale: TIME_SCALE },
    stop: async () => {
      await Promise.all([gateway.stop(), sandbox.stop()]);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
