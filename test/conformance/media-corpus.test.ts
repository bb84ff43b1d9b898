/**
 * Every file that ffprobe reads is taken, and what we tell of it is what ffprobe tells, or null.
 *
 * The files are made anew by ffmpeg: hundreds of kinds of players' quirks are in it, and none in a fixture of ours. So this
 * runs where everything runs (`npm run test:all`), and says what to install where ffmpeg is missing.
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FIRST_BYTES } from "../../src/core/limits.ts";
import { inspectFile, type MediaMetadata } from "../../src/core/media/metadata.ts";
import { formatOfBytes } from "../../src/core/media/sniff.ts";
import { boundedSource } from "../../src/core/media/source.ts";
import { CORPUS, makeFile, needFfmpeg, probe } from "./support/corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "corpus-"));
beforeAll(needFfmpeg);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (file: number, start: number, end: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(Math.max(0, end - start));
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
};

/** What we say of a file: its format by its first bytes, its facts by the whole of it. */
async function read(path: string): Promise<{ ext: string | null; facts: MediaMetadata }> {
  const file = openSync(path, "r");
  try {
    const size = fstatSync(file).size;
    const source = boundedSource(size, async (start, end) => bytesOf(file, start, end));
    return { ext: formatOfBytes(bytesOf(file, 0, FIRST_BYTES))?.ext ?? null, facts: await inspectFile(source) };
  } finally {
    closeSync(file);
  }
}

const isNear = (one: number, other: number, share: number, atLeast = 0): boolean =>
  Math.abs(one - other) <= Math.max(other * share, atLeast);

describe("the corpus", () => {
  it("has at least 60 files, and some of every format", () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
    expect([...new Set(CORPUS.map(({ name }) => name.split(".").at(-1)))].sort()).toEqual([
      "aac",
      "avi",
      "gif",
      "jpg",
      "m4a",
      "mkv",
      "mov",
      "mp3",
      "mp4",
      "png",
      "wav",
      "webm",
      "webp",
    ]);
  });

  it.each(CORPUS.map((entry) => [entry.name, entry] as const))(
    "%s is described as ffprobe describes it, or not at all",
    async (name, entry) => {
      const path = makeFile(folder, entry);
      const { ext, facts } = await read(path);
      expect(ext).not.toBeNull();
      const isPicture = /\.(jpg|png|gif|webp)$/.test(name);
      const told =
        entry.shown && isPicture
          ? { durationMs: null, packetMs: 0, width: entry.shown[0], height: entry.shown[1] }
          : probe(path, entry);
      if (isPicture || told.durationMs === null) expect(facts.durationMs).toBeNull();
      else if (facts.durationMs !== null || entry.mayBeNull !== true)
        expect(
          isNear(facts.durationMs ?? Number.NaN, told.durationMs, 0.01, told.packetMs + 1),
          `${facts.durationMs} ms, not ${told.durationMs}`,
        ).toBe(true);
      expect([facts.height, facts.width === null]).toEqual([told.height, told.width === null]);
      if (told.width !== null)
        expect(isNear(facts.width ?? 0, told.width, 0, 1), `${facts.width} wide, not ${told.width}`).toBe(true);
    },
  );
});
