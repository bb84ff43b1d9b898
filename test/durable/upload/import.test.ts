import { runInDurableObject } from "cloudflare:test";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type UserAddress, uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { hex } from "../../../src/core/encoding.ts";
import { ownedId, type UploadId } from "../../../src/core/ids.ts";
import type { Call } from "../../../src/core/rpc/user.ts";
import type { ImportRequest } from "../../../src/core/uploads/import.ts";
import type { UploadWire } from "../../../src/core/wire/upload.ts";
import { sample } from "../../support/media.ts";
import {
  bad,
  call,
  env,
  freshAddress,
  good,
  random,
  tenantRpc,
  until,
  uploadRpc,
  userRpc,
} from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";
import { fileAnswer, type PlayedSources, playSources, type Source, streamed } from "../../support/sources.ts";

const CLIP = sample("clip.mp4");
const redirect = (location: string, status = 302): Response => new Response(null, { status, headers: { location } });

afterAll(() => void vi.restoreAllMocks());

/** An import that was ordered. */
async function ordered(
  url: string,
  more: Partial<ImportRequest> = {},
  by: Partial<Call> = {},
  address = freshAddress(),
) {
  const id: UploadId = ownedId("upl", address.uh, Date.now(), random);
  const order = { url, fileName: null, metadata: {}, ...more };
  const asked = { ...call(), ...by };
  const made = await uploadRpc(address, id).startImport(asked, address, id, order);
  return { address, id, made, order, stub: env.UPLOAD.getByName(uploadObjectName(address, id)) };
}

const read = async (address: UserAddress, id: UploadId): Promise<UploadWire> =>
  good(await uploadRpc(address, id).read());

/** The upload once its bytes are here or will not come. */
const ended = ({ address, id }: { address: UserAddress; id: UploadId }): Promise<UploadWire> =>
  until(async () => {
    const upload = await read(address, id);
    return upload.status === "open" ? null : upload;
  });

const eventTypes = async (address: UserAddress): Promise<string[]> =>
  (await tenantRpc(address).listEvents(0, 50, null)).data.map(({ type }) => type);

/** Orders the file that this source answers with, and waits for the end. */
async function imported(sources: PlayedSources, answer: Source, path = "/clip.mp4") {
  const started = await ordered(sources.at(path, answer));
  good(started.made);
  return { ...started, end: await ended(started) };
}

