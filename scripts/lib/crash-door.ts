/**
 * Where an object reports that it has reached the boundary named by CRASH_AT and waits to be killed.
 *
 * `POST {"at": "<boundary>"}` on a loopback port; nothing is answered, since nobody will live to read it.
 */
import { createServer } from "node:http";
import * as z from "zod";

const report = z.object({ at: z.string() });

/** A report is one short line. */
const REPORT_BYTES = 1_000;

export type CrashDoor = {
  readonly url: string;
  /** The boundary that was reached. Pending for ever when none is. */
  readonly reached: Promise<string>;
  readonly close: () => void;
};

export async function openCrashDoor(): Promise<CrashDoor> {
  let tell: (at: string) => void = () => {};
  const reached = new Promise<string>((settle) => {
    tell = settle;
  });
  const server = createServer((request) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text = (text + piece).slice(0, REPORT_BYTES);
    });
    request.on("error", () => {}); // the reporter was killed while it spoke
    request.on("end", () => tell(report.parse(JSON.parse(text)).at));
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
