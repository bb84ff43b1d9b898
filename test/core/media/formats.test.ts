import { describe, expect, it } from "vitest";
import { FORMATS, formatOfName } from "../../../src/core/media/sniff.ts";

describe("formats", () => {
  it("lists the 13 formats once each", () => {
    expect(new Set(FORMATS.map((format) => format.ext)).size).toBe(13);
  });

  it("are found by extension in any case, and jpeg as jpg", () => {
    expect(formatOfName("a.MP4")?.ext).toBe("mp4");
    expect(formatOfName("holiday.photo.jpeg")?.ext).toBe("jpg");
  });

  it("are not found without an extension, or for an unknown one", () => {
    expect(formatOfName("mp4")).toBeNull();
    expect(formatOfName("a.exe")).toBeNull();
  });
});
