/**
 * One customer's whole job, told by a client that repeats what was not answered, as a phone or a no-code tool would:
 * the same Idempotency-Key, the same body, until there is an answer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Api, RefusedError } from "./api.ts";
import { largeMp4 } from "./large-mp4.ts";

/** How long a step may take, a restart of the gateway in the middle included. */
const STEP_MS = 90_000;

const TUS = { "tus-resumable": "1.0.0" };
/** Two parts and a rest, in chunks that do not fit them. */
const FILE_BYTES = 11_000_000;
const CHUNK_BYTES = 4_000_000;
/** Two pieces that fill no part. */
const JOINED_BYTES = 1_000_000;

const made = z.object({ id: z.string() });
const uploadState = z.object({ asset_id: z.string().nullable(), status: z.string() });
const user = z.object({ state: z.string() });
const ended = z.object({ id: z.string(), status: z.string(), ended_at: z.string().nullable() });
export type Ended = z.infer<typeof ended>;

/** What came of the job. */
export type Outcome = {
  readonly turn: Ended;
  readonly render: Ended;
  /** The render that was taken back. */
  readonly taken: Ended;
  readonly bytes: number;
};

/** Repeats a call that found nobody home, or was told to come back; anything else is an answer. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + STEP_MS; ; await sleep(200)) {
    try {
      return await ask();
    } catch (error) {
      const passing = !(error instanceof RefusedError) || error.status >= 500 || error.status === 429;
      if (!passing || Date.now() > until) throw error;
    }
  }
}

/** Asks until it is over. */
async function until<T>(ask: () => Promise<T>, isOver: (got: T) => boolean): Promise<T> {
  let last: unknown = null;
  for (const end = Date.now() + STEP_MS; Date.now() < end; await sleep(200)) {
    const got = await insist(ask);
    if (isOver(got)) return got;
    last = got;
  }
  throw new Error(`not over in time: ${JSON.stringify(last)}`);
}

const post = (api: Api, path: string, key: string, json: unknown) => (): Promise<z.infer<typeof made>> =>
  api.get(path, made, { method: "POST", json, headers: { "idempotency-key": key, "x-user-id": "tortured" } });

/** Sends a file of several parts by tus: each chunk from where the gateway says it stands. */
async function sendClip(api: Api, run: string): Promise<string> {
  const file = largeMp4(FILE_BYTES);
  const create = async (): Promise<string> => {
    const headers = {
      ...TUS,
      "idempotency-key": `${run}-upload`,
      "x-user-id": "tortured",
      "upload-length": String(file.length),
      "upload-metadata": `filename ${btoa("clip.mp4")}`,
    };
    return (await api.send("/v1/uploads", { method: "POST", headers })).headers.get("location") ?? "";
  };
  const path = await insist(create);
  const goOn = async (): Promise<z.infer<typeof uploadState>> => {
    const now = await api.send(path, { method: "HEAD", headers: TUS });
    const offset = Number(now.headers.get("upload-offset"));
    if (offset < file.length) {
      const headers = { ...TUS, "content-type": "application/offset+octet-stream", "upload-offset": String(offset) };
      await api.send(path, { method: "PATCH", headers, bytes: file.slice(offset, offset + CHUNK_BYTES) });
    }
    return api.get(path, uploadState);
  };
  const { asset_id } = await until(goOn, (got) => got.asset_id !== null);
  return asset_id ?? "";
}

