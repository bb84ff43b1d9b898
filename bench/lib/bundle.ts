/** Builds the Workers as for a deployment. */
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/root.ts";
import { startWrangler } from "../../scripts/lib/wrangler.ts";

/** Configuration, script (if not the configuration's own) and output file of each Worker. */
const BUILDS = {
  gateway: { config: "wrangler.toml", file: "index.js" },
  peers: { config: "bench/workers/wrangler.toml", file: "peers.js" },
  agents: { config: "bench/peers/agents.toml", file: "agents.js" },
  sweep: { config: "bench/workers/sweep.toml", file: "sweep.js" },
  outside: { config: "bench/workers/outside.toml", file: "outside.js" },
  webhooks: { config: "wrangler.toml", script: "bench/workers/webhooks.js", file: "webhooks.js" },
  growth: { config: "wrangler.toml", script: "bench/workers/growth.js", file: "growth.js" },
} as const;

export type Bundle = keyof typeof BUILDS;
/** The Workers of the stream and request benches. */
export type StreamBundle = Exclude<Bundle, "agents" | "sweep" | "webhooks" | "outside" | "growth">;

/** Builds a Worker of the checkout in `root` into `dir`; returns the bundle's path. */
export async function build(name: Bundle, dir: string, root = ROOT): Promise<string> {
  const { config, file, ...other } = BUILDS[name];
  const script = "script" in other ? [join(root, other.script)] : [];
  const out = join(dir, root === ROOT ? name : `${name}-before`);
  const args = ["deploy", ...script, "--dry-run", "--minify", "--config", join(root, config), "--outdir", out];
  const group = startWrangler(args, { stateDir: `${out}-wrangler`, root });
  if ((await group.ended) !== 0) throw new Error(`${name} does not build:\n${group.lastLines()}`);
  return join(out, file);
}
