import { describe, expect, it } from "vitest";
import { ownedId, randomUserHash } from "../../../src/core/ids.ts";
import { FINAL_PARTIALS } from "../../../src/core/limits.ts";
import { readConcat } from "../../../src/core/uploads/resumable.ts";

const random = (count: number): Uint8Array => new Uint8Array(count).fill(7);
const ID = ownedId("upl", randomUserHash(random), 1_000, random);
const read = (headers: Record<string, string>) => readConcat(new Headers(headers));
const concat = (text: string) => read({ "upload-concat": text });
const codeOf = (got: ReturnType<typeof read>) => (got.ok ? null : got.error.code);

describe("Upload-Concat", () => {
  it("is optional", () => {
    expect(read({})).toEqual({ ok: true, value: null });
  });

  it("names a partial, or the partials of a final in their order, absolute or relative", () => {
    expect(concat("partial")).toMatchObject({ value: { kind: "partial", partials: [] } });
    const text = `final;/v1/uploads/${ID} https://other.example:8080/v1/uploads/${ID}  uploads/${ID}`;
    expect(concat(text)).toEqual({ ok: true, value: { kind: "final", text, partials: [ID, ID, ID] } });
  });

  it.each([
    "",
    "Partial",
    "final",
    "final;",
    "final; ",
    `final,/v1/uploads/${ID}`,
    `final;${ID}`,
    `final;/v1/assets/${ID}`,
    `final;/v1/uploads/${ID}/content`,
    `final;/v1/uploads/${ID.toUpperCase()}`,
    `final;/v1/uploads/${ID} http://[`,
  ])("rejects %o", (text) => {
    expect(codeOf(concat(text))).toBe("invalid_header");
  });

  it("accepts as many partials as the limit allows", () => {
    const many = (count: number): string =>
      `final;${Array.from({ length: count }, () => `/v1/uploads/${ID}`).join(" ")}`;
    expect(concat(many(FINAL_PARTIALS)).ok).toBe(true);
    expect(codeOf(concat(many(FINAL_PARTIALS + 1)))).toBe("invalid_header");
  });

  it("is allowed with no length and no bytes on a final", () => {
    const final = { "upload-concat": `final;/v1/uploads/${ID}` };
    expect(codeOf(read({ ...final, "upload-length": "5" }))).toBe("invalid_header");
    expect(codeOf(read({ ...final, "upload-defer-length": "1" }))).toBe("invalid_header");
    expect(codeOf(read({ ...final, "content-type": "application/offset+octet-stream" }))).toBe("upload_final");
  });
});
