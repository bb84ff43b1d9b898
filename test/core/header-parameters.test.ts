/** Parameters of headers as real senders write them. */
import { describe, expect, it } from "vitest";
import { base64 } from "../../src/core/encoding.ts";
import { parameterText, readParameters } from "../../src/core/requests/header-fields.ts";

const utf8 = (text: string): string => base64(new TextEncoder().encode(text));
const nameIn = (rest: string): string | undefined => parameterText(readParameters(`form-data; ${rest}`), "filename");

describe("a file name in a header", () => {
  it.each([
    ["quoted, as curl and browsers write it", 'name="file"; filename="photo.png"', "photo.png"],
    ["in UTF-8", 'name="file"; filename="фото 🎬.png"', "фото 🎬.png"],
    ["without quotation marks, as .NET writes it", "name=file; filename=photo.png", "photo.png"],
    ["without them and with a blank", "name=file; filename=my photo.png", "my photo.png"],
    ["extended alone, as urllib3 wrote it", "name=\"file\"; filename*=utf-8''%D1%84.png", "ф.png"],
    ["extended beside a plain one, which counts first", "filename=\"x.png\"; filename*=UTF-8'en'%c3%a9.png", "é.png"],
    ["extended in ISO-8859-1", "filename*=iso-8859-1''%E9.png", "é.png"],
    ["extended inside quotation marks", "filename*=\"utf-8''%C3%A9.png\"", "é.png"],
    ["extended and broken, beside a plain one", "filename=\"x.png\"; filename*=utf-8''%C3.png", "x.png"],
    ["extended in an unknown charset", "filename=\"x.png\"; filename*=klingon''a.png", "x.png"],
    ["extended with a percent sign without digits", "filename=\"x.png\"; filename*=utf-8''100%.png", "x.png"],
    ["extended and empty", "filename=\"x.png\"; filename*=utf-8''", "x.png"],
    ["an encoded word, as .NET writes it", `filename="=?utf-8?B?${utf8("фото.png")}?="`, "фото.png"],
    ["an encoded word without quotation marks", `filename==?utf-8?B?${utf8("é.png")}?=`, "é.png"],
    ["two encoded words", `filename="=?utf-8?B?${utf8("ф")}?= =?utf-8?Q?=D1=84_x.png?="`, "фф x.png"],
    ["an encoded word in Latin-1", 'filename="=?iso-8859-1?Q?caf=E9.png?="', "café.png"],
    ["what only looks like an encoded word", 'filename="=?what?.png"', "=?what?.png"],
    ["an escaped quotation mark, as curl and Python write it", 'filename="a\\"b\\\\c.png"', 'a"b\\c.png'],
    ["an escaped quotation mark, as browsers write it", 'filename="a%22b.png"', 'a"b.png'],
    ["an unescaped quotation mark", 'filename="my "best" photo.png"', 'my "best" photo.png'],
    ["a percent sign that is one", 'filename="100%.png"', "100%.png"],
    ["percent signs of a name that is ASCII", 'filename="50%20off.png"', "50%20off.png"],
    ["percent-encoded UTF-8", 'filename="%D1%84.png"', "ф.png"],
    ["a Windows path", 'filename="C:\\Users\\new\\photo.png"', "C:\\Users\\new\\photo.png"],
    ["a semicolon", 'filename="a;b.png"; name="x"', "a;b.png"],
    ["nothing", 'filename=""', ""],
    ["upper case and blanks", 'NAME="x";  FileName = "a.png" ', "a.png"],
    ["an open quotation mark", 'filename="a.png', "a.png"],
  ])("%s", (_, header, name) => {
    expect(nameIn(header)).toBe(name);
  });

  it("is absent if the header has none", () => {
    for (const header of ['name="filename"', "xfilename=a", "", ";;;=;", 'name="a; filename=b"'])
      expect(nameIn(header)).toBeUndefined();
  });
});

describe("parameters", () => {
  it("count once: the first of duplicate names", () => {
    expect(readParameters("a; b=1; b=2; c").get("b")).toBe("1");
  });

  it("contain a boundary in every valid form", () => {
    for (const type of [
      "multipart/form-data; boundary=a'b",
      'multipart/form-data;boundary="a\'b"',
      "x; charset=y; Boundary=a'b ",
    ])
      expect(readParameters(type).get("boundary")).toBe("a'b");
  });
});
