/** Free ports on loopback. */
import { createServer, type Server } from "node:net";

/** Somebody else listens on the port that was asked for. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";

  constructor(port: number) {
    super(`Port ${port} is taken: stop what listens there first.`);
  }
}

/** Listens on `port` (0: any free one) and answers with the number, or with null when it is taken. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const got = typeof address === "object" && address !== null ? address.port : null;
      server.close(() => resolve(got));
    });
  });
}

/** True when nothing listens on this port of 127.0.0.1. */
export const isFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== null;

/**
 * A port that was free a moment ago. Another process may take it before we do; the system hands out its ephemeral ports
 * in a long round, so two launchers at the same time do not meet in practice, and a loser fails at start with a clear line.
 */
export async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null) throw new Error("no free port on 127.0.0.1");
  return port;
}

/** Ports that the system hands out to nobody by itself. Source: Linux's ip_local_port_range begins at 32768, others' above. */
const OWN = { from: 20_000, count: 12_000 } as const;

/** A free port that nobody is given by chance while its server is down: for one that comes back to the same. */
export async function lastingPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = OWN.from + Math.floor(Math.random() * OWN.count);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}
