/** The servers of a run: started fresh for every measurement, each with an empty state. */
import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { gatewayOptions, migrations, peerOptions, sweepOptions } from "./bindings.ts";
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

/** The gateway with its waits divided by `timeScale`. */
export const startScaled = (house: House, timeScale: number): Promise<Server> =>
  serve(house.dir, house.bundles.gateway, gatewayOptions(house.upstreamUrl, timeScale), migrations());

/** Builds and starts the cron run over a stub for the objects. */
export async function startSweep(dir: string): Promise<Server> {
  return serve(dir, await build("sweep", dir), sweepOptions(), migrations());
}

/** Builds and starts the gateway with the door for facts, and an upstream. */
export async function startWebhooks(dir: string): Promise<Server> {
  return serve(dir, await build("webhooks", dir), gatewayOptions(await startUpstream()), migrations());
}

/** Starts a built Worker in a process of its own; `sql` are statements for its database, one a line. */
async function serve(
  dir: string,
  scriptPath: string,
  worker: ServerSettings["worker"],
  sql: string | null,
): Promise<Server> {
  const stateDir = mkdtempSync(join(dir, "state-"));
  const settings: ServerSettings = { scriptPath, rootPath: dirname(scriptPath), stateDir, worker, sql };
  const child = startChild("server.ts", SERVER_CPU, settings);
  const { url } = await child.hear(listening);
  return { ...child, url, stateDir: settings.stateDir };
}
