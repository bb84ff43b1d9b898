/**
 * Where the gateway reports that it has reached a boundary that CRASH_AT asks about, and waits.
 *
 * `POST {"at": "<boundary>"}` on a loopback port. 204 lets it go on; where it is to die nothing is answered, since nobody
 * will live to read it.
 */
import { createServer } from "node:http";
import * as z from "zod";

const report = z.object({ at: z.string() });

/** A report is one short line. */
const REPORT_BYTES = 1_000;

export type CrashDoor = {
  readonly url: string;
  /** The boundary at which it was told to die. Pending for ever when it was at none. */
  readonly reached: Promise<string>;
  readonly close: () => void;
};

/** `isFatal` is asked at every report, whether the gateway dies there. */
export async function openCrashDoor(isFatal: (at: string) => boolean): Promise<CrashDoor> {
  let tell: (at: string) => void = () => {};
  const reached = new Promise<string>((settle) => {
    tell = settle;
  });
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text = (text + piece).slice(0, REPORT_BYTES);
    });
    request.on("error", () => {}); // the reporter was killed while it spoke
    request.on("end", () => {
      const { at } = report.parse(JSON.parse(text));
      if (isFatal(at)) tell(at);
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the crash door has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}/`, reached, close };
}
