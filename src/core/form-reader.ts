/**
 * A multipart form (RFC 7578) read as a stream, part after part. Memory is bounded by one chunk and a boundary's length,
 * whatever the files' sizes.
 */

/** Chosen: a part has two or three short headers; a longer block is no form. */
const HEADER_BYTES = 8_192;

const CR = 13;

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
};

/** Where `wanted` (it begins with CR) starts, or -1. */
function find(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

/** Bytes of a stream up to a mark, again and again. */
class MarkedReader {
  #held: Uint8Array = new Uint8Array();
  #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>, before: Uint8Array) {
    this.#reader = body.getReader();
    this.#held = before;
  }

  /** Hands out everything before `mark` piece by piece and steps over it. False when the body ends without it. */
  async until(mark: Uint8Array, take: (piece: Uint8Array) => Promise<void>): Promise<boolean> {
    for (;;) {
      const at = find(this.#held, mark);
      if (at >= 0) {
        await take(this.#held.subarray(0, at));
        this.#held = this.#held.subarray(at + mark.length);
        return true;
      }
      const sure = Math.max(0, this.#held.length - mark.length + 1);
      if (sure > 0) await take(this.#held.subarray(0, sure));
      this.#held = this.#held.subarray(sure);
      const { value, done } = await this.#reader.read();
      if (done) return false;
      this.#held = this.#held.length === 0 ? value : concat(this.#held, value);
    }
  }

  /** The next `count` bytes, fewer at the end. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#held.length < count) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      this.#held = concat(this.#held, value);
    }
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readHeaders(reader: MarkedReader): Promise<PartHead | null> {
  let text = "";
  const decoder = new TextDecoder();
  const whole = await reader.until(ascii("\r\n\r\n"), async (piece) => {
    if (text.length < HEADER_BYTES) text += decoder.decode(piece, { stream: true });
  });
  if (!whole || text.length >= HEADER_BYTES) return null;
  const name = /content-disposition:[^\r\n]*[; ]name="((?:[^"\\]|\\.)*)"/i.exec(text)?.[1];
  const filename = /content-disposition:[^\r\n]*[; ]filename="((?:[^"\\]|\\.)*)"/i.exec(text)?.[1] ?? null;
  const contentType = /content-type:\s*([^\r\n;]+)/i.exec(text)?.[1]?.trim() ?? "application/octet-stream";
  return name === undefined ? null : { name, filename, contentType };
}

/** What a part says of itself. A file has a name of its own, a field has none. */
export type PartHead = { readonly name: string; readonly filename: string | null; readonly contentType: string };

export class FormReader {
  readonly #reader: MarkedReader;
  readonly #mark: Uint8Array;
  #isBegun = false;

  private constructor(body: ReadableStream<Uint8Array>, boundary: string) {
    this.#mark = ascii(`\r\n--${boundary}`);
    // The first boundary has no line end before it: one is put there, so that all look alike.
    this.#reader = new MarkedReader(body, ascii("\r\n"));
  }

  /** A reader of this body; null when its content type names no boundary. */
  static of(body: ReadableStream<Uint8Array>, contentType: string): FormReader | null {
    const boundary = /boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1];
    return boundary === undefined ? null : new FormReader(body, boundary);
  }

  /** The next part's head, `end` after the last one, null when this is no whole form. Read each part's content in between. */
  async next(): Promise<PartHead | "end" | null> {
    if (!this.#isBegun && !(await this.#reader.until(this.#mark, async () => {}))) return null;
    this.#isBegun = true;
    if (new TextDecoder().decode(await this.#reader.take(2)) === "--") return "end";
    return readHeaders(this.#reader);
  }

  /** Hands out the part's content piece by piece. False when the body ends inside it. */
  content(take: (piece: Uint8Array) => Promise<void>): Promise<boolean> {
    return this.#reader.until(this.#mark, take);
  }

  release(): Promise<void> {
    return this.#reader.cancel();
  }
}
