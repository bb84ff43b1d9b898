/**
 * Datastores of the peers. A peer's own process starts its datastore, which therefore runs on the same core, is counted with the
 * peer, and ends with it.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, globSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../scripts/lib/ports.ts";

const HOST = "127.0.0.1";
/** How long a datastore may take to start, in ms. */
const START_MS = 30_000;
const POLL_EVERY_MS = 20;

/** Debian's folders of PostgreSQL, which are not in PATH; the newest last. */
const POSTGRES_FOLDERS = "/usr/lib/postgresql/*/bin";
/** The user as whom PostgreSQL, which rejects root, runs then. Debian's package creates it. */
const POSTGRES_USER = "postgres";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program in these folders, or null. */
const findIn = (folders: readonly string[], name: string): string | null =>
  folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;

const inPath = (): string[] => (process.env.PATH ?? "").split(delimiter).filter(Boolean);

/** The program of Redis, or null if it is not installed. */
export const findRedis = (): string | null => findIn(inPath(), "redis-server");

/** A program of PostgreSQL, or null if it is not installed. */
function findPostgres(name: "postgres" | "initdb"): string | null {
  const version = (path: string): number => Number(/(\d+)\/bin$/.exec(path)?.[1] ?? 0);
  const debian = globSync(POSTGRES_FOLDERS).sort((one, other) => version(other) - version(one));
  return findIn([...inPath(), ...debian], name);
}

/** The version that a program prints: `Redis server v=7.0.15 …`, `postgres (PostgreSQL) 15.9 …`. */
export function versionOf(program: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, ["--version"]).toString())?.[0] ?? "of unknown version";
}

export type Inside = {
  readonly port: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that ends it at once, with its own processes. */
  readonly signal?: NodeJS.Signals;
  /** Whether it is ready, if it listens before that. */
  readonly isReady?: () => boolean;
};

/** Starts a program as a child of this process; resolves when it listens. It ends with this process. */
export async function startInside(program: string, args: readonly string[], given: Inside): Promise<void> {
  const { port, signal = "SIGKILL", isReady = () => true, ...options } = given;
  const child = spawn(program, args, { ...options, stdio: "ignore" });
  process.on("exit", () => child.kill(signal));
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${program} ended with ${code}`);
  });
  ended.catch(() => {}); // its end is an error only while it starts; later the peer's own requests fail
  const until = Date.now() + START_MS;
  while (!(isReady() && (await listens(port)))) {
    if (Date.now() > until) throw new Error(`${program} does not listen`);
    await Promise.race([sleep(POLL_EVERY_MS), ended]);
  }
}

/** Connects once: a bind, as another check would do, could take the port from the program that is starting. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Starts an empty Redis and returns its URL; `isAppended`: each write goes into a file, which is synchronised every second. */
export async function startRedis(dir: string, { isAppended }: { readonly isAppended: boolean }): Promise<string> {
  const program = findRedis();
  if (program === null) throw new Error("redis-server is not installed");
  const port = await freePort();
  const stored = ["--save", "", "--appendonly", isAppended ? "yes" : "no", "--appendfsync", "everysec"];
  await startInside(program, ["--port", String(port), "--bind", HOST, "--dir", dir, ...stored], { port });
  return `redis://${HOST}:${port}`;
}

type User = { readonly uid: number; readonly gid: number };

/** The user as whom PostgreSQL runs: this one, unless it is root; null without such a user. */
function postgresUser(): User | null {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const id = (flag: string): number => Number(execFileSync("id", [flag, POSTGRES_USER], { stdio: "pipe" }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return null;
  }
}

export type Postgres = { readonly program: string; readonly initdb: string; readonly user: User };

/** What PostgreSQL needs here, or the reason why it cannot be started. */
export function readPostgres(): Postgres | string {
  const [program, initdb, user] = [findPostgres("postgres"), findPostgres("initdb"), postgresUser()];
  if (program === null || initdb === null) return "postgres is not installed";
  if (user === null) return `PostgreSQL does not run as root, and there is no user ${POSTGRES_USER}`;
  return { program, initdb, user };
}

/** Starts an empty PostgreSQL with its own settings and returns its URL. */
export async function startPostgres(dir: string): Promise<string> {
  const found = readPostgres();
  if (typeof found === "string") throw new Error(found);
  const { program, initdb, user } = found;
  chownSync(dir, user.uid, user.gid);
  const data = join(dir, "data");
  const made = ["--pgdata", data, "--username", "bench", "--auth", "trust", "--encoding", "UTF8", "--no-sync"];
  execFileSync(initdb, [...made, "--locale", "C"], { ...user, cwd: dir, stdio: "pipe" });
  const port = await freePort();
  // Its processes are in sessions of their own: the signal asks it to end all of them at once.
  await startInside(program, ["-D", data, "-p", String(port), "-h", HOST, "-k", dir], {
    ...user,
    port,
    signal: "SIGQUIT",
    isReady: () => isReady(join(data, "postmaster.pid")),
  });
  return `postgres://bench@${HOST}:${port}/postgres`;
}

/** PostgreSQL listens before it accepts sessions; the last line of this file says when it does. */
function isReady(path: string): boolean {
  try {
    return readFileSync(path, "utf8").includes("ready");
  } catch {
    return false; // not written yet
  }
}
