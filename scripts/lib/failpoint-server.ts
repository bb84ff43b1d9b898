/**
 * The server to which the gateway reports that it has reached a failpoint named by CRASH_AT, and waits for the response.
 *
 * `POST {"at": "<failpoint>"}` on a loopback port. 204 lets it continue; if it is to be killed, there is no response.
 */
import { createServer } from "node:http";
import * as z from "zod";

const report = z.object({ at: z.string() });

/** A report is one short line. */
const REPORT_BYTES = 1_000;

export type FailpointServer = {
  readonly url: string;
  /** The failpoint at which it is to be killed. Pending for ever if there is none. */
  readonly reached: Promise<string>;
  readonly close: () => void;
};

/** `isFatal` decides for every report whether the gateway is killed there. */
export async function startFailpointServer(isFatal: (at: string) => boolean): Promise<FailpointServer> {
  let reach: (at: string) => void = () => {};
  const reached = new Promise<string>((settle) => {
    reach = settle;
  });
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(0, REPORT_BYTES);
    });
    request.on("error", () => {}); // the gateway was killed while it reported
    request.on("end", () => {
      const { at } = report.parse(JSON.parse(text));
      if (isFatal(at)) reach(at);
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the failpoint server has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}/`, reached, close };
}
