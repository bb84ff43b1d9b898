/** The TypeScript client of `packages/sdk` against a whole gateway: retries, resumed streams and uploads, waits, lists, errors. */
import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import {
  type ClientOptions,
  ConnectionError,
  GatewayError,
  NemoGateway,
  type Streamed,
  type TurnEvent,
  VideoNotCompletedError,
  WebhookVerificationError,
} from "../../packages/sdk/src/index.ts";
import { unwrap } from "../../packages/sdk/src/webhooks.ts";
import { newMember, served, until } from "./support/client.ts";

type Fetch = typeof globalThis.fetch;

async function newClient(options: ClientOptions = {}): Promise<NemoGateway> {
  const member = await newMember();
  return new NemoGateway({
    apiKey: member.key.secret,
    baseURL: served.url,
    ...(member.user === null ? {} : { user: member.user }),
    ...options,
  });
}

/** A fetch that counts requests by method and path, and may replace an answer. */
function watched(replace: (request: Request, nth: number) => Promise<Response | null> | Response | null = () => null) {
  const seen: string[] = [];
  const keys: (string | null)[] = [];
  const watch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    keys.push(request.headers.get("idempotency-key"));
    return (await replace(request, seen.length)) ?? fetch(request);
  };
  return { seen, keys, fetch: watch };
}

/** A fetch whose event streams break after a few frames: by an error, or by a clean close. */
const cuttingFetch =
  (how: "error" | "close", frames: () => number): Fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || response.body === null)
      return response;
    const reader = response.body.getReader();
    let left = frames();
    const cut = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (left <= 0) {
          void reader.cancel();
          // Only now: an error discards what was not read yet.
          return how === "close" ? controller.close() : controller.error(new TypeError("the connection was reset"));
        }
        const { done, value } = await reader.read();
        if (done) return controller.close();
        controller.enqueue(value);
        left -= new TextDecoder().decode(value).split("\n\n").length - 1;
      },
    });
    return new Response(cut, { status: response.status, headers: response.headers });
  };

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe.concurrent("videos", () => {
  it("are created and awaited in one call, with progress, and their link opens without a key", async () => {
    const nemo = await newClient();
    const types: string[] = [];
    const video = await nemo.videos.createAndWait(
      { prompt: "make a 2 second video of the sea" },
      { onProgress: ({ type }) => types.push(type) },
    );
    expect(video.status).toBe("completed");
    expect(types[0]).toBe("video.started");
    expect(types.at(-1)).toBe("video.completed");
    const { download_url: url } = await nemo.videos.link(video.id);
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    expect(new TextDecoder().decode(bytes.slice(4, 8))).toBe("ftyp");
    const part = await nemo.videos.content(video.id, { headers: { range: "bytes=4-7" } });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
  });

  it("that ask a question throw it, and continue with the answer", async () => {
    const nemo = await newClient();
    const asked = await nemo.videos
      .createAndWait({ prompt: "make a 2 second video #fault:question" })
      .catch((error: unknown) => error);
    expect(asked).toBeInstanceOf(VideoNotCompletedError);
    const { video } = asked as VideoNotCompletedError<{ id: string; status: string }>;
    expect(video.status).toBe("needs_input");
    await nemo.videos.continue(video.id, { prompt: "make a 2 second video of the sea" });
    expect((await nemo.videos.wait(video.id, { transport: "poll" })).status).toBe("completed");
  });

  it("are planned without being created", async () => {
    const nemo = await newClient();
    expect(await nemo.videos.plan({ prompt: "make a video" })).toMatchObject({ dry_run: true });
    expect(await collect(nemo.videos.list())).toEqual([]);
  });
});

