/** The `Range` header of one file (RFC 9110 section 14): one range of bytes, or the whole. */
import type { ByteRange } from "../store/stored.ts";

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What to send of a file of `sizeBytes`. `whole` for no header, several ranges, another unit or a malformed one, which a
 * server may ignore; `unsatisfiable` when the range lies outside the file.
 */
export function readRange(header: string | null, sizeBytes: number): ByteRange | "whole" | "unsatisfiable" {
  const match = RANGE.exec(header?.replaceAll(" ", "") ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return "whole";
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return "whole";
  if (offset >= sizeBytes) return "unsatisfiable";
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return { offset, length: end - offset + 1 };
}
