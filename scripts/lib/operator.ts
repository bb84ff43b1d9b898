/** The gateway and the admin token that `npm run admin` uses. The token comes from a file, never from the command line. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { readEnvFile } from "./env-file.ts";

/** Ends the command with a message and an exit code: 1 failed, 2 wrong usage, 3 no valid admin token. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: 1 | 2 | 3;

  constructor(code: 1 | 2 | 3, message: string) {
    super(message);
    this.code = code;
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The gateway's origin. Rejects plain http to another machine: it would send the admin token unencrypted. */
export function gatewayUrl(given: string | undefined): string {
  if (given === undefined || given === "")
    throw new Exit(
      2,
      "Say which gateway: --url https://gateway.example, or the variable GW (npm run deploy prints it).",
    );
  if (!URL.canParse(given))
    throw new Exit(2, `--url takes an address such as https://gateway.example, not "${given}".`);
  const { protocol, hostname, origin } = new URL(given);
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.test(hostname)))
    throw new Exit(
      2,
      "--url takes an https address; http is for this machine alone, because the token is sent with it.",
    );
  return origin;
}

/**
 * The admin token in a file: the file's only line, or its line `ADMIN_TOKEN=…`, as in `.dev.vars`. Rejects a file that
 * other accounts of this machine can read.
 */
export function adminToken(path: string): string {
  if (!existsSync(path))
    throw new Exit(
      3,
      `No admin token: ${path} does not exist. npm run deploy writes it; --token-file names another one.`,
    );
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
    throw new Exit(3, `Other accounts can read ${path}; run: chmod 600 ${path}`);
  const text = readFileSync(path, "utf8").trim();
  const token = /^[A-Z0-9_]+\s*=/m.test(text) ? readEnvFile(path).ADMIN_TOKEN : text;
  if (token === undefined || token === "" || /\s/.test(token))
    throw new Exit(3, `${path} holds no admin token: one line, or a line ADMIN_TOKEN=…`);
  return token;
}