describe("an import", () => {
  it.concurrent("becomes an asset like a sent upload, with the same events", async () => {
    const sources = playSources();
    const { address, id, made, end } = await imported(sources, () => fileAnswer(CLIP));
    expect(good(made)).toMatchObject({ status: "open", source: "import", filename: "clip.mp4", size_bytes: null });
    expect(end).toMatchObject({ status: "completed", size_bytes: CLIP.length, offset_bytes: CLIP.length });
    const asset = await until(async () => (await read(address, id)).asset_id);
    expect(good(await userRpc(address).readAsset(asset))).toMatchObject({
      status: "ready",
      content_type: "video/mp4",
    });
    await until(async () => (await eventTypes(address)).length === 2);
    expect(await eventTypes(address)).toEqual(["upload.completed", "asset.ready"]);
    expect(sources.asked).toHaveLength(1);
    expect(sources.asked[0]?.redirect).toBe("manual");
    expect(sources.asked[0]?.headers.get("accept-encoding")).toBe("identity");
  });

  it.concurrent("follows five redirects, each checked", async () => {
    const sources = playSources();
    const last = sources.at("/f", () => fileAnswer(CLIP));
    const fifth = sources.at("/e", () => redirect(last, 303));
    const fourth = sources.at("/d", () => redirect(fifth, 308));
    const third = sources.at("/c", () => redirect(fourth, 307));
    const second = sources.at("/b", () => redirect(third, 301));
    const { end } = await imported(sources, () => redirect(second), "/a");
    expect(end.status).toBe("completed");
    expect(sources.asked).toHaveLength(6);
    expect(new Set(sources.asked.map(({ headers }) => headers.get("user-agent")))).toEqual(new Set(["nemo-gateway/1"]));
  });

  it.concurrent("takes its name from its caller, else its server, else its address, and its extension from its content", async () => {
    const sources = playSources();
    const says =
      (disposition: string): Source =>
      () =>
        fileAnswer(CLIP, { "content-disposition": disposition });
    const nameOf = async (path: string, answer: Source, fileName: string | null = null): Promise<string> => {
      const started = await ordered(sources.at(path, answer), { fileName });
      await ended(started);
      const asset = await until(async () => (await read(started.address, started.id)).asset_id);
      return good(await userRpc(started.address).readAsset(asset)).filename;
    };
    const plain: Source = () => fileAnswer(CLIP);
    expect(await nameOf("/x.mp4", says('attachment; filename="y.mp4"'), "mine.mov")).toBe("mine.mp4");
    expect(await nameOf("/x.mp4", says('attachment; filename="../../y.mp4"'))).toBe("y.mp4");
    expect(await nameOf("/x.mp4", says("attachment; filename*=UTF-8''f%C3%BCr%20dich.mp4"))).toBe("für dich.mp4");
    expect(await nameOf("/x.mp4", says('attachment; filename="a\u202egpj.exe"'.replace("\u202e", "")))).toBe(
      "agpj.exe.mp4",
    );
    expect(await nameOf("/a%2Fb%20c.MP4?sig=secret", plain)).toBe("b c.MP4");
    expect(await nameOf("/d/Zm9vYmFyc2VjcmV0", plain)).toBe("import.mp4");
    expect(await nameOf("/", plain)).toBe("import.mp4");
  });

  it.concurrent("accepts a body of unannounced length, and a photo that is named as a video", async () => {
    const sources = playSources();
    const photo = sample("photo.jpg");
    const { address, id, end } = await imported(sources, () => fileAnswer(photo, {}, null));
    expect(end).toMatchObject({ status: "completed", size_bytes: photo.length });
    const asset = await until(async () => (await read(address, id)).asset_id);
    expect(good(await userRpc(address).readAsset(asset))).toMatchObject({ kind: "image", filename: "clip.jpg" });
  });

  it.concurrent("retries a temporary failure from the first byte, and keeps nothing of the failed attempt", async () => {
    const sources = playSources();
    const answers: Source = (_, nth) => {
      if (nth === 1) return new Response("busy", { status: 503 });
      if (nth === 2)
        return new Response(streamed([CLIP.slice(0, 5_000)], "break"), {
          headers: { "content-length": `${CLIP.length}` },
        });
      if (nth === 3) throw new Error("Network connection lost.");
      return fileAnswer(CLIP);
    };
    const { address, id, end } = await imported(sources, answers);
    expect(end).toMatchObject({ status: "completed", size_bytes: CLIP.length });
    const asset = await until(async () => (await read(address, id)).asset_id);
    expect(good(await userRpc(address).readAsset(asset)).sha256).toBe(
      hex(new Uint8Array(await crypto.subtle.digest("SHA-256", CLIP))),
    );
    expect(sources.asked).toHaveLength(4);
  });

  it.concurrent("is created once by a repeated call", async () => {
    const sources = playSources();
    const url = sources.at("/clip.mp4", () => fileAnswer(CLIP));
    const first = await ordered(url, {}, call("again"));
    const port = uploadRpc(first.address, first.id);
    const again = good(await port.startImport(call("again"), first.address, first.id, first.order));
    expect(again.id).toBe(first.id);
    const other = await port.startImport(call("again", "other"), first.address, first.id, first.order);
    expect(bad(other).code).toBe("idempotency_mismatch");
    await ended(first);
    expect(sources.asked).toHaveLength(1);
  });

  it.concurrent("stops on DELETE while it downloads, and closes the connection to its server", async () => {
    const sources = playSources();
    const hanging: Source = () =>
      new Response(streamed([CLIP.slice(0, 1_000)], "hang"), { headers: { "content-length": `${CLIP.length}` } });
    const { address, id, stub } = await ordered(sources.at("/clip.mp4", hanging));
    await until(async () => (await read(address, id)).size_bytes !== null);
    good(await uploadRpc(address, id).remove());
    expect(bad(await uploadRpc(address, id).read()).code).toBe("not_found");
    const left = await until(async () => {
      const kinds = await jobKinds(stub);
      return kinds.length === 0 ? kinds : null;
    });
    expect(left).toEqual([]);
    expect(await eventTypes(address)).toEqual([]);
  });

  it.concurrent("accepts no bytes from callers, and is not ended by reading its offset", async () => {
    const sources = playSources();
    let mayEnd = false;
    const held: Source = async () => {
      await until(async () => mayEnd);
      return fileAnswer(CLIP);
    };
    const started = await ordered(sources.at("/clip.mp4", held));
    const port = uploadRpc(started.address, started.id);
    await until(async () => sources.asked.length === 1);
    const append = { offset: 0, contentBytes: 3, sizeBytes: null, complete: null, checksums: [] };
    expect(bad(await port.append(new Blob(["abc"]).stream(), append)).code).toBe("upload_closed");
    expect(bad(await port.write(new Blob(["abc"]).stream(), 3)).code).toBe("upload_closed");
    expect(good(await port.settle())).toMatchObject({ isComplete: false, upload: { offset_bytes: 0 } });
    mayEnd = true;
    expect((await ended(started)).status).toBe("completed");
    expect(sources.asked).toHaveLength(1);
  });
});

