/** Private files of `NAME=value` lines: read by wrangler, never shown. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** One line. Single quotes keep blanks and `#`; a dollar is escaped, because wrangler expands variables even in quotes. */
function line(name: string, value: string): string {
  if (/['\r\n]/.test(value)) throw new Error(`the value of ${name} holds a quote or a line break`);
  return `${name}='${value.replaceAll("$", "\\$")}'`;
}

/** Writes a file that only its owner can read, and creates its folder. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600); // `mode` above applies only to new files
}

/** Writes the variables, replacing the file. */
export function writeEnvFile(path: string, values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => line(name, value));
  writePrivate(path, `${lines.join("\n")}\n`);
}

/** Reads such a file; lines that are not assignments are skipped. */
export function readEnvFile(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const text of readFileSync(path, "utf8").split(/\r?\n/)) {
    const found = /^\s*([A-Z0-9_]+)\s*=\s*(?:'([^']*)'|"([^"]*)"|(.*?))\s*$/.exec(text);
    if (found?.[1]) values[found[1]] = (found[2] ?? found[3] ?? found[4] ?? "").replaceAll("\\$", "$");
  }
  return values;
}

/** 48 random bytes in base64url; the gateway requires 32. */
export const randomSecret = (): string => randomBytes(48).toString("base64url");

export type Secrets = { readonly ROOT_SECRET: string; readonly ADMIN_TOKEN: string };

/** The secrets in this file. Missing ones are created and added, so that state encrypted with them can be read at the next start. */
export function keepSecrets(path: string): Secrets {
  const known = existsSync(path) ? readEnvFile(path) : {};
  const secrets = {
    ROOT_SECRET: known.ROOT_SECRET || randomSecret(),
    ADMIN_TOKEN: known.ADMIN_TOKEN || randomSecret(),
  };
  const missing = Object.entries(secrets).filter(([name]) => !known[name]);
  if (missing.length === 0) return secrets;
  const before = existsSync(path) ? readFileSync(path, "utf8").replace(/\n*$/, "\n") : "";
  writePrivate(path, before.trimStart() + missing.map(([name, value]) => `${line(name, value)}\n`).join(""));
  return secrets;
}
