/** The servers of an upload measurement, each started fresh and run alone. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Child, listening, startChild } from "./children.ts";
import { liveKey } from "./gateway-users.ts";
import { SERVER_CPU } from "./machine.ts";
import { type BenchSetup, startServer } from "./servers.ts";
import type { UploadSettings } from "./upload-messages.ts";

export type UploadTarget = {
  readonly name: "gateway" | "loop" | "put" | "tus-loop" | "tus-node";
  readonly title: string;
};

export const UPLOAD_TARGETS: readonly UploadTarget[] = [
  { name: "loop", title: "(a) readAtLeast loop → R2 multipart" },
  { name: "gateway", title: "gateway, tus in chunks" },
  { name: "put", title: "(b) R2.put(stream)" },
  { name: "tus-loop", title: "(d) the loop in an object, tus in chunks" },
  { name: "tus-node", title: "(c) @tus/server + file store, Node" },
];

export type Started = Child & {
  readonly ask: Pick<UploadSettings, "how" | "url" | "headers">;
  /** The folder that it writes to: half a gigabyte per measurement, removed afterwards. */
  readonly stateDir: string;
};

export async function startTarget(setup: BenchSetup, { name }: UploadTarget): Promise<Started> {
  if (name === "tus-node") {
    const stateDir = mkdtempSync(join(setup.dir, "tus-"));
    const child = startChild("tus-server.ts", SERVER_CPU, { directory: stateDir });
    const { url } = await child.nextMessage(listening);
    return { ...child, stateDir, ask: { how: "tus", url: `${url}/uploads`, headers: {} } };
  }
  if (name === "gateway") {
    const server = await startServer(setup, "gateway");
    const headers = { authorization: `Bearer ${await liveKey(server.url)}` };
    return { ...server, ask: { how: "tus", url: `${server.url}/v1/uploads`, headers } };
  }
  const server = await startServer(setup, "peers");
  if (name === "tus-loop") return { ...server, ask: { how: "tus", url: `${server.url}/store/tus`, headers: {} } };
  return { ...server, ask: { how: "put", url: `${server.url}/store/${name}`, headers: {} } };
}
