/** How large a picture is, by the first bytes of its file. Nothing is decoded. */

export type Size = { readonly width: number; readonly height: number };

/** The size in pixels as stored; null where these bytes do not tell. */
export function imageSize(head: Uint8Array, ext: string): Size | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const size = READERS[ext]?.(view) ?? null;
    return size !== null && size.width > 0 && size.height > 0 ? size : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // the bytes end before they tell
    throw error;
  }
}

const READERS: Readonly<Record<string, (view: DataView) => Size | null>> = {
  png: (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  gif: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  jpg: jpegSize,
  webp: webpSize,
};

/** The frame's header stands behind segments that say their lengths. Source: ITU-T T.81, annex B. */
function jpegSize(view: DataView): Size | null {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at + 1) === 0xff) at += 1; // fill bytes
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === 0xda) return null;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
  }
}

/** Three kinds of first chunks: extended, lossless, lossy. Source: RFC 9649, section 2. */
function webpSize(view: DataView): Size | null {
  const low24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X
      return { width: low24(24) + 1, height: low24(27) + 1 };
    case 0x5650384c: {
      const bits = view.getUint32(21, true); // VP8L
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503820: // VP8 and a space
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return null;
  }
}
