/** A page that uploads one file with Uppy, bundled here and served on its own port, so on another origin. */
import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../../scripts/lib/root.ts";

/** Runs in the browser. Address and token are in the fragment, which no server sees. */
const SCRIPT = `
import Uppy from "@uppy/core";
import Tus from "@uppy/tus";

const { endpoint, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const show = (text) => { document.querySelector("#state").textContent = text; };
const bytes = await (await fetch("/clip.mp4")).blob();
const uppy = new Uppy({ autoProceed: true });
uppy.use(Tus, { endpoint, headers: { authorization: "Bearer " + token }, chunkSize: 256 * 1024, retryDelays: [100, 100, 100] });
uppy.on("upload-progress", (_, { bytesUploaded }) => { document.title = String(bytesUploaded); });
uppy.on("upload-success", (_, { uploadURL }) => show("done " + uploadURL));
uppy.on("upload-error", (_, error) => show("failed " + error.message));
uppy.addFile({ name: "clip.mp4", type: "video/mp4", data: new File([bytes], "clip.mp4", { type: "video/mp4", lastModified: 1 }) });
`;

const PAGE = `<!doctype html><title>0</title><p id="state">running</p><script type="module" src="/app.js"></script>`;

export type UppyPage = { readonly url: string; readonly close: () => void };

export async function serveUppyPage(file: Uint8Array): Promise<UppyPage> {
  const stdin = { contents: SCRIPT, resolveDir: join(ROOT, "test/conformance"), loader: "js" } as const;
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  const files: Readonly<Record<string, readonly [string, string | Uint8Array]>> = {
    "/": ["text/html", PAGE],
    "/app.js": ["text/javascript", outputFiles[0]?.text ?? ""],
    "/clip.mp4": ["video/mp4", file],
  };
  const server = createServer((request, response) => {
    const [type, content] = files[request.url ?? ""] ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": type }).end(content);
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the page has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}/`, close };
}
