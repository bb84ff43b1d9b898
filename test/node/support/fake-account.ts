/** A fake account for one test of `npm run deploy`: a folder with a `wrangler` for PATH, the account's resources, and the recorded calls. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { Account, RecordedCall, SecretsFile } from "./fake-wrangler.ts";

export const EMPTY: Account = {
  signedIn: true,
  queues: [],
  worker: false,
  secrets: [],
  database: false,
  migrated: false,
  rules: [],
};

export type Run = { readonly code: number; readonly output: string };

const SCRIPT = resolve(import.meta.dirname, "../../../scripts/deploy.ts");

/** Compiled once, because every run starts it a dozen times. */
const FAKE = stripTypeScriptTypes(readFileSync(resolve(import.meta.dirname, "fake-wrangler.ts"), "utf8"));

export class FakeAccount {
  readonly folder = mkdtempSync(join(tmpdir(), "deploy-test-"));
  readonly tokenFile = join(this.folder, "admin-token");
  readonly rootFile = join(this.folder, "root-secret");

  constructor(account: Partial<Account> = {}) {
    for (const name of ["bin", "tmp"]) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, "fake.mjs"), FAKE);
    const command = join(this.folder, "bin/wrangler");
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${join(this.folder, "fake.mjs")}' "$@"\n`);
    chmodSync(command, 0o755);
    writeFileSync(join(this.folder, "account.json"), JSON.stringify({ ...EMPTY, ...account }));
  }

  /** Runs the script; a call whose arguments start with `fail` fails. */
  deploy(fail = "", more: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<Run> {
    const env = {
      ...process.env,
      PATH: `${join(this.folder, "bin")}${delimiter}${process.env.PATH}`,
      FAKE_DIR: this.folder,
      FAKE_FAIL: fail,
      ADMIN_TOKEN_FILE: this.tokenFile,
      TMPDIR: join(this.folder, "tmp"),
      ...more,
    };
    return new Promise((settle) => {
      execFile(process.execPath, [SCRIPT, ...flags], { env }, (error, stdout, stderr) => {
        settle({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
      });
    });
  }

  /** The account's resources. */
  state(): Account {
    return JSON.parse(readFileSync(join(this.folder, "account.json"), "utf8"));
  }

  calls(): RecordedCall[] {
    const file = join(this.folder, "calls.jsonl");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  /** The calls as lines; the path of the secrets file differs in each run and is replaced. */
  sequence(): string[] {
    return this.calls().map((call) => call.args.join(" ").replace(/--secrets-file \S+/, "--secrets-file <file>"));
  }

  secretsFiles(): SecretsFile[] {
    return this.calls().flatMap((call) => (call.secretsFile ? [call.secretsFile] : []));
  }

  /** The paths of the secrets files. */
  secretsPaths(): string[] {
    return this.calls().flatMap(({ args }) => args.filter((_, at) => args[at - 1] === "--secrets-file"));
  }

  /** Every secret that this account received. */
  secretValues(): string[] {
    return this.secretsFiles().flatMap((file) => Object.values(file.values));
  }
}
