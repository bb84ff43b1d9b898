/** Lenient readers of single values: upstream's spellings differ, so each takes the first of several names that holds the kind asked for. */
import { isObject } from "./json.ts";

/** The value under a dotted path such as `m.title`; undefined where there is none. */
function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split(".")) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** The first non-empty string; null when no path holds one. */
export function stringAt(value: unknown, ...paths: readonly string[]): string | null {
  for (const path of paths) {
    const found = at(value, path);
    if (typeof found === "string" && found.trim() !== "") return found;
  }
  return null;
}

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The first finite number, also when it is written as a decimal string; null when no path holds one. */
export function numberAt(value: unknown, ...paths: readonly string[]): number | null {
  for (const path of paths) {
    const found = at(value, path);
    const number = typeof found === "string" && DECIMAL.test(found.trim()) ? Number(found) : found;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return null;
}

/** The first array; empty when no path holds one. */
export function arrayAt(value: unknown, ...paths: readonly string[]): readonly unknown[] {
  for (const path of paths) {
    const found = at(value, path);
    if (Array.isArray(found)) return found;
  }
  return [];
}

/** The first present value, null included; undefined when no path holds any. */
export function valueAt(value: unknown, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    const found = at(value, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
