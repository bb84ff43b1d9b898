/** Free ports on loopback. */
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Where `npm run receiver` listens, and where README's commands look for it. */
export const RECEIVER_PORT = 8899;

/** Somebody else listens on the port that was asked for. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";

  constructor(port: number) {
    super(`Port ${port} is taken: stop what listens there, or choose another with \`--port N\`.`);
  }
}

/** True when nothing listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** True once nothing listens on the port: at once, or within `ms`. A killed process holds its port until its last thread has ended. */
export async function isFreeWithin(port: number, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; Date.now() < until; await sleep(50)) if (await isFree(port)) return true;
  return isFree(port);
}

/** Ports that the system hands out to nobody by itself. Source: Linux's ip_local_port_range begins at 32768, others' above. */
const OWN = { from: 20_000, count: 12_000 } as const;

/**
 * A port that was free a moment ago, by chance from those that no client's connection is given: neither while a server takes its
 * time to start, nor while one is down that comes back to the same port. Two launchers meet once in thousands, and the loser
 * fails at start with a clear line.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = OWN.from + Math.floor(Math.random() * OWN.count);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}
