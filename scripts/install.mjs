/**
 * Installs the packages of package-lock.json if they are missing or outdated, and says so. Then runs the named script with its
 * arguments, by the Node that is one of the packages: `node scripts/install.mjs scripts/dev.ts --port 9000`.
 *
 * Runs on any Node without packages: only built-in modules, no TypeScript. Several runs at once wait for the one that installs.
 * It starts the script itself because a shell may have cached where `node` was before the installation.
 */
import { spawn } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCK = join(ROOT, ".state/install.lock");
const LEAST_NODE = 20;
/** How long one run waits for another that installs. */
const INSTALL_WAIT_MS = 15 * 60_000;
const POLL_EVERY_MS = 250;

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null; // missing or incomplete
  }
};

/** Whether an optional package is installed on every machine of this kind. */
const isForHere = ({ os, cpu, libc }) => os?.includes(process.platform) && cpu?.includes(process.arch) && !libc;

/** Why the packages have to be installed; null if they match the lock file. */
function whyInstall() {
  const wanted = readJson(join(ROOT, "package-lock.json"))?.packages;
  if (!wanted) throw new Error("package-lock.json cannot be read: get it again with `git checkout package-lock.json`.");
  if (!existsSync(join(ROOT, "node_modules"))) return "node_modules is missing";
  // npm writes this file at the end of an installation.
  const there = readJson(join(ROOT, "node_modules/.package-lock.json"))?.packages;
  if (!there) return "an installation has not ended";
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith("node_modules/") || (entry.optional && !isForHere(entry) && !(path in there))) continue;
    const name = path.slice("node_modules/".length);
    const found = there[path];
    if (found === undefined || !existsSync(join(ROOT, path))) return `${name} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity)
      return `${name} is not ${entry.version}`;
  }
  return null;
}

/** Whether one of these processes is running. */
const runs = (pids) =>
  pids.some((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error.code === "EPERM";
    }
  });

const pidsIn = (path) => {
  try {
    return readFileSync(path, "utf8").split(" ").map(Number);
  } catch {
    return null;
  }
};

/** Takes the lock, which is created atomically with its content. False while another run holds it. */
function takeLock() {
  mkdirSync(dirname(LOCK), { recursive: true });
  const own = `${LOCK}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, LOCK);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeIfDead();
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves away the lock of a run that was killed. If several try, one succeeds. */
function removeIfDead() {
  const pids = pidsIn(LOCK);
  if (pids === null || runs(pids)) return;
  const aside = `${LOCK}.dead.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    // Another run may have taken the lock in the meantime: give it back.
    if (runs(pidsIn(aside) ?? [])) linkSync(aside, LOCK);
  } catch {
    // Another run was faster.
  }
  rmSync(aside, { force: true });
}

/** Adds this process to the lock: if we are killed, it continues to install. */
function noteInLock(pid) {
  const own = `${LOCK}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${pid}`);
  renameSync(own, LOCK);
}

/** Runs npm, by the path in npm_execpath or else by its name. Returns its exit code. */
function npm(args) {
  const file = process.env.npm_execpath;
  const [command, first] = /\.c?js$/.test(file ?? "") ? [process.execPath, [file]] : ["npm", []];
  const shell = process.platform === "win32" && command === "npm"; // a .cmd file
  const child = spawn(command, [...first, ...args], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], shell });
  if (child.pid !== undefined) noteInLock(child.pid);
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", settle);
  });
}

async function install(why) {
  console.error(`${why}: installing what package-lock.json lists, with npm ci. It takes about a minute.`);
  const code = await npm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"]);
  if (code !== 0)
    throw new Error(
      "npm ci failed: its lines are above. Check the network and the disk, then run the same command again.",
    );
  const left = whyInstall();
  if (left !== null) throw new Error(`After npm ci still ${left}. Remove node_modules and run the same command again.`);
}

/** The Node among the packages, or the one that runs this script if there is none for this machine. */
function nodeOfPackages() {
  const there = readJson(join(ROOT, "node_modules/.package-lock.json"))?.packages ?? {};
  const [path, entry] = Object.entries(there).find(([, { bin }]) => bin?.node) ?? [];
  return path === undefined ? process.execPath : join(ROOT, path, entry.bin.node);
}

/** Interval at which it checks whether its parent still runs. */
const PARENT_CHECK_MS = 500;

/** Runs a script to its end and returns its exit code, as a shell does. */
function run(script, args) {
  const node = nodeOfPackages();
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(ROOT, script), ...args], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // npm forwards SIGTERM to its shell, and the shell does not forward it: under npm the parent's end counts as the signal.
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) child.kill("SIGTERM");
  }, PARENT_CHECK_MS);
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      clearInterval(timer);
      settle(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Resolves when the packages match the lock file. */
async function untilInstalled() {
  if (Number(process.versions.node.split(".")[0]) < LEAST_NODE)
    throw new Error(
      `Node ${LEAST_NODE} or newer is needed, and this is ${process.version}: install it from nodejs.org.`,
    );
  let hasPrinted = false;
  for (const until = Date.now() + INSTALL_WAIT_MS; whyInstall() !== null; ) {
    if (takeLock()) {
      try {
        const why = whyInstall(); // another run may have installed before this one got the lock
        if (why !== null) await install(why);
      } finally {
        rmSync(LOCK, { force: true });
      }
      return;
    }
    if (Date.now() > until) throw new Error(`Another run has been installing for too long: end it, or remove ${LOCK}.`);
    if (!hasPrinted) console.error("Another run installs the packages; waiting for it.");
    hasPrinted = true;
    await new Promise((settle) => setTimeout(settle, POLL_EVERY_MS));
  }
}

const [script, ...args] = process.argv.slice(2);
try {
  if (script !== undefined && !existsSync(join(ROOT, script)))
    throw new Error(`"${script}" is no script: it takes the path of one, and then its arguments.`);
  await untilInstalled();
  if (script !== undefined) process.exitCode = await run(script, args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
