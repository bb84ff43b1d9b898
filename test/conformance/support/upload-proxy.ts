/** A proxy in front of the gateway that holds requests of an upload, and a file to send. */
import { createServer } from "node:http";
import { served } from "./client.ts";

/** The gateway at another address for uploads. A request with bytes for which `isHeld` holds is read and never answered. */
export async function startUploadProxy(isHeld: (bytes: number) => boolean) {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (request.method === "PATCH" && isHeld(body.length)) return;
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === "string" && name !== "host" && name !== "connection" && name !== "content-length"
        ? [[name, value] as [string, string]]
        : [],
    );
    const init = { method: request.method ?? "GET", headers, ...(body.length > 0 ? { body } : {}) };
    const answer = await fetch(new URL(request.url ?? "", served.url), init);
    const { "content-encoding": _, "content-length": _length, ...said } = Object.fromEntries(answer.headers); // fetch has decoded the body
    response.writeHead(answer.status, said);
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}

/** A WAV file of silence, of so many bytes. */
export function wav(bytes: number): Buffer {
  const file = Buffer.alloc(bytes);
  file.write("RIFF", 0);
  file.writeUInt32LE(bytes - 8, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(48_000, 24);
  file.writeUInt32LE(96_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(bytes - 44, 40);
  return file;
}
