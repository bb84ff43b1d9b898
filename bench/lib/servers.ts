/** The servers of a run: a fresh one with an empty state for every measurement. */
import { mkdtempSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { freePort } from "../../scripts/lib/ports.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { gatewayOptions, migrations, outsideOptions, peerOptions, sweepOptions } from "./bindings.ts";
import { build, type StreamBundle } from "./bundle.ts";
import { type Child, listening, startChild } from "./children.ts";
import { LOAD_CPU, SERVER_CPU } from "./machine.ts";
import type { ServerSettings } from "./server.ts";

export type Server = Child & { readonly url: string; readonly stateDir: string };

export type BenchSetup = {
  readonly dir: string;
  readonly upstreamUrl: string;
  readonly bundles: Readonly<Record<StreamBundle, string>>;
};

/** The flag `--before` of a bench: a checkout of another commit, with its packages installed. */
export const BEFORE = {
  value: "FOLDER",
  says: "also measures the gateway of another checkout, with its packages installed",
} as const;

/** Builds both Workers and starts the upstream, unless one is given. */
export async function prepareBench(dir: string, upstreamUrl: string | null = null): Promise<BenchSetup> {
  const [gateway, peers] = await Promise.all([build("gateway", dir), build("peers", dir)]);
  return { dir, upstreamUrl: upstreamUrl ?? (await startUpstream()), bundles: { gateway, peers } };
}

/** Builds the gateway of another checkout; returns what starts it. */
export async function prepareBefore({ dir, upstreamUrl }: BenchSetup, before: string): Promise<() => Promise<Server>> {
  const root = resolve(before);
  const bundle = await build("gateway", dir, root);
  return () => serve(dir, bundle, gatewayOptions(upstreamUrl, 1, root), migrations(root));
}

async function startUpstream(): Promise<string> {
  const { url } = await startChild("upstream.ts", LOAD_CPU, {}).nextMessage(listening);
  return url;
}

export async function startServer(setup: BenchSetup, bundle: StreamBundle): Promise<Server> {
  const isGateway = bundle === "gateway";
  const worker = isGateway ? gatewayOptions(setup.upstreamUrl) : peerOptions(setup.upstreamUrl);
  return serve(setup.dir, setup.bundles[bundle], worker, isGateway ? migrations() : null);
}

/** A server whose heaps can be inspected. */
export type Inspected = Server & { readonly inspectorPort: number };

/** The gateway with its waits divided by `timeScale`, on a runtime with these V8 flags. */
export const startScaled = (setup: BenchSetup, timeScale: number, v8Flags: readonly string[]): Promise<Inspected> =>
  inspected(setup.dir, setup.bundles.gateway, gatewayOptions(setup.upstreamUrl, timeScale), migrations(), v8Flags);

/** Builds and starts the Worker that makes the platform calls of a video, without the gateway. */
export async function startOutside({ dir, upstreamUrl }: BenchSetup, v8Flags: readonly string[]): Promise<Inspected> {
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

/** Builds and starts the cron run with a stub for the objects. */
export async function startSweep(dir: string): Promise<Server> {
  return serve(dir, await build("sweep", dir), sweepOptions(), migrations());
}

/** Builds and starts the gateway of the checkout in `root` with the route for events, and an upstream. */
export async function startWebhooks(dir: string, root = ROOT): Promise<Server> {
  const bundle = await build("webhooks", dir, root);
  return serve(dir, bundle, gatewayOptions(await startUpstream(), 1, root), migrations(root));
}

/** Builds and starts the gateway with the route that calls objects directly, and an upstream. */
export async function startGrowth(dir: string): Promise<Server> {
  return serve(dir, await build("growth", dir), gatewayOptions(await startUpstream()), migrations());
}

/** Starts a built Worker in its own process; `sql` has statements for its database, one per line. */
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
  const { url } = await child.nextMessage(listening);
  return { ...child, url, stateDir: settings.stateDir };
}
