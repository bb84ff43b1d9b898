/** Builds files from bytes, numbers and boxes. */

const utf8 = new TextEncoder();

export const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}

/** An MP4 box: size, type, content. */
export const box = (type: string, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = join(...parts);
  return join(u32(body.byteLength + 8), utf8.encode(type), body);
};

/** The first box of a type anywhere in these bytes, with its header; found by searching for its name. */
export function boxOf(bytes: Uint8Array, type: string): Uint8Array<ArrayBuffer> {
  const name = utf8.encode(type);
  for (let at = 4; at < bytes.byteLength; at += 1) {
    if (!name.every((byte, i) => bytes[at + i] === byte)) continue;
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at - 4);
    return bytes.slice(at - 4, at - 4 + size);
  }
  throw new Error(`no ${type} in these bytes`);
}
