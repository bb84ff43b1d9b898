/**
 * Leads the process group of one command, and ends the group when its own parent is gone.
 *
 * A parent that is killed with SIGKILL cannot clean up. Its end of our standard input closes, though, and that is enough:
 * nothing stays behind, whatever happens to the launcher. Run as `node keeper.ts <command> <arguments…>` in a new group.
 */
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
if (!command) throw new Error("usage: node keeper.ts <command> <arguments…>");

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code) => process.exit(code ?? 1));

// A signal to the group reaches the child too: we wait for how it ends.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});

process.stdin.on("end", () => process.kill(-process.pid, "SIGKILL"));
process.stdin.on("error", () => process.kill(-process.pid, "SIGKILL"));
process.stdin.resume();