describe.concurrent("streams", () => {
  it.each(["error", "close"] as const)("continue over every cut by %s, without a gap or a repeat", async (how) => {
    const nemo = await newClient({ fetch: cuttingFetch(how, () => 1 + Math.floor(Math.random() * 3)) });
    const { id } = await nemo.projects.create();
    const events = await collect(
      nemo.turns.createAndStream(id, { prompt: "make a video of the sea with music #slow:60s #fault:partial" }),
    );
    const last = events.at(-1) as Extract<Streamed<TurnEvent>, { type: "turn.completed" }>;
    expect(last.type).toBe("turn.completed");
    const polled = await collect(nemo.turns.stream(last.turn.id, { transport: "poll" }));
    expect(events).toEqual(polled);
    expect(events.map(({ cursor }) => cursor)).toEqual(events.map((_, at) => at + 1));
    expect(await collect(nemo.turns.stream(last.turn.id, { after: last.cursor }))).toEqual([]);
    const again = Array.from({ length: 50 }, () => collect(nemo.turns.stream(last.turn.id)));
    for (const read of await Promise.all(again)) expect(read).toEqual(polled);
  });

  it("close their connection when the caller leaves the loop, and after the last event", async () => {
    const open = new Set<object>();
    const counting: Fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.body === null || !response.headers.get("content-type")?.startsWith("text/event-stream"))
        return response;
      open.add(response);
      const reader = response.body.getReader();
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          open.delete(response);
          controller.close();
        },
        cancel: (reason) => {
          open.delete(response);
          return reader.cancel(reason);
        },
      });
      return new Response(body, { status: response.status, headers: response.headers });
    };
    const nemo = await newClient({ fetch: counting });
    const { id } = await nemo.projects.create();
    for await (const event of nemo.turns.createAndStream(id, { prompt: "make a video #slow:900s" })) {
      expect(event.type).toBe("turn.started");
      expect(open.size).toBe(1);
      break;
    }
    await until(
      async () => open.size,
      (count) => count === 0,
    );
    const { id: other } = await nemo.projects.create();
    await collect(nemo.turns.createAndStream(other, { prompt: "make a video of the sea" }));
    await until(
      async () => open.size,
      (count) => count === 0,
    );
  });

  it("stop at once when they are aborted, and end with what cannot be helped", async () => {
    const nemo = await newClient();
    const { id } = await nemo.projects.create();
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of nemo.turns.createAndStream(
        id,
        { prompt: "make a video #slow:900s" },
        { signal: stop.signal },
      )) {
        seen.push(type);
        stop.abort(new Error("the user left"));
      }
    })();
    await expect(reading).rejects.toThrow("the user left");
    expect(seen).toEqual(["turn.started"]);
    const missing = collect(nemo.turns.stream(`trn_${"0".repeat(36)}`));
    await expect(missing).rejects.toMatchObject({ status: 404, code: "not_found", retryable: false });
  });
});