/** The object's jobs, by kind. */
const jobKinds = (stub: ReturnType<typeof env.UPLOAD.getByName>): Promise<string[]> =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ kind: string }>("SELECT kind FROM jobs ORDER BY kind")
      .toArray()
      .map(({ kind }) => kind),
  );

/** Whatever the object keeps, as one text. */
const everything = (stub: ReturnType<typeof env.UPLOAD.getByName>): Promise<string> =>
  runInDurableObject(stub, (_, { storage }) =>
    ["meta", "jobs", "outbox"]
      .map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()))
      .join("\n"),
  );

describe("imports of one user", () => {
  // A waiting import that misses five polls is passed by the next one, and a source that the test holds for longer than
  // `importIdle` is asked again: a busy machine takes long for both.
  paceIs(1);

  it.concurrent("run three at a time, in order, and every end frees a slot", async () => {
    const sources = playSources();
    const address = freshAddress();
    let mayEnd = 0;
    const slow: Source = async ({ url }) => {
      await until(async () => mayEnd > Number(/\d/.exec(new URL(url).pathname)?.[0]));
      return fileAnswer(CLIP);
    };
    const all = [];
    for (let n = 0; n < 5; n += 1) {
      all.push(await ordered(sources.at(`/${n}.mp4`, slow), {}, {}, address));
      await until(async () => sources.asked.length === Math.min(n + 1, 3)); // each is a job of an object of its own
    }
    for (let n = 3; n < 5; n += 1) {
      mayEnd += 1;
      await until(async () => sources.asked.length === n + 1);
    }
    mayEnd = 5;
    for (const one of all) expect((await ended(one)).status).toBe("completed");
    expect(sources.asked.map(({ url }) => new URL(url).pathname)).toEqual(all.map((_, n) => `/${n}.mp4`));
  });
});

describe("an import after its instance ended", () => {
  /** A photo of more than one part. */
  const large = (): Uint8Array<ArrayBuffer> => {
    const photo = new Uint8Array(6_000_000).map((_, at) => at % 251);
    photo.set([0xff, 0xd8, 0xff, 0xe0]);
    return photo;
  };

  it.concurrent("starts again, and no byte of the first attempt is in the file", async () => {
    const sources = playSources();
    const photo = large();
    const answers: Source = (_, nth) => {
      if (nth > 1) return fileAnswer(photo);
      const other = photo.slice(0, 5_900_000).fill(7, 100);
      return new Response(streamed([other], "hang"), { headers: { "content-length": `${photo.length}` } });
    };
    const { address, id, stub, made } = await ordered(sources.at("/photo.jpg", answers));
    good(made);
    await until(async () => (await read(address, id)).offset_bytes >= 5_000_000);
    await runInDurableObject(stub, (_, state) => state.abort("killed by the test")).catch(() => undefined);
    expect((await ended({ address, id })).status).toBe("completed");
    const asset = await until(async () => (await read(address, id)).asset_id);
    const { sha256 } = good(await userRpc(address).readAsset(asset));
    expect(sha256).toBe(hex(new Uint8Array(await crypto.subtle.digest("SHA-256", photo))));
    expect(sources.asked).toHaveLength(2);
  });

  it.concurrent("is finished by the cron alone if its instance ended before the request left", async () => {
    const sources = playSources();
    const { address, id, stub, made } = await ordered(sources.at("/clip.mp4", () => fileAnswer(CLIP)));
    good(made);
    await runInDurableObject(stub, (_, state) => state.abort("killed by the test")).catch(() => undefined);
    await uploadRpc(address, id).wake();
    expect((await ended({ address, id })).status).toBe("completed");
    await until(async () => (await eventTypes(address)).length === 2);
    expect((await eventTypes(address)).filter((type) => type === "upload.completed")).toHaveLength(1);
  });
});

