/** PROTOCOL.md §5.1: files as real clients send them. curl and Node write forms themselves; of others their bytes stand here. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { asset, type UploadWire, upload } from "../../src/core/wire/upload.ts";
import { type Member, newMember, problem, served, shown, until } from "./support/client.ts";
import { media } from "./support/media.ts";

const uploads = z.object({ data: z.array(upload) });
const png = media("photo.png");

let member: Member;
let folder: string;
beforeAll(async () => {
  member = await newMember();
  folder = mkdtempSync(join(tmpdir(), "forms-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const assetOf = async ({ id }: UploadWire) => {
  const { asset_id } = await until(
    () => member.get(`/v1/uploads/${id}`, upload),
    (got) => got.asset_id !== null,
  );
  return member.get(`/v1/assets/${asset_id}`, asset);
};

const run = promisify(execFile);

/** Sends a form with curl; the answer's JSON. */
async function curl(...fields: string[]): Promise<unknown> {
  const headers = Object.entries(member.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const { stdout } = await run("curl", ["-sS", ...headers, ...fields, new URL("/v1/uploads", served.url).href]);
  return JSON.parse(stdout);
}

describe("§5.1 curl", () => {
  it.each(["photo.png", "фото 🎬.png", 'a"b.png', "a;b,c.png", "50%20off.png", "no ending", "movie.MOV"])(
    "sends a file called %s",
    async (name) => {
      const path = join(folder, name);
      writeFileSync(path, png);
      for (const how of [[], ["--form-escape"]]) {
        const { data } = uploads.parse(
          await curl(...how, "-F", "order=7", "-F", `file=@"${path.replaceAll('"', '\\"')}"`),
        );
        expect(data.map(({ filename, metadata, status }) => ({ filename, metadata, status }))).toEqual([
          { filename: name, metadata: { order: "7" }, status: "completed" },
        ]);
      }
    },
  );

  it("sends a file under any type, and the content decides", async () => {
    const path = join(folder, "clip.bin");
    writeFileSync(path, png);
    const { data } = uploads.parse(await curl("-F", `file=@${path};type=video/mp4;filename=clip.mp4`));
    const [made] = data;
    if (made === undefined) throw new Error("no upload");
    expect(await assetOf(made)).toMatchObject({ filename: "clip.png", content_type: "image/png", status: "ready" });
  });

  it("sends JSON with the content type of a form, and the JSON is read", async () => {
    const made = await curl("-d", JSON.stringify({ filename: "a.png", size_bytes: 3 }));
    expect(upload.parse(made).filename).toBe("a.png");
  });

  it("sends a raw file, and the problem says how a file is sent", async () => {
    const path = join(folder, "raw.png");
    writeFileSync(path, png);
    for (const type of ["image/png", "application/octet-stream", "application/json"])
      expect(await curl("-H", `Content-Type: ${type}`, "--data-binary", `@${path}`)).toMatchObject({
        status: 415,
        code: "unsupported_content_type",
        detail: expect.stringMatching(
          new RegExp(`${type.replace("/", ".")} was sent.*multipart/form-data.*content_url`),
        ),
      });
  });
});

describe("§5.1 the forms of Node", () => {
  it("have files of any name, fields and empty file inputs", async () => {
    const form = new FormData();
    form.append("order", "caf\u00e9 \r\n 7");
    form.append("empty", new File([], ""));
    form.append("file", new Blob([png]));
    form.append('a"b\r\n', new File([png], 'c"d\r\n.jfif', { type: "image/jpeg" }));
    const answer = fetch(new URL("/v1/uploads", served.url), { method: "POST", headers: member.headers, body: form });
    const { data } = await shown(answer, uploads, 201);
    expect(data.map(({ filename }) => filename)).toEqual(["blob", 'c"d.jfif']);
    expect(data[0]?.metadata).toEqual({ order: "caf\u00e9 \r\n 7" });
    if (data[1] !== undefined) expect((await assetOf(data[1])).filename).toBe('c"d.png');
  });
});

const CRLF = "\r\n";
/** A form as its writer's own bytes: heads of parts, each with the same file behind it. */
const bytesOf = (boundary: string, ...heads: readonly string[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    Buffer.concat([
      ...heads.flatMap((head) => [Buffer.from(`--${boundary}${CRLF}${head}${CRLF}${CRLF}`), png, Buffer.from(CRLF)]),
      Buffer.from(`--${boundary}--${CRLF}`),
    ]),
  );

/** What each client sends before a file called фото.png, byte for byte. */
const WRITERS: Readonly<Record<string, { readonly type: string; readonly boundary: string; readonly head: string }>> = {
  "HttpClient of .NET": {
    boundary: "4cbd4a7c-8e6a-4a0c-9d53-0c0b8a3f9c11",
    type: 'multipart/form-data; boundary="4cbd4a7c-8e6a-4a0c-9d53-0c0b8a3f9c11"',
    head: `Content-Type: image/png${CRLF}Content-Disposition: form-data; name=file; filename="=?utf-8?B?0YTQvtGC0L4ucG5n?="; filename*=utf-8''%D1%84%D0%BE%D1%82%D0%BE.png`,
  },
  "requests of Python, before urllib3 1.25": {
    boundary: "0f6b1c2e3d4a5b6c7d8e9f0a1b2c3d4e",
    type: "multipart/form-data; boundary=0f6b1c2e3d4a5b6c7d8e9f0a1b2c3d4e",
    head: `Content-Disposition: form-data; name="file"; filename*=utf-8''%D1%84%D0%BE%D1%82%D0%BE.png${CRLF}Content-Type: image/png`,
  },
  "requests of Python, today": {
    boundary: "a1b2",
    type: "multipart/form-data; boundary=a1b2",
    head: 'Content-Disposition: form-data; name="file"; filename="фото.png"',
  },
  "Chrome, Firefox and Safari": {
    boundary: "----WebKitFormBoundary7MA4YWxkTrZu0gW",
    type: "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
    head: `Content-Disposition: form-data; name="file"; filename="фото.png"${CRLF}Content-Type: image/png`,
  },
  "Alamofire, with the headers of an upload task": {
    boundary: "alamofire.boundary.1a2b3c4d5e6f7a8b",
    type: "multipart/form-data; boundary=alamofire.boundary.1a2b3c4d5e6f7a8b",
    head: `Content-Disposition: form-data; name="file"; filename="фото.png"${CRLF}Content-Type: image/png`,
  },
  "Apache HttpClient, in its browser's mode": {
    boundary: "dsUHlJ9fQn_-xY3",
    type: "multipart/form-data; charset=UTF-8; boundary=dsUHlJ9fQn_-xY3",
    head: `Content-Disposition: form-data; name="file"; filename="фото.png"${CRLF}Content-Type: application/octet-stream${CRLF}Content-Transfer-Encoding: binary`,
  },
  "Internet Explorer, with the whole path": {
    boundary: "---------------------------7d81f27c0350",
    type: "multipart/form-data; boundary=---------------------------7d81f27c0350",
    head: `Content-Disposition: form-data; name="file"; filename="C:\\Users\\ада\\фото.png"${CRLF}Content-Type: image/x-png`,
  },
  "a hand that set the header beside its library's": {
    boundary: "x1",
    type: "multipart/form-data, multipart/form-data; boundary=x1",
    head: `Content-Disposition: form-data; name="file"; filename="фото.png"`,
  },
  "a library whose header was set again behind its own": {
    boundary: "x2",
    type: "multipart/form-data; boundary=x2, multipart/form-data",
    head: `Content-Disposition: form-data; name="file"; filename="фото.png"`,
  },
  "a hand that set the header without its boundary": {
    boundary: "--axios-1.6",
    type: "multipart/form-data",
    head: `content-disposition: form-data; name="file"; filename="фото.png"`,
  },
};

describe("§5.1 the forms of others", () => {
  it.each(Object.keys(WRITERS))("%s", async (writer) => {
    const { type, boundary, head } = WRITERS[writer] ?? { type: "", boundary: "", head: "" };
    const apple = writer.includes("upload task")
      ? { "upload-complete": "?1", "upload-draft-interop-version": "6" }
      : {};
    const headers = { "content-type": type, ...apple };
    const answer = member.ask("POST", "/v1/uploads", { body: bytesOf(boundary, head), headers });
    const { data } = await shown(answer, uploads, 201);
    expect(data.map(({ filename, status }) => ({ filename, status }))).toEqual([
      { filename: "фото.png", status: "completed" },
    ]);
  });

  it("are rejected with the reason", async () => {
    const body = bytesOf("x", 'Content-Disposition: form-data; filename="a.png"');
    const unnamed = await problem(
      member.ask("POST", "/v1/uploads", { body, headers: { "content-type": "multipart/form-data; boundary=x" } }),
      "invalid_request",
    );
    expect(unnamed.detail).toContain("Content-Disposition");
    const other = await problem(
      member.ask("POST", "/v1/uploads", { body, headers: { "content-type": "multipart/form-data; boundary=y" } }),
      "invalid_request",
    );
    expect(other.detail).toContain('"y"');
  });
});

describe("§5.1 the headers of Apple's upload tasks", () => {
  const apple = (version: number) => ({
    "upload-draft-interop-version": String(version),
    ...(version < 4 ? { "upload-incomplete": "?0" } : { "upload-complete": "?1" }),
  });

  it.each([3, 5, 6, 8, 9])("do not affect a form, a PUT and JSON: version %i", async (version) => {
    const headers = apple(version);
    const form = { ...headers, "content-type": "multipart/form-data; boundary=x", "upload-length": "400" };
    const body = bytesOf("x", 'Content-Disposition: form-data; name="f"; filename="a.png"');
    const { data } = await shown(member.ask("POST", "/v1/uploads", { body, headers: form }), uploads, 201);
    expect(data).toHaveLength(1);
    const json = { json: { filename: "a.png", size_bytes: png.length }, headers };
    const made = await shown(member.ask("POST", "/v1/uploads", json), upload, 201);
    const put = member.ask("PUT", made.content_url, {
      body: png,
      headers: { ...headers, "content-type": "image/png" },
    });
    expect((await shown(put, upload)).status).toBe("completed");
  });

  it("begin an upload of the raw file if their version is supported; else the problem lists the ways to upload", async () => {
    for (const version of [8, 9]) {
      const headers = { ...apple(version), "content-type": "image/png" };
      const answer = await member.ask("POST", "/v1/uploads", { body: png, headers });
      expect(answer.headers.get("upload-draft-interop-version")).toBe(String(version));
      expect((await shown(answer, upload, 201)).status).toBe("completed");
    }
    for (const version of [3, 5, 6, 7, 10]) {
      const headers = { ...apple(version), "content-type": "image/png" };
      await problem(member.ask("POST", "/v1/uploads", { body: png, headers }), "unsupported_content_type");
    }
  });
});