describe.concurrent("requests", () => {
  it("are repeated under one key when their answer is lost, and create one video", async () => {
    const http = watched(async (request, nth) => {
      if (request.method !== "POST" || nth > 2) return null;
      await fetch(request).then((answer) => answer.text()); // it reaches the gateway, and the answer is lost
      throw new TypeError("fetch failed");
    });
    const nemo = await newClient({ fetch: http.fetch, maxRetries: 5 });
    const video = await nemo.videos.create({ prompt: "make a video" });
    expect(http.seen).toEqual(["POST /v1/videos", "POST /v1/videos", "POST /v1/videos"]);
    expect(new Set(http.keys).size).toBe(1);
    expect((await collect(nemo.videos.list())).map(({ id }) => id)).toEqual([video.id]);
  });

  it("are retried as the answer says, and not when no retry can help", async () => {
    const busy = watched((_, nth) =>
      nth > 2 ? null : new Response("busy", { status: 503, headers: { "retry-after": "0" } }),
    );
    const nemo = await newClient({ fetch: busy.fetch });
    const { data, requestId } = await nemo.me().withResponse();
    expect(data.mode).toBe("test");
    expect(requestId).toMatch(/^req_/);
    expect(busy.seen).toHaveLength(3);
    const count = busy.seen.length;
    const wrong = await nemo.videos.create({ prompt: "" }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(GatewayError);
    expect(wrong).toMatchObject({ status: 422, code: "invalid_request", retryable: false });
    expect((wrong as GatewayError).errors[0]?.field).toContain("prompt");
    expect(busy.seen).toHaveLength(count + 1);
    const long = await newClient({
      fetch: watched(() => new Response("busy", { status: 429, headers: { "retry-after": "3600" } })).fetch,
    });
    await expect(long.me()).rejects.toMatchObject({ status: 429 });
  });

  it("end with their timeout, and with a network that fails", async () => {
    const hanging: Fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    const slow = await newClient({ fetch: hanging, timeout: 50, maxRetries: 1 });
    await expect(slow.me()).rejects.toThrow(/no answer within 50 ms/);
    const broken = await newClient({ fetch: () => Promise.reject(new TypeError("fetch failed")), maxRetries: 1 });
    await expect(broken.me()).rejects.toBeInstanceOf(ConnectionError);
  });

  it("with a user token get a new one once, when it has expired", async () => {
    const member = await newMember();
    const server = new NemoGateway({ apiKey: member.key.secret, baseURL: served.url });
    const user = member.user ?? "anna";
    let given = 0;
    const expired = watched((_, nth) =>
      nth > 1
        ? null
        : Response.json(
            {
              type: "x",
              title: "x",
              status: 401,
              detail: "expired",
              code: "user_token_expired",
              request_id: "req_1",
              retryable: false,
            },
            { status: 401 },
          ),
    );
    const userToken = async (): Promise<string> => {
      given++;
      return (await server.users.createToken(user)).token;
    };
    const browser = new NemoGateway({ userToken, baseURL: served.url, fetch: expired.fetch });
    expect((await browser.projects.create()).id).toMatch(/^prj_/);
    expect(given).toBe(2);
  });

  it("name users whose names have any letters", async () => {
    const { key } = await newMember();
    const nemo = new NemoGateway({ apiKey: key.secret, baseURL: served.url });
    for (const user of ["Zoë", "日本 🎬", "a%20b"]) {
      const { id } = await nemo.projects.create({}, { user });
      expect((await nemo.projects.list({}, { user })).data.map((project) => project.id)).toEqual([id]);
      expect((await nemo.users.retrieve(user)).id).toBe(user);
    }
  });

  it("end when an error's body never ends", async () => {
    const endless: Fetch = async () => new Response(new ReadableStream(), { status: 400 });
    const nemo = await newClient({ fetch: endless, timeout: 50, maxRetries: 0 });
    await expect(nemo.me()).rejects.toMatchObject({ name: "GatewayError", status: 400, code: "http_400" });
  });

  it("list every page, and each page by itself", async () => {
    const nemo = await newClient();
    const made = [];
    for (let n = 0; n < 5; n++) made.unshift((await nemo.projects.create()).id);
    expect((await collect(nemo.projects.list({ limit: 2 }))).map(({ id }) => id)).toEqual(made);
    const first = await nemo.projects.list({ limit: 2 });
    expect([first.data.length, first.hasMore]).toEqual([2, true]);
    const second = await first.next();
    expect(second?.data.map(({ id }) => id)).toEqual(made.slice(2, 4));
  });

  it("need a credential and an address", () => {
    expect(() => new NemoGateway({ baseURL: served.url })).toThrow(/apiKey or userToken/);
    expect(() => new NemoGateway({ apiKey: "ngw_test_x" })).toThrow(/baseURL/);
  });
});

/** A WAV file of silence. */
function silence(bytes: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(44 + bytes);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode("RIFF....WAVEfmt "));
  view.setUint32(4, 36 + bytes, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, 48_000, true);
  view.setUint32(28, 192_000, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  file.set(new TextEncoder().encode("data"), 36);
  view.setUint32(40, bytes, true);
  for (let at = 44; at < file.length; at += 997) file[at] = at % 251;
  return file;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("uploads", () => {
  it("send a file over broken requests, and another client continues one that was left", async () => {
    const file = silence(6_000_000);
    let cuts = 3;
    const flaky = watched(async (request) => {
      if (request.method !== "PATCH" || cuts === 0) return null;
      cuts--;
      if (cuts !== 1) throw new TypeError("fetch failed"); // before it is sent
      await fetch(request).then((answer) => answer.text()); // after it has arrived
      throw new TypeError("fetch failed");
    });
    const nemo = await newClient({ fetch: flaky.fetch });
    let created = "";
    const stop = new AbortController();
    const left = nemo.uploads.send(file, {
      filename: "sea.wav",
      chunkBytes: 1_000_000,
      signal: stop.signal,
      onCreated: (id) => {
        created = id;
      },
      onProgress: (sent) => {
        if (sent >= 3_000_000) stop.abort(new Error("the process ends"));
      },
    });
    await expect(left).rejects.toThrow("the process ends");
    const half = await nemo.uploads.retrieve(created);
    expect(half.offset_bytes).toBeGreaterThanOrEqual(3_000_000);
    expect(half.offset_bytes).toBeLessThan(file.length);
    const progress: number[] = [];
    const upload = await nemo.uploads.send(file, {
      uploadId: created,
      chunkBytes: 1_000_000,
      onProgress: (sent) => progress.push(sent),
    });
    expect(upload.id).toBe(created);
    expect(progress[0]).toBe(half.offset_bytes);
    expect(progress.at(-1)).toBe(file.length);
    const asset = await nemo.uploads.waitForAsset(created);
    expect(asset).toMatchObject({ status: "ready", sha256: sha256(file) });
    await expect(nemo.uploads.send(file.slice(1), { uploadId: created })).rejects.toThrow(/bytes/);
  });

  it("finish on a network that breaks every request, as long as some bytes arrive", async () => {
    const file = silence(1_200_000);
    const breaking = watched(async (request) => {
      if (request.method !== "PATCH") return null;
      const body = (await request.arrayBuffer()).slice(0, 100_000);
      await fetch(request.url, { method: "PATCH", headers: request.headers, body }).then((answer) => answer.text());
      throw new TypeError("fetch failed");
    });
    const nemo = await newClient({ fetch: breaking.fetch });
    const upload = await nemo.uploads.send(file, { filename: "sea.wav" });
    expect(upload.offset_bytes).toBe(file.length);
    expect(breaking.seen.filter((request) => request.startsWith("PATCH"))).toHaveLength(13);
  });
});

describe("webhooks", () => {
  const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] as const;
  const body = JSON.stringify({ id: "evt_1", type: "video.completed", data: { id: "vid_1" } });

  function signed(secret: string, at = new Date()): Record<string, string> {
    return {
      "Webhook-Id": "evt_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign("evt_1", at, body),
    };
  }

  it("are verified by any of the secrets, in any spelling of the headers", async () => {
    expect((await unwrap(body, signed(secrets[0]), secrets[0])).type).toBe("video.completed");
    expect((await unwrap(body, new Headers(signed(secrets[1])), secrets)).type).toBe("video.completed");
  });

  it("are rejected with a wrong secret, a changed body, an old time or no signature", async () => {
    const old = new Date(Date.now() - 600_000);
    for (const [text, headers, secret] of [
      [body, signed(secrets[0]), secrets[1]],
      [`${body} `, signed(secrets[0]), secrets[0]],
      [body, signed(secrets[0], old), secrets[0]],
      [body, {}, secrets[0]],
      [body, { ...signed(secrets[0]), "webhook-signature": "v1,?" }, secrets[0]],
      [body, signed(secrets[0]), "whsec_?"],
    ] as const)
      await expect(unwrap(text, headers, secret)).rejects.toThrow(WebhookVerificationError);
  });
});
