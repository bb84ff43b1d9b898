/** A plain Node server, in a process of its own: what the load generator and the machine can do at all. */
import { createServer } from "node:http";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { settings, tell } from "./child.ts";

await settings(z.object({}));
const port = await freePort();
createServer((_, response) => response.end("hello")).listen(port, "127.0.0.1", () =>
  tell({ url: `http://127.0.0.1:${port}` }),
);
