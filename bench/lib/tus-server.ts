/** tus's reference server on Node with a file store, in its own process: the speed of the same client without Workers. */
import { createServer } from "node:http";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "./child.ts";

const { directory } = await settings(z.object({ directory: z.string() }));
const tus = new Server({ path: "/uploads", datastore: new FileStore({ directory }) });
const port = await freePort();
createServer(tus.handle.bind(tus)).listen(port, "127.0.0.1", () => report({ url: `http://127.0.0.1:${port}` }));
