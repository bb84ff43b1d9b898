/** Forms as browsers, curl, .NET, Python and hand-written clients send them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PART_HEADER_BYTES } from "../../../src/core/limits.ts";
import { type ByteSource, FormReader } from "../../../src/core/uploads/form.ts";

const TYPE = "multipart/form-data; boundary=xX";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Bytes in chunks of this size, through one memory that each chunk overwrites, as the reader of a request does it. */
function inChunks(bytes: Uint8Array, size: number): ByteSource & { readonly reads: () => number } {
  const memory = new Uint8Array(size);
  let at = 0;
  let reads = 0;
  return {
    reads: () => reads,
    cancel: () => undefined,
    next: async () => {
      reads += 1;
      memory.fill(0xee);
      if (at >= bytes.length) return null;
      const chunk = bytes.subarray(at, at + size);
      memory.set(chunk);
      at += chunk.length;
      return memory.subarray(0, chunk.length);
    },
  };
}

type Read = {
  readonly name: string;
  readonly filename: string | null;
  readonly type: string;
  readonly content: string;
};

/** Every part with its content as Latin-1, or the fault. */
async function partsOf(bytes: Uint8Array, type = TYPE, size = 64): Promise<readonly Read[] | string> {
  const reader = FormReader.of(inChunks(bytes, size), type);
  const parts: Read[] = [];
  for (;;) {
    const next = await reader.next();
    if (!next.ok) return next.error;
    if (next.value === null) return parts;
    const { name, isFile, filename, contentType } = next.value;
    const chunks: number[] = [];
    const read = await reader.content(async (chunk) => {
      chunks.push(...chunk);
    });
    if (!read.ok) return read.error;
    const content = chunks.map((byte) => String.fromCharCode(byte)).join("");
    parts.push({ name, filename: isFile ? filename : null, type: contentType, content });
  }
}

const part = (head: string, content: string): string => `--xX\r\n${head}\r\n\r\n${content}\r\n`;
const FILE = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png';
const FIELD = 'Content-Disposition: form-data; name="order"';
const one = (content: string): Read => ({ name: "file", filename: "a.png", type: "image/png", content });
const field = (content: string): Read => ({ name: "order", filename: null, type: "", content });

