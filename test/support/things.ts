/** One of everything that a tenant's user can have, so that every route of the document has something to reach. */
import { call, jsonOf, type Member, makeKey, send } from "./gateway.ts";
import { until } from "./objects.ts";

const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
);

const idOf = async (response: Response, status: number) => (await jsonOf<{ id: string }>(response, status)).id;

/** Makes them, by the prefix of their ids; the render and the upload of its asset are over when it returns. */
export async function makeThings(owner: Member, user: string): Promise<Map<string, string>> {
  const headers = { ...owner.headers, "X-User-Id": user };
  const things = new Map<string, string>();
  const post = (path: string, body: unknown, more = {}) => send("POST", path, body, { ...headers, ...more });
  things.set("whk", await idOf(await post("/v1/webhook_endpoints", { url: "http://127.0.0.1:9/in" }), 201));
  const hook = { target_url: "http://127.0.0.1:9/in", event: "render.completed" };
  things.set("hooks", await idOf(await post("/v1/hooks", hook), 201));
  things.set("generators", await idOf(await post("/v1/generators", { name: "mine", prompt: "make a clip" }), 201));
  things.set("key", (await makeKey(owner.tenant.id)).id);
  things.set("prj", await idOf(await post("/v1/projects", {}), 201));
  const say = { prompt: "make a 1 second video" };
  things.set("trn", await idOf(await post(`/v1/projects/${things.get("prj")}/turns`, say, { Prefer: "wait=60" }), 200));
  things.set("bat", await idOf(await post("/v1/batches", { items: [{ prompt: "make a 1 second video" }] }), 202));
  things.set("mak", await idOf(await post("/v1/generators/make", { description: "quote cards" }), 202));
  things.set("vid", await idOf(await post("/v1/videos", { prompt: "make a 1 second video" }), 202));
  things.set("rnd", await idOf(await post(`/v1/projects/${things.get("prj")}/renders`, {}), 202));
  const whole = await idOf(await post("/v1/uploads", { filename: "b.png", size_bytes: PNG.length }), 201);
  const put = { method: "PUT", body: PNG, headers: { ...headers, "Content-Length": String(PNG.length) } };
  await jsonOf(await call(`/v1/uploads/${whole}/content`, put));
  things.set("upl", await idOf(await post("/v1/uploads", { filename: "a.png", size_bytes: 3 }), 201));
  const first = (path: string) =>
    until(async () => (await jsonOf<{ data: { id: string }[] }>(await call(path, { headers }))).data[0]?.id);
  things.set("ast", await first("/v1/assets"));
  things.set("evt", await first("/v1/events"));
  things.set("dlv", await first("/v1/deliveries"));
  await until(async () => {
    const { status } = await jsonOf<{ status: string }>(await call(`/v1/renders/${things.get("rnd")}`, { headers }));
    return status === "completed";
  });
  return things;
}
