/** A plain Node server in its own process: the limit of the load generator and the machine. */
import { createServer } from "node:http";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "./child.ts";

await settings(z.object({}));
const port = await freePort();
createServer((_, response) => response.end("hello")).listen(port, "127.0.0.1", () =>
  report({ url: `http://127.0.0.1:${port}` }),
);
