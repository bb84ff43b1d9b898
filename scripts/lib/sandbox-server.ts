/** The sandbox as a process of its own: it outlives a gateway that is killed, so its request log is complete. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onEnd } from "./cleanup.ts";
import { freePort } from "./ports.ts";
import { ROOT } from "./root.ts";
import { startWrangler } from "./wrangler.ts";

/** Timeout of the start. It takes about two seconds; a busy machine gets three minutes. */
const START_MS = 180_000;

export type SandboxOptions = {
  readonly stateDir: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Divides every duration of the sandbox. */
  readonly timeScale?: number | undefined;
};

export type SandboxServer = {
  readonly url: string;
  /** Ends when the server ends, by itself or by us. */
  readonly ended: Promise<void>;
  readonly lastLines: () => string;
  readonly stop: () => Promise<void>;
};

/** A copy of the config in the state folder, with the absolute path of its entry: wrangler writes a scratch folder next to the config that it reads. */
function copyConfig(stateDir: string): string {
  const source = join(ROOT, "src/sandbox");
  const path = join(stateDir, "wrangler.toml");
  mkdirSync(stateDir, { recursive: true });
  const text = readFileSync(join(source, "wrangler.toml"), "utf8");
  writeFileSync(path, text.replace('main = "object.ts"', `main = ${JSON.stringify(join(source, "object.ts"))}`));
  return path;
}

const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/__switches`).then(
    (answer) => answer.ok,
    () => false,
  );

/** Starts the server and waits until it answers. If it does not, stops it and throws. */
export async function startSandbox({ stateDir, port, timeScale = 1 }: SandboxOptions): Promise<SandboxServer> {
  const [own, inspectorPort] = [port ?? (await freePort()), await freePort()];
  const url = `http://127.0.0.1:${own}`;
  const where = ["--config", copyConfig(stateDir), "--ip", "127.0.0.1", "--port", String(own)];
  const how = ["--inspector-port", String(inspectorPort), "--persist-to", stateDir, "--log-level", "warn"];
  const group = startWrangler(["dev", ...where, ...how, "--var", `TIME_SCALE:${timeScale}`], { stateDir });
  const forget = onEnd(group.stop);
  let over = false;
  const ended = group.ended.then(() => {
    over = true;
  });
  for (const until = Date.now() + START_MS; !(await isUp(url)); await sleep(100)) {
    if (!over && Date.now() <= until) continue;
    await group.stop();
    throw new Error(`the sandbox did not start:\n${group.lastLines()}`);
  }
  const stop = async (): Promise<void> => {
    forget();
    await group.stop();
  };
  return { url, ended, lastLines: group.lastLines, stop };
}
