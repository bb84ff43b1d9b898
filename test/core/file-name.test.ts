/** What a file is called here. */
import { describe, expect, it } from "vitest";
import { FILENAME_CHARS } from "../../src/core/limits.ts";
import { FORMATS, type MediaFormat } from "../../src/core/media/sniff.ts";
import { fileNameFor, withExtension } from "../../src/core/text.ts";

function format(ext: string): MediaFormat {
  const found = FORMATS.find((one) => one.ext === ext);
  if (found === undefined) throw new Error(`${ext} is no format`);
  return found;
}

describe("a file's name from the sender", () => {
  it.each([
    ["/sdcard/DCIM/photo.png", null, "photo.png"],
    ["C:\\fakepath\\photo.png", null, "photo.png"],
    ["../../etc/passwd", null, "passwd"],
    ["blob", "image/png", "blob.png"],
    ["blob", "image/jpg", "blob"],
    ["movie.m4v", "video/mp4", "movie.m4v"],
    [null, "audio/wav;codecs=1", "upload.wav"],
    ["", null, "upload"],
    ["..", "video/mp4", "upload.mp4"],
    ["a\u0000\u0007\u0085b\u202e\u2066gnp.exe\ufeff.png", null, "abgnp.exe.png"],
    ["\u200bab\u00ad.png", null, "ab.png"],
    ["family 👩‍👩‍👧.png", null, "family 👩‍👩‍👧.png"],
    ["half \ud83d.png", null, "half \ufffd.png"],
  ])("%j of type %s is stored as %j", (name, type, kept) => {
    expect(fileNameFor(name, type)).toBe(kept);
  });

  it("is cut before its extension, and no character is split", () => {
    for (const start of ["", "a"]) {
      const kept = fileNameFor(`${start}${"👩".repeat(300)}.webm`, null);
      expect(kept.length).toBeLessThanOrEqual(FILENAME_CHARS);
      expect(kept.isWellFormed()).toBe(true);
      expect(kept).toMatch(/^a?(?:👩)+\.webm$/u);
    }
  });
});

describe("the file name after the format is known", () => {
  it.each([
    ["photo.png", "png", "photo.png"],
    ["photo.JPEG", "jpg", "photo.JPEG"],
    ["cup.mp4", "jpg", "cup.jpg"],
    ["movie.m4v", "mp4", "movie.mp4"],
    ["VID_1.3gp", "m4a", "VID_1.m4a"],
    ["photo.jfif", "jpg", "photo.jpg"],
    ["IMG_1.HEIC", "jpg", "IMG_1.jpg"],
    ["Mr. Smith", "png", "Mr. Smith.png"],
    ["holiday.2024", "png", "holiday.2024.png"],
    ["page.php", "gif", "page.php.gif"],
    ["upload", "webm", "upload.webm"],
  ])("%s with the content of %s becomes %s", (name, ext, named) => {
    expect(withExtension(name, format(ext))).toBe(named);
  });

  it("stays within the length limit", () => {
    expect(withExtension("🎬".repeat(100), format("webm")).length).toBeLessThanOrEqual(FILENAME_CHARS);
  });
});
