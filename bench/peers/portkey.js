/** Portkey's gateway in a process of its own, as its package starts it. Plain JavaScript, like resumable.js. */
import { join } from "node:path";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "../lib/child.ts";
import { startInside } from "../lib/datastores.ts";
import { peerSettings } from "../lib/peer-messages.ts";

await settings(peerSettings);
const port = await freePort();
const script = join(import.meta.dirname, "node_modules/@portkey-ai/gateway/build/start-server.js");
const env = { ...process.env, NODE_ENV: "production", TRUSTED_CUSTOM_HOSTS: "127.0.0.1" };
await startInside(process.execPath, [script, `--port=${port}`, "--headless"], { port, env });
report({ url: `http://127.0.0.1:${port}` });
