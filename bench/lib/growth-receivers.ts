/** Webhook receivers in this process, each on a port of its own, so that each is a host of its own. They answer 204 and count. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onEnd } from "../../scripts/lib/cleanup.ts";

/** Timeout of a wait for deliveries: longer than the first retry's 5 s. */
const TIMEOUT_MS = 30_000;

export type Receivers = {
  readonly urls: readonly string[];
  /** Waits until so many more have arrived than at the call before. */
  readonly more: (count: number) => Promise<void>;
};

export async function startReceivers(count: number): Promise<Receivers> {
  let arrived = 0;
  let seen = 0;
  let wake: () => void = () => {};
  const servers = Array.from({ length: count }, () =>
    createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      request.resume().on("end", () => {
        response.writeHead(204).end();
        arrived += 1;
        wake();
      });
    }).listen(0, "127.0.0.1"),
  );
  onEnd(() => {
    for (const server of servers) server.close().closeAllConnections();
  });
  await Promise.all(servers.map((server) => once(server, "listening")));
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`); // a TCP server
  const more = async (wanted: number): Promise<void> => {
    const until = Date.now() + TIMEOUT_MS;
    seen += wanted;
    while (arrived < seen) {
      if (Date.now() > until) throw new Error(`${arrived} of ${seen} deliveries arrived`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, TIMEOUT_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return { urls, more };
}
