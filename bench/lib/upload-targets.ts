/** The servers of an upload measurement, each started fresh and run alone. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Child, listening, startChild } from "./children.ts";
import { liveKey } from "./gateway-users.ts";
import { SERVER_CPU } from "./machine.ts";
import { type BenchSetup, type Server, startServer } from "./servers.ts";
import type { UploadSettings } from "./upload-messages.ts";

export type UploadTarget = {
  readonly name: "gateway" | "before" | "loop" | "put" | "tus-loop" | "tus-node";
  readonly title: string;
};

export const UPLOAD_TARGETS: readonly UploadTarget[] = [
  { name: "loop", title: "(a) readAtLeast loop → R2 multipart" },
  { name: "gateway", title: "gateway, tus in chunks" },
  { name: "put", title: "(b) R2.put(stream)" },
  { name: "tus-loop", title: "(d) the loop in an object, tus in chunks" },
  { name: "tus-node", title: "(c) @tus/server + file store, Node" },
];

/** All targets, with the gateway of another checkout right after this one's. */
export const TARGETS_WITH_BEFORE: readonly UploadTarget[] = UPLOAD_TARGETS.flatMap((target) =>
  target.name === "gateway" ? [target, { name: "before", title: "gateway before" }] : [target],
);

export type Started = Child & {
  readonly ask: Pick<UploadSettings, "how" | "url" | "headers">;
  /** The folder that it writes to: half a gigabyte per measurement, removed afterwards. */
  readonly stateDir: string;
};

/** Starts a target with an empty state; `startBefore` starts the gateway of another checkout. */
export async function startTarget(
  setup: BenchSetup,
  { name }: UploadTarget,
  startBefore: () => Promise<Server>,
): Promise<Started> {
  if (name === "tus-node") {
    const stateDir = mkdtempSync(join(setup.dir, "tus-"));
    const child = startChild("tus-server.ts", SERVER_CPU, { directory: stateDir });
    const { url } = await child.nextMessage(listening);
    return { ...child, stateDir, ask: { how: "tus", url: `${url}/uploads`, headers: {} } };
  }
  if (name === "gateway" || name === "before") {
    const server = name === "before" ? await startBefore() : await startServer(setup, "gateway");
    const headers = { authorization: `Bearer ${await liveKey(server.url)}` };
    return { ...server, ask: { how: "tus", url: `${server.url}/v1/uploads`, headers } };
  }
  const server = await startServer(setup, "peers");
  if (name === "tus-loop") return { ...server, ask: { how: "tus", url: `${server.url}/store/tus`, headers: {} } };
  return { ...server, ask: { how: "put", url: `${server.url}/store/${name}`, headers: {} } };
}
