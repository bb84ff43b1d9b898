/** Several commands, one after the other, until one fails. */
import { spawn } from "node:child_process";
import { onEnd } from "./cleanup.ts";
import { ROOT } from "./root.ts";

/** Arguments of Node, as `["bench/stream.ts", "--quick"]`. */
export type NodeCommand = readonly string[];

/** The exit code of the first command that fails, else 0. A signal to this process ends the running one. */
export async function runInTurn(commands: readonly NodeCommand[]): Promise<number> {
  for (const args of commands) {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
      cwd: ROOT,
      stdio: "inherit",
    });
    const forget = onEnd(() => void child.kill());
    const code = await new Promise<number>((settle, fail) => {
      child.on("error", fail);
      child.on("close", (code) => settle(code ?? 1));
    });
    forget();
    if (code !== 0) return code;
  }
  return 0;
}