describe("a form", () => {
  it.each([
    ["as it is", `${part(FIELD, "7")}${part(FILE, "abc")}--xX--\r\n`, [field("7"), one("abc")]],
    ["without a line end behind it", `${part(FILE, "abc")}--xX--`, [one("abc")]],
    ["with words before and behind it", `This is a form.\r\n${part(FILE, "abc")}--xX--\r\nThe end --xX`, [one("abc")]],
    ["after an empty line", `\r\n${part(FILE, "abc")}--xX--\r\n`, [one("abc")]],
    ["with blanks behind its boundaries", `--xX \t\r\n${FILE}\r\n\r\nabc\r\n--xX--  `, [one("abc")]],
    [
      "with bare line feeds",
      `--xX\n${FIELD}\n\n7\r\n--xX\n${FILE.replaceAll("\r", "")}\n\na\nb\r\n--xX--\n`,
      [field("7\r"), one("a\nb\r")],
    ],
    [
      "with content that looks like a boundary",
      `${part(FILE, "\r\n--xXY\r\n\r\n--xX-\r\n\n--xX--\r\r\n--x")}--xX--`,
      [one("\r\n--xXY\r\n\r\n--xX-\r\n\n--xX--\r\r\n--x")],
    ],
    ["with empty content", `${part(FILE, "")}--xX--`, [one("")]],
    ["with no content, where a header's line end is the boundary's", `--xX\r\n${FILE}\r\n\r\n--xX--`, [one("")]],
    ["with content of line ends", `${part(FILE, "\r\n\r\n")}--xX--`, [one("\r\n\r\n")]],
    [
      "with folded headers, in any case",
      `${part('CONTENT-DISPOSITION: form-data;\r\n  name="file";\r\n\tfilename="a.png"\r\ncontent-type: IMAGE/PNG; x=y\r\nContent-Length: 3', "abc")}--xX--`,
      [one("abc")],
    ],
    [
      "with a type and no filename",
      `${part('Content-Disposition: form-data; name="file"\r\nContent-Type: image/png', "abc")}--xX--`,
      [{ ...one("abc"), filename: "" }],
    ],
    ["with no part", "--xX--", []],
  ])("is parsed %s", async (_, text, parts) => {
    for (const size of [1, 2, 3, 7, 1_000])
      expect(await partsOf(utf8(text), TYPE, size), `chunks of ${size}`).toEqual(parts);
  });

  it("has a boundary in quotation marks, or only in its first line", async () => {
    const form = utf8(`${part(FILE, "abc")}--xX--`);
    for (const type of [
      'multipart/form-data; charset=utf-8; boundary="xX"',
      "multipart/form-data; boundary=xX ",
      "multipart/form-data",
    ])
      expect(await partsOf(form, type), type).toEqual([one("abc")]);
  });

  it.each([
    [
      "names another boundary than it has",
      `${part(FILE, "abc")}--xX--`,
      "multipart/form-data; boundary=yY",
      '"yY" does not occur',
    ],
    ["names none and has none", '{"a":1}\n', "multipart/form-data", "has no boundary"],
    ["is empty", "", TYPE, "does not occur"],
    ["is empty and names no boundary", "", "multipart/form-data", "has no boundary"],
    ["ends in a part", `${part(FILE, "abc")}--xX\r\n${FIELD}\r\n\r\nab`, TYPE, "ends before the form"],
    ["ends in a boundary", `${part(FILE, "abc")}--xX`, TYPE, "ends before the form"],
    ["ends in a part's headers", `${part(FILE, "abc")}--xX\r\n${FIELD}`, TYPE, "ends before the form"],
    ["has a part without a name", `${part("Content-Type: image/png", "abc")}--xX--`, TYPE, "Content-Disposition"],
    ["has a part without headers", `${part("", "abc")}--xX--`, TYPE, "Content-Disposition"],
    [
      "has a part in base64",
      `${part(`${FILE}\r\nContent-Transfer-Encoding: BASE64`, "abc")}--xX--`,
      TYPE,
      "Content-Transfer-Encoding",
    ],
    [
      "has a form in a part",
      `${part('Content-Disposition: form-data; name="files"\r\nContent-Type: multipart/mixed; boundary=q', "abc")}--xX--`,
      TYPE,
      "each file as a part",
    ],
    [
      "has long headers",
      `${part(`${FILE}\r\nX: ${"x".repeat(PART_HEADER_BYTES)}`, "abc")}--xX--`,
      TYPE,
      String(PART_HEADER_BYTES),
    ],
  ])("that %s is reported as that", async (_, text, type, says) => {
    for (const size of [1, 5, 100_000]) expect(await partsOf(utf8(text), type, size)).toContain(says);
  });

  it("is rejected when its headers are too long", async () => {
    const source = inChunks(utf8(`--xX\r\nX: ${"x".repeat(1_000_000)}`), 1_000);
    await FormReader.of(source, TYPE).next();
    expect(source.reads()).toBeLessThan(12);
  });

  it("recognises an empty file input", async () => {
    const EMPTY = 'Content-Disposition: form-data; name="file"; filename=""';
    const contents = { "": true, "\r\n": false, a: false, "\r\n--x": false };
    for (const [content, isEmpty] of Object.entries(contents)) {
      for (const size of [1, 4, 1_000]) {
        const reader = FormReader.of(inChunks(utf8(`${part(EMPTY, content)}--xX--`), size), TYPE);
        await reader.next();
        expect(await reader.isEmpty(), JSON.stringify(content)).toEqual({ ok: true, value: isEmpty });
      }
    }
    const bare = FormReader.of(inChunks(utf8(`--xX\r\n${EMPTY}\r\n\r\n--xX--`), 1), TYPE);
    await bare.next();
    expect(await bare.isEmpty()).toEqual({ ok: true, value: true });
  });

  it("has text in the encoding it names, else in UTF-8, else in the one of old clients", async () => {
    const read = async (bytes: Uint8Array, head: string, form: string | null = null, most = 10) => {
      const text = [...latin1(`--xX\r\n${head}\r\n\r\n`), ...bytes, ...latin1("\r\n--xX--")];
      const reader = FormReader.of(inChunks(Uint8Array.from(text), 3), TYPE);
      const next = await reader.next();
      if (!next.ok || next.value === null) throw new Error("no part");
      return reader.text(next.value.charset ?? form, most);
    };
    const typed = `${FIELD}\r\nContent-Type: text/plain; charset=iso-8859-1`;
    expect(await read(latin1("caf\u00e9"), typed)).toEqual({ ok: true, value: "café" });
    expect(await read(utf8("café"), FIELD)).toEqual({ ok: true, value: "café" });
    expect(await read(latin1("caf\u00e9"), FIELD)).toEqual({ ok: true, value: "café" });
    expect(await read(Uint8Array.of(0x83, 0x5c), FIELD, "shift_jis")).toEqual({ ok: true, value: "ソ" });
    expect(await read(utf8("café"), `${FIELD}\r\nContent-Type: text/plain; charset=klingon`)).toEqual({
      ok: true,
      value: "café",
    });
    expect(await read(utf8("0123456789"), FIELD)).toEqual({ ok: true, value: "0123456789" });
    expect(await read(utf8("01234567890"), FIELD)).toEqual({ ok: true, value: null });
  });

  it("returns any content, however it is chunked", async () => {
    const tricky = fc
      .array(
        fc.oneof(
          fc.constantFrom("\r\n", "\r", "\n", "--", "\r\n--x", "\r\n--xX ", "--xX"),
          fc.string({ maxLength: 5 }),
        ),
      )
      .map((chunks) => `a${chunks.join("")}`)
      .filter((text) => !/\r\n--xX(--|[ \t]*\r?\n|[ \t]*$)/.test(text));
    await fc.assert(
      fc.asyncProperty(tricky, fc.integer({ min: 1, max: 90 }), async (content, size) => {
        const bytes = new TextDecoder("latin1").decode(utf8(content)); // as the reader shows it
        const found = await partsOf(utf8(`${part(FILE, content)}--xX--`), TYPE, size);
        expect(found).toEqual([one([...utf8(content)].map((byte) => String.fromCharCode(byte)).join(""))]);
        expect(bytes.length).toBeGreaterThan(0);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
