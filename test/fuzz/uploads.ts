/** Parsers of upload input: forms, the headers of tus and of the draft, names of files, JSON bodies. */

import { FILENAME_CHARS } from "../../src/core/limits.ts";
import { dictionaryIn, itemIn } from "../../src/core/requests/header-fields.ts";
import { fileNameFor, withoutHidden } from "../../src/core/text.ts";
import { type ByteSource, FormReader } from "../../src/core/uploads/form.ts";
import {
  dispositionName,
  readIetfAppend,
  readIetfCreation,
  readTusCreation,
} from "../../src/core/uploads/resumable.ts";
import { jsonFault, plainJson } from "../../src/http/request-body.ts";
import type { FuzzTarget } from "./target.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The bytes in chunks of some size, through one memory that each chunk overwrites. */
function inChunks(bytes: Uint8Array, size: number): ByteSource {
  const memory = new Uint8Array(size);
  let at = 0;
  return {
    cancel: () => undefined,
    next: async () => {
      const chunk = bytes.subarray(at, at + size);
      if (chunk.length === 0) return null;
      memory.set(chunk);
      at += chunk.length;
      return memory.subarray(0, chunk.length);
    },
  };
}

/** A form read to its end as its routes do it: empty inputs stepped over, fields under a limit, files chunk by chunk. */
async function readForm(bytes: Uint8Array, type: string, size: number): Promise<string> {
  const reader = FormReader.of(inChunks(bytes, size), type);
  const parts: string[] = [];
  let content = 0;
  for (;;) {
    const next = await reader.next();
    if (!next.ok || next.value === null) return JSON.stringify([parts, next]);
    const { name, isFile, filename, contentType, charset } = next.value;
    parts.push(name, isFile ? fileNameFor(filename, contentType) : "");
    if (isFile) parts.push(JSON.stringify(await reader.isEmpty()));
    const read = isFile
      ? await reader.content(async (chunk) => {
          content += chunk.length;
        })
      : await reader.text(charset, 500);
    if (!read.ok) return JSON.stringify([parts, read]);
    if (read.value === null && !isFile) return JSON.stringify([parts, "too long"]);
    parts.push(isFile ? String(content) : String(read.value));
  }
}

const FORM = utf8(
  [
    "--xX",
    'Content-Disposition: form-data; name="order"',
    "",
    "1234",
    "--xX",
    "Content-Type: image/png",
    "Content-Disposition: form-data; name=file; filename=\"=?utf-8?B?0YQucG5n?=\"; filename*=utf-8''%D1%84.png",
    "",
    "\u0089PNG \r\n--xXY\r\n\r\n",
    "--xX",
    'Content-Disposition: form-data; name="empty"; filename=""',
    "",
    "",
    "--xX--",
    "",
  ].join("\r\n"),
);

/** Lines of a header's name, a colon and its value. */
const headersOf = (bytes: Uint8Array) => {
  const lines = textOf(bytes).split("\n");
  return {
    get: (name: string): string | null =>
      lines.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}: `))?.slice(name.length + 2) ?? null,
  };
};

/** What a rule of ours says of every name that is kept. */
function checkName(name: string): void {
  const isFit = name.length > 0 && name.length <= FILENAME_CHARS && withoutHidden(name) === name;
  if (!isFit || /[/\\]/.test(name)) throw new Error(`a file would be called ${JSON.stringify(name)}`);
}

export const targets: FuzzTarget[] = [
  {
    name: "upload-form",
    seeds: [FORM, utf8(textOf(FORM).replaceAll("\r\n", "\n"))],
    run: async (bytes) => {
      const whole = await readForm(bytes, "multipart/form-data; boundary=xX", Math.max(1, bytes.length));
      const chunks = await readForm(bytes, "multipart/form-data; boundary=xX", 61);
      if (whole !== chunks) throw new Error(`read differently in chunks: ${whole} and ${chunks}`);
    },
  },
  {
    name: "upload-form-without-a-boundary",
    seeds: [FORM],
    run: (bytes) => readForm(bytes, "multipart/form-data", 64),
  },
  {
    name: "upload-tus-headers",
    seeds: [
      utf8("Upload-Length: 10\nUpload-Metadata: filename 0YQucG5n,filetype aW1hZ2UvcG5n,empty,order NzE="),
      utf8("Upload-Defer-Length: 1\nUpload-Concat: partial"),
      utf8("Upload-Concat: final;/v1/uploads/upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv /v1/uploads/x"),
    ],
    run: (bytes) => {
      const read = readTusCreation(headersOf(bytes));
      if (read.ok) checkName(read.value.filename);
    },
  },
  {
    name: "upload-draft-headers",
    seeds: [
      utf8(
        "Content-Type: application/partial-upload\nUpload-Complete: ?1;a=b\nUpload-Offset: 5\nUpload-Length: 10\nContent-Digest: sha-256=:AAAA:, md5=:AQ==:;q=1\nContent-Disposition: inline; filename=\"a.png\"; filename*=UTF-8''na%C3%AFve.png",
      ),
    ],
    run: (bytes) => {
      readIetfAppend(headersOf(bytes));
      const read = readIetfCreation(headersOf(bytes));
      if (read.ok) checkName(read.value.filename);
    },
  },
  {
    name: "structured-fields",
    seeds: ["?1", "12;a=b", 'a=1, b=:AAAA:;x="y\\"z", c;q=0.5, d=token', "-1.5"].map(utf8),
    run: (bytes) => {
      itemIn(textOf(bytes));
      dictionaryIn(textOf(bytes));
    },
  },
  {
    name: "content-disposition",
    seeds: [
      'form-data; name="file"; filename="a\\"b%22.png"; filename*=utf-8\'\'%D1%84.png',
      "attachment; filename==?iso-8859-1?Q?caf=E9_x?= =?utf-8?b?0YQ=?=",
      'inline; filename="C:\\dir\\a;b.png"; x=y',
    ].map(utf8),
    run: (bytes) => checkName(fileNameFor(dispositionName(textOf(bytes)), "image/png")),
  },
  {
    name: "json-body",
    seeds: ['{"prompt":"a \\ud83d\\ude00 b","n":[1,2.5e3,true,null,{"a":{}}]}', "[[[[1]]]]"].map(utf8),
    run: (bytes) => {
      const text = textOf(bytes);
      const fault = jsonFault(text);
      const json = plainJson(text);
      if (fault === null) JSON.parse(text);
      if (json !== null && !JSON.stringify(JSON.parse(json)).isWellFormed())
        throw new Error("half a character was let in");
    },
  },
];
