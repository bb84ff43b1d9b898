/** What a creation by tus says of its file, as clients of all kinds say it. */
import { describe, expect, it } from "vitest";
import { base64 } from "../../../src/core/encoding.ts";
import { readTusCreation } from "../../../src/core/uploads/resumable.ts";

const b64 = (text: string): string => base64(new TextEncoder().encode(text));
const created = (metadata: string | null) => {
  const headers = new Headers({ "Tus-Resumable": "1.0.0", "Upload-Length": "10" });
  if (metadata !== null) headers.set("Upload-Metadata", metadata);
  return readTusCreation(headers);
};

describe("Upload-Metadata", () => {
  it.each([
    [null, "upload"],
    ["", "upload"],
    [`filename ${b64("фото.png")}`, "фото.png"],
    [`fileName ${b64("a.png")}`, "a.png"],
    [`Filename ${b64("a.png")}`, "a.png"],
    [`name ${b64("a.png")}`, "a.png"],
    [`name ${b64("other.png")},filename ${b64("a.png")}`, "a.png"],
    [`filename,name ${b64("a.png")}`, "a.png"],
    [`filename ${b64("a.png")} , `, "a.png"],
    [`filename  ${b64("a.png")}`, "a.png"],
    [`filename ${b64("../../x/movie.m4v")},filetype ${b64("video/mp4")}`, "movie.m4v"],
    [`filename ${b64("blob")},contentType ${b64("image/png")}`, "blob.png"],
    [`filename ${b64("a\u202egnp.\u0085exe")}`, "agnp.exe"],
  ])("%j names the file %s", (metadata, filename) => {
    expect(created(metadata)).toMatchObject({ ok: true, value: { filename, metadata: {} } });
  });

  it("has labels in its other keys", () => {
    const read = created(`relativePath ${b64("null")},order,mimeType ${b64("image/png")}`);
    expect(read).toMatchObject({ ok: true, value: { metadata: { relativePath: "null", order: "" } } });
  });

  it.each([`filename *`, `filename ${b64("a")} ${b64("b")}`, `a ${b64("1")},a ${b64("2")}`])(
    "%j is rejected",
    (metadata) => {
      expect(created(metadata)).toMatchObject({ ok: false, error: { code: "invalid_header" } });
    },
  );
});