describe("an import that cannot succeed", () => {
  const page: Source = () =>
    new Response("<!doctype html><p>Sign in</p>", { headers: { "content-type": "text/html" } });
  const status =
    (code: number): Source =>
    () =>
      new Response(code === 204 ? null : "no", { status: code });

  it.concurrent.each<[string, Source, { code: string; says: string; times: number }]>([
    ["nothing there", status(404), { code: "import_not_found", says: "no file is there", times: 1 }],
    ["gone", status(410), { code: "import_not_found", says: "make a new link", times: 1 }],
    ["a sign-in", status(401), { code: "import_forbidden", says: "sign-in", times: 1 }],
    ["an expired link", status(403), { code: "import_forbidden", says: "link", times: 1 }],
    ["an odd status", status(418), { code: "import_refused", says: "418", times: 1 }],
    ["a redirect to nowhere", status(302), { code: "import_refused", says: "302", times: 1 }],
    ["a server that keeps failing", status(500), { code: "import_unavailable", says: "import it later", times: 4 }],
    ["a server that is busy", status(429), { code: "import_unavailable", says: "429", times: 4 }],
    ["a page", page, { code: "unsupported_media", says: "web page", times: 1 }],
    [
      "a text named as a video",
      () => fileAnswer(Uint8Array.from(new TextEncoder().encode("just words")), { "content-type": "video/mp4" }),
      { code: "unsupported_media", says: "mp4, mov", times: 1 },
    ],
    ["no content", status(204), { code: "empty_file", says: "empty file", times: 1 }],
    ["an empty file", () => fileAnswer(new Uint8Array()), { code: "empty_file", says: "empty file", times: 1 }],
    [
      "an empty file of unannounced length",
      () => fileAnswer(new Uint8Array(), {}, null),
      { code: "empty_file", says: "empty file", times: 1 },
    ],
    [
      "less than was announced",
      () => fileAnswer(CLIP.slice(0, 9_000), {}, CLIP.length),
      { code: "import_unavailable", says: "broke off", times: 4 },
    ],
    [
      "more than was announced",
      () => fileAnswer(CLIP, {}, CLIP.length - 10),
      { code: "import_unavailable", says: "more than", times: 4 },
    ],
    [
      "a reset in the middle",
      () => new Response(streamed([CLIP.slice(0, 9_000)], "break")),
      { code: "import_unavailable", says: "broke off", times: 4 },
    ],
    [
      "a file above the limit",
      () => fileAnswer(CLIP, {}, 500_000_001),
      { code: "file_too_large", says: "500000000", times: 1 },
    ],
    [
      "a file that comes compressed",
      () => fileAnswer(CLIP, { "content-encoding": "gzip" }),
      { code: "import_refused", says: "Content-Encoding", times: 1 },
    ],
  ])("ends with %s", async (_, answer, { code, says, times }) => {
    const sources = playSources();
    const { address, end, stub } = await imported(sources, answer, "/clip.mp4?sig=s3cr3t");
    expect(end).toMatchObject({ status: "failed", asset_id: null, error: { code } });
    expect(end.error?.detail).toContain(says);
    expect(end.error?.hint).toBe("POST /v1/uploads/import");
    expect(sources.asked).toHaveLength(times);
    await until(async () => (await eventTypes(address)).length === 1);
    expect(await eventTypes(address)).toEqual(["upload.failed"]);
    expect(JSON.stringify(end) + (await everything(stub))).not.toContain("s3cr3t");
  });

  it.concurrent("fails when the server is silent or sends byte by byte", async () => {
    const sources = playSources();
    const silent: Source = () => new Promise<Response>(() => undefined);
    const trickling: Source = () => {
      const { readable, writable } = new IdentityTransformStream();
      const writer = writable.getWriter();
      const drip = async (): Promise<void> => {
        for (let at = 0; ; at += 1) {
          await writer.write(CLIP.slice(at, at + 1));
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      };
      drip().catch(() => undefined);
      return new Response(readable, { headers: { "content-length": `${CLIP.length}` } });
    };
    const [hung, slow] = await Promise.all([imported(sources, silent, "/hung"), imported(sources, trickling, "/slow")]);
    expect(hung.end.error?.code).toBe("import_timeout");
    expect(slow.end.error).toMatchObject({ code: "import_timeout", detail: expect.stringContaining("10 minutes") });
    expect(sources.asked.filter(({ url }) => url.endsWith("/slow"))).toHaveLength(1);
  });

  it.concurrent.each<[string, string, string]>([
    ["a private network", "https://10.0.0.1/clip.mp4", "address_not_allowed"],
    ["plain http", "http://example.org/clip.mp4", "address_not_allowed"],
    ["credentials in the address", "https://me:pw@example.org/clip.mp4", "address_not_allowed"],
    ["another port", "https://example.org:8443/clip.mp4", "address_not_allowed"],
    ["a name that resolves to a private address", "https://inside.example.org/clip.mp4", "address_not_allowed"],
    ["ourselves", "https://gateway.dev/f/1.2.share.rnd_1.x", "address_not_allowed"],
    ["our own host with a dot", "https://GATEWAY.dev./f/1.2.share.rnd_1.x", "address_not_allowed"],
    ["the metadata of a cloud", "https://169.254.169.254/latest/", "address_not_allowed"],
    ["the same in full width", "https://１６９。254。169。254/latest/", "address_not_allowed"],
  ])("is not led to %s by a redirect", async (_, to, code) => {
    const sources = playSources();
    const from = sources.at("/clip.mp4", () => redirect(to));
    const started = await ordered(from, {}, { origin: "https://gateway.dev" });
    expect(await ended(started)).toMatchObject({ status: "failed", error: { code } });
    expect(sources.asked.map(({ url }) => url)).toEqual([from]);
  });

  it.concurrent("does not follow a redirect cycle, nor more than five redirects", async () => {
    const sources = playSources();
    const loop: string = sources.at("/loop", () => redirect(loop), "loop.files.org");
    const started = await ordered(loop);
    expect(await ended(started)).toMatchObject({ error: { code: "too_many_redirects" } });
    expect(sources.asked).toHaveLength(6);
  });

  it.concurrent("is rejected at once if its address shows it, and nothing is created", async () => {
    const sources = playSources();
    for (const url of ["https://10.0.0.1/a.mp4", "http://example.org/a.mp4", "https://GATEWAY.dev./a.mp4", "nothing"]) {
      const { made, address } = await ordered(url, {}, { origin: "https://gateway.dev" });
      expect(bad(made)).toMatchObject({ code: "address_not_allowed", errors: [{ field: "/url" }] });
      expect((await userRpc(address).listUploads({ limit: 10, after: null })).data).toEqual([]);
    }
    expect(sources.asked).toEqual([]);
  });

  it.concurrent("does not start if its name resolves to a private address", async () => {
    const sources = playSources();
    const started = await ordered("https://inside.example.org/clip.mp4");
    expect(await ended(started)).toMatchObject({ error: { code: "address_not_allowed" } });
    expect(sources.asked).toEqual([]);
  });
});

describe("the bytes of an import", () => {
  const quotas = (bytes: number) => ({
    quotas: { concurrent_turns: 1, renders_per_day: 1, bytes_per_day: bytes, new_users_per_day: 9 },
  });

  it.concurrent("count against the day's quota, announced or not, including failed attempts", async () => {
    const sources = playSources();
    const address = freshAddress();
    const by = quotas((CLIP.length * 2 + 100) * 3); // a user's share of it: two clips and a little
    const said = await ordered(
      sources.at("/1.mp4", () => fileAnswer(CLIP)),
      {},
      by,
      address,
    );
    expect(await ended(said)).toMatchObject({ error: null, status: "completed" });
    const unsaid = await ordered(
      sources.at("/2.mp4", () => fileAnswer(CLIP, {}, null)),
      {},
      by,
      address,
    );
    expect(await ended(unsaid)).toMatchObject({ error: null, status: "completed" });
    const more = await ordered(
      sources.at("/3.mp4", () => fileAnswer(CLIP)),
      {},
      by,
      address,
    );
    expect(await ended(more)).toMatchObject({ status: "failed", error: { code: "quota_exceeded" }, offset_bytes: 0 });
    const hidden = await ordered(
      sources.at("/4.mp4", () => fileAnswer(CLIP, {}, null)),
      {},
      by,
      address,
    );
    expect(await ended(hidden)).toMatchObject({ status: "failed", error: { code: "quota_exceeded" } });
  });

  it.concurrent("are bounded if the server never ends", async () => {
    const sources = playSources();
    const endless: Source = () => {
      const photo = new Uint8Array(65_536);
      photo.set([0xff, 0xd8, 0xff, 0xe0]);
      const body = new ReadableStream({ type: "bytes", pull: (controller) => controller.enqueue(photo.slice()) });
      return new Response(body);
    };
    const started = await ordered(sources.at("/endless.jpg", endless), {}, quotas(20_000_000));
    const end = await ended(started);
    expect(end).toMatchObject({ status: "failed", error: { code: "quota_exceeded" } });
    expect(end.offset_bytes).toBeLessThanOrEqual(25_000_000);
    await until(async () => (await jobKinds(started.stub)).length === 0);
    expect(await env.MEDIA.head(uploadKey(started.address, started.id))).toBeNull();
  });
});
