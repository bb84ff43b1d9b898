/** The servers of a run: started fresh for every measurement, each with an empty state. */
import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../../scripts/lib/ports.ts";
import { gatewayOptions, migrations, outsideOptions, peerOptions, sweepOptions } from "./bindings.ts";
import { build, type StreamBundle } from "./bundle.ts";
import { type Child, listening, startChild } from "./children.ts";
import { LOAD_CPU, SERVER_CPU } from "./machine.ts";
import type { ServerSettings } from "./server.ts";

export type Server = Child & { readonly url: string; readonly stateDir: string };

export type House = {
  readonly dir: string;
  readonly upstreamUrl: string;
  readonly bundles: Readonly<Record<StreamBundle, string>>;
};

/** Builds both Workers and starts the upstream, unless one is there. */
export async function openHouse(dir: string, upstreamUrl: string | null = null): Promise<House> {
  const [gateway, peers] = await Promise.all([build("gateway", dir), build("peers", dir)]);
  return { dir, upstreamUrl: upstreamUrl ?? (await startUpstream()), bundles: { gateway, peers } };
}

async function startUpstream(): Promise<string> {
  const { url } = await startChild("upstream.ts", LOAD_CPU, {}).hear(listening);
  return url;
}

export async function startServer(house: House, bundle: StreamBundle): Promise<Server> {
  const isGateway = bundle === "gateway";
  const worker = isGateway ? gatewayOptions(house.upstreamUrl) : peerOptions(house.upstreamUrl);
  return serve(house.dir, house.bundles[bundle], worker, isGateway ? migrations() : null);
}

/** A server that can be asked what is in its heaps. */
export type Inspected = Server & { readonly inspectorPort: number };

/** The gateway with its waits divided by `timeScale`, on a runtime with these flags of V8's. */
export const startScaled = (house: House, timeScale: number, v8Flags: readonly string[]): Promise<Inspected> =>
  inspected(house.dir, house.bundles.gateway, gatewayOptions(house.upstreamUrl, timeScale), migrations(), v8Flags);

/** Builds and starts what asks the platform as a video does, without the gateway. */
export async function startOutside({ dir, upstreamUrl }: House, v8Flags: readonly string[]): Promise<Inspected> {
  const notes = "CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT)";
  return inspected(dir, await build("outside", dir), outsideOptions(upstreamUrl), notes, v8Flags);
}

async function inspected(
  dir: string,
  scriptPath: string,
  worker: ServerSettings["worker"],
  sql: string,
  v8Flags: readonly string[],
): Promise<Inspected> {
  const inspectorPort = await freePort();
  return { ...(await serve(dir, scriptPath, { ...worker, inspectorPort }, sql, v8Flags)), inspectorPort };
}

/** Builds and starts the cron run over a stub for the objects. */
export async function startSweep(dir: string): Promise<Server> {
  return serve(dir, await build("sweep", dir), sweepOptions(), migrations());
}

/** Builds and starts the gateway with the door for facts, and an upstream. */
export async function startWebhooks(dir: string): Promise<Server> {
  return serve(dir, await build("webhooks", dir), gatewayOptions(await startUpstream()), migrations());
}

/** Starts a built Worker in a process of its own; `sql` are statements for its database, one a line. */
export async function serve(
  dir: string,
  scriptPath: string,
  worker: ServerSettings["worker"],
  sql: string | null,
  v8Flags: readonly string[] = [],
): Promise<Server> {
  const stateDir = mkdtempSync(join(dir, "state-"));
  const settings: ServerSettings = {
    scriptPath,
    rootPath: dirname(scriptPath),
    stateDir,
    worker,
    sql,
    v8Flags: [...v8Flags],
  };
  const child = startChild("server.ts", SERVER_CPU, settings);
  const { url } = await child.hear(listening);
  return { ...child, url, stateDir: settings.stateDir };
}