/** Sends a file as two partial uploads of tus, and joins them. */
async function joinClip(api: Api, run: string): Promise<void> {
  const file = largeMp4(JOINED_BYTES);
  const half = Math.floor(file.length / 2);
  const pieces = [file.slice(0, half), file.slice(half)];
  const create =
    (nth: string, headers: Record<string, string>, bytes = new Uint8Array()) =>
    async () => {
      const own = { ...TUS, "idempotency-key": `${run}-joined-${nth}`, "x-user-id": "tortured" };
      const answer = await api.send("/v1/uploads", { method: "POST", headers: { ...own, ...headers }, bytes });
      return answer.headers.get("location") ?? "";
    };
  const partials: string[] = [];
  for (const [nth, bytes] of pieces.entries()) {
    const size = { "upload-length": String(bytes.length), "content-type": "application/offset+octet-stream" };
    const path = await insist(create(String(nth), { ...size, "upload-concat": "partial" }, bytes));
    await until(
      () => api.get(path, uploadState),
      ({ status }) => status === "completed",
    );
    partials.push(path);
  }
  const named = { "upload-metadata": `filename ${btoa("joined.mp4")}` };
  const path = await insist(create("final", { ...named, "upload-concat": `final;${partials.join(" ")}` }));
  await until(
    () => api.get(path, uploadState),
    (got) => got.asset_id !== null,
  );
}

const read = (api: Api, id: string) => (): Promise<Ended> => api.get(`/v1/renders/${id}`, ended);

async function makeVideo(api: Api, run: string, project: string): Promise<Ended> {
  const { id } = await insist(post(api, `/v1/projects/${project}/renders`, `${run}-render`, {}));
  return until(read(api, id), (got) => got.ended_at !== null);
}

/** Orders the same video anew and takes it back while Nemo works on it. */
async function takeBack(api: Api, run: string, project: string): Promise<Ended> {
  const order = post(api, `/v1/projects/${project}/renders`, `${run}-again`, { reuse: false });
  const { id } = await insist(order);
  await until(read(api, id), (got) => got.status !== "queued");
  await insist(post(api, `/v1/renders/${id}/cancel`, `${run}-cancel`, {}));
  return until(read(api, id), (got) => got.ended_at !== null);
}

/** A customer of the customer comes and goes: everything of it is erased, whatever happens in between. */
async function comeAndGo(api: Api, run: string): Promise<void> {
  const headers = { "idempotency-key": `${run}-passing`, "x-user-id": `${run}-passer-by` };
  const { id } = await insist(() => api.get("/v1/projects", made, { method: "POST", json: {}, headers }));
  await insist(() =>
    api.send(`/v1/projects/${id}`, { method: "DELETE", headers: { "x-user-id": headers["x-user-id"] } }),
  );
  const path = `/v1/users/${run}-passer-by`;
  await insist(() => api.send(path, { method: "DELETE" }));
  await until(
    () => api.get(path, user),
    ({ state }) => state === "deleted",
  );
}

/** Runs the job to its end, over whatever happens to the gateway. `prompt` must be this run's own: the ledger is asked for it. */
export async function runStory(api: Api, run: string, prompt: string, endpoint: string): Promise<Outcome> {
  const headers = { "idempotency-key": `${run}-rotate` };
  await insist(() => api.send("/v1/webhook_secret/rotate", { method: "POST", headers }));
  const asset = await sendClip(api, run);
  await joinClip(api, run);
  const project = (await insist(post(api, "/v1/projects", `${run}-project`, { name: run }))).id;
  await insist(() =>
    api.send(`/v1/projects/${project}/assets`, {
      method: "POST",
      json: { asset_id: asset },
      headers: { "x-user-id": "tortured" },
    }),
  );
  const { id } = await insist(post(api, `/v1/projects/${project}/turns`, `${run}-turn`, { prompt }));
  const turn = await until(
    () => api.get(`/v1/turns/${id}`, ended),
    (got) => got.ended_at !== null,
  );
  const render = await makeVideo(api, run, project);
  await comeAndGo(api, run);
  const file = await insist(async () => (await api.send(`/v1/renders/${render.id}/content`)).arrayBuffer());
  const taken = await takeBack(api, run, project);
  const since = new Date(Date.now() - STEP_MS).toISOString();
  await insist(post(api, `/v1/webhook_endpoints/${endpoint}/recover`, `${run}-recover`, { since }));
  return { turn, render, taken, bytes: file.byteLength };
}
