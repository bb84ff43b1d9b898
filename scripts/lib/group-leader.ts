/**
 * The leader of one command's process group; ends the group when its own parent has ended.
 *
 * A parent that is killed with SIGKILL cannot clean up, but its end of this process's standard input closes, which this process
 * notices. Run as `node group-leader.ts <command> <arguments…>` in a new group.
 */
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
if (!command) throw new Error("usage: node group-leader.ts <command> <arguments…>");

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code) => process.exit(code ?? 1));

// A signal to the group reaches the child too: wait until it ends.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});

process.stdin.on("end", () => process.kill(-process.pid, "SIGKILL"));
process.stdin.on("error", () => process.kill(-process.pid, "SIGKILL"));
process.stdin.resume();
