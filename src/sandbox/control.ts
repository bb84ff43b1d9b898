/**
 * The `__` routes: switches, ledger, faults, queued words, answers to spoil. For tests and the local server;
 * no public route of the gateway leads here.
 */
import * as z from "zod";
import { FAULTS } from "../core/sandbox-faults.ts";
import { failuresOf, keepSetting, queueOf, type Sandbox, type SandboxApp, switchesOf } from "./context.ts";
import { ledgerOf } from "./ledger.ts";
import { Switches } from "./switches.ts";

const FailureBody = z.object({
  path: z.string(),
  status: z.int().min(0).max(599),
  times: z.int().min(1).max(1_000).default(1),
});
const QueueBody = z.object({ prompts: z.array(z.string().max(2_000)).max(100) });

export function controlRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.get("/__switches", (c) => c.json(switchesOf(sandbox)));

  app.post("/__switches", async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const next = Switches.safeParse({ ...switchesOf(sandbox), ...(typeof body === "object" ? body : {}) });
    if (!next.success || typeof body !== "object" || body === null)
      return c.json({ error: "unknown switch or value", issues: next.error?.issues ?? [] }, 400);
    keepSetting(sandbox, "switches", next.data);
    return c.json(next.data);
  });

  app.delete("/__switches", (c) => {
    keepSetting(sandbox, "switches", {});
    return c.json(switchesOf(sandbox));
  });

  app.get("/__faults", (c) => c.json(FAULTS));
  app.get("/__ledger", (c) => c.json(ledgerOf(sandbox)));

  // Each prompt's `#` words are added to the next turns, one each.
  app.post("/__queue", async (c) => {
    const body = QueueBody.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ error: "prompts: an array of texts" }, 400);
    keepSetting(sandbox, "queue", [...queueOf(sandbox), ...body.data.prompts]);
    return c.json({ queued: queueOf(sandbox).length });
  });

  // The next `times` requests whose path holds `path` get `status` instead of an answer; 0 breaks the connection.
  app.post("/__fail", async (c) => {
    const body = FailureBody.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ error: "path, status, times" }, 400);
    keepSetting(sandbox, "failures", [...failuresOf(sandbox), body.data]);
    return c.json({ failures: failuresOf(sandbox) });
  });

  app.post("/__reset", (c) => {
    sandbox.store.clear();
    return c.json({ reset: true });
  });
}
