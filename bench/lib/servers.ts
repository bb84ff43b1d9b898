/** The servers of a run: started fresh for every measurement, each with an empty state. */
import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { gatewayOptions, migrations, peerOptions } from "./bindings.ts";
import { type Bundle, build } from "./bundle.ts";
import { type Child, listening, startChild } from "./children.ts";
import { LOAD_CPU, SERVER_CPU } from "./machine.ts";
import type { ServerSettings } from "./server.ts";

export type Server = Child & { readonly url: string };

export type House = {
  readonly dir: string;
  readonly upstreamUrl: string;
  readonly bundles: Readonly<Record<Bundle, string>>;
};

/** Builds both Workers and starts the upstream. */
export async function openHouse(dir: string): Promise<House> {
  const [gateway, peers] = await Promise.all([build("gateway", dir), build("peers", dir)]);
  const upstream = startChild("upstream.ts", LOAD_CPU, {});
  const { url } = await upstream.hear(listening);
  return { dir, upstreamUrl: url, bundles: { gateway, peers } };
}

export async function startServer(house: House, bundle: Bundle): Promise<Server> {
  const scriptPath = house.bundles[bundle];
  const isGateway = bundle === "gateway";
  const settings: ServerSettings = {
    scriptPath,
    rootPath: dirname(scriptPath),
    stateDir: mkdtempSync(join(house.dir, `${bundle}-state-`)),
    worker: isGateway ? gatewayOptions(house.upstreamUrl) : peerOptions(house.upstreamUrl),
    sql: isGateway ? migrations() : null,
  };
  const child = startChild("server.ts", SERVER_CPU, settings);
  const { url } = await child.hear(listening);
  return { ...child, url };
}
