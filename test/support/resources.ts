/** Creates one of every resource of a tenant's user, so that every route of the document has an existing id. Pure, like document.ts. */

/** Sends a request for the resources' user, with a key that has every scope. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Texts that users choose. */
export type Words = { readonly prompt: string; readonly filename: string; readonly url: string };

const PLAIN: Words = { prompt: "make a 1 second video", filename: "b.png", url: "http://127.0.0.1:9/in" };

/** An image of one pixel. */
export const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
);

async function made<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Polls until there is a result, for four minutes: only what hangs takes as long, also on a busy machine. */
async function until<T>(poll: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 240_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const seen = await poll();
    if (seen !== undefined) return seen;
  }
  throw new Error("timed out");
}

/** Waits until nothing more is created for them: until the video, the batch and the generator have ended. */
export async function endOfResources(ask: Ask, resources: ReadonlyMap<string, string>): Promise<void> {
  for (const [collection, prefix] of [
    ["videos", "vid"],
    ["batches", "bat"],
    ["generator_jobs", "gjb"],
  ] as const)
    await until(async () => {
      const { ended_at } = await made<{ ended_at: string | null }>(ask(`/v1/${collection}/${resources.get(prefix)}`));
      return ended_at ?? undefined;
    });
}

/** Creates them; returns their ids by prefix. The render and the asset's upload have ended by then. */
export async function createResources(
  ask: Ask,
  { prompt, filename, url }: Words = PLAIN,
): Promise<Map<string, string>> {
  const resources = new Map<string, string>();
  const post = async (path: string, body: unknown, more = {}): Promise<string> => {
    const headers = { "Content-Type": "application/json", ...more };
    return (await made<{ id: string }>(ask(path, { method: "POST", body: JSON.stringify(body), headers }))).id;
  };
  resources.set("whk", await post("/v1/webhook_endpoints", { url }));
  resources.set("hooks", await post("/v1/hooks", { target_url: url, event: "render.completed" }));
  resources.set("generators", await post("/v1/generators", { name: "mine", prompt: "make a clip" }));
  resources.set("key", await post("/v1/keys", { name: "another", scopes: ["read"] }));
  resources.set("prj", await post("/v1/projects", {}));
  const turns = `/v1/projects/${resources.get("prj")}/turns`;
  resources.set("trn", await post(turns, { prompt }, { Prefer: "wait=60" }));
  resources.set("bat", await post("/v1/batches", { items: [{ prompt }] }));
  resources.set("gjb", await post("/v1/generators/make", { description: "quote cards" }));
  resources.set("vid", await post("/v1/videos", { prompt }));
  resources.set("rnd", await post(`/v1/projects/${resources.get("prj")}/renders`, {}));
  const whole = await post("/v1/uploads", { filename, size_bytes: PNG.length });
  const headers = { "Content-Length": String(PNG.length) };
  await made(ask(`/v1/uploads/${whole}/content`, { method: "PUT", body: PNG, headers }));
  resources.set("upl", await post("/v1/uploads", { filename, size_bytes: 6 }));
  const first = (path: string) => until(async () => (await made<{ data: { id: string }[] }>(ask(path))).data[0]?.id);
  resources.set("ast", await first("/v1/assets"));
  resources.set("evt", await first("/v1/events"));
  resources.set("dlv", await first("/v1/deliveries"));
  await until(async () => {
    const { status } = await made<{ status: string }>(ask(`/v1/renders/${resources.get("rnd")}`));
    return status === "completed" ? true : undefined;
  });
  const link = ask(`/v1/renders/${resources.get("rnd")}/link`, { method: "POST" });
  resources.set("f", (await made<{ download_url: string }>(link)).download_url.split("/f/")[1] ?? "");
  return resources;
}
