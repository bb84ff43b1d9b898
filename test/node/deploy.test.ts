import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { FakeAccount } from "./support/fake-account.ts";
import type { Account } from "./support/fake-wrangler.ts";

const QUEUES = ["nemo-gateway-wake", "nemo-gateway-deliveries", "nemo-gateway-dead"];
const COMPLETE = { queues: QUEUES, migrated: true, secrets: ["ROOT_SECRET", "ADMIN_TOKEN"] };
const RULE = "nemo-gateway-incomplete-uploads";

/** The calls on an empty account. */
const FIRST_TIME = [
  "whoami --json",
  ...QUEUES.flatMap((queue) => [`queues info ${queue}`, `queues create ${queue}`]),
  "secret list --format json",
  "d1 migrations apply DB --remote",
  "deploy --secrets-file <file>",
  "d1 migrations apply DB --remote",
  "r2 bucket lifecycle list nemo-gateway-media",
  `r2 bucket lifecycle add nemo-gateway-media ${RULE} --abort-multipart-days 7 --force`,
];

/** The calls where everything is there. */
const AGAIN = [
  "whoami --json",
  ...QUEUES.map((queue) => `queues info ${queue}`),
  "secret list --format json",
  "d1 migrations apply DB --remote",
  "deploy",
  "r2 bucket lifecycle list nemo-gateway-media",
];

const made: FakeAccount[] = [];
const accountWith = (account: Partial<Account> = {}): FakeAccount => {
  const fake = new FakeAccount(account);
  made.push(fake);
  return fake;
};
afterAll(() => {
  for (const { folder } of made) rmSync(folder, { recursive: true, force: true });
});

describe.concurrent("npm run deploy", () => {
  it("creates everything on an empty account, and changes nothing the second time", async () => {
    const account = accountWith();
    const first = await account.deploy();
    expect(first.output).toContain("\nGW=https://nemo-gateway.example.workers.dev\n");
    expect(first.code).toBe(0);
    expect(account.sequence()).toEqual(FIRST_TIME);
    expect(account.state()).toMatchObject(COMPLETE);

    const [before, token] = [account.state(), readFileSync(account.tokenFile, "utf8")];
    expect((await account.deploy()).code).toBe(0);
    expect(account.sequence().slice(FIRST_TIME.length)).toEqual(AGAIN);
    expect(account.state()).toEqual(before);
    expect(readFileSync(account.tokenFile, "utf8")).toBe(token);
  });

  it("passes secrets only in a private file that is deleted afterwards, and prints none", async () => {
    const account = accountWith();
    const { output } = await account.deploy();
    expect(account.secretsFiles().map((file) => file.mode)).toEqual([0o600]);
    expect(account.secretsPaths().map((path) => existsSync(path))).toEqual([false]);
    expect(account.secretValues()).toHaveLength(2);
    for (const value of account.secretValues()) {
      expect(Buffer.byteLength(value)).toBeGreaterThanOrEqual(32);
      expect(output).not.toContain(value);
      expect(account.sequence().join("\n")).not.toContain(value);
    }
    expect(statSync(account.tokenFile).mode & 0o777).toBe(0o600);
    expect(account.secretValues()).toContain(readFileSync(account.tokenFile, "utf8").trim());
  });

  it("adds only the secret that is missing, and keeps the admin token that a failed run wrote", async () => {
    const account = accountWith({ worker: true, secrets: ["ROOT_SECRET"] });
    const kept = "kept-from-a-run-that-failed-later-0123456789";
    writeFileSync(account.tokenFile, `${kept}\n`);
    expect((await account.deploy()).code).toBe(0);
    expect(account.secretsFiles().map((file) => file.values)).toEqual([{ ADMIN_TOKEN: kept }]);
  });

  it("says how to replace an admin token that was created elsewhere", async () => {
    const account = accountWith({ worker: true, secrets: ["ROOT_SECRET", "ADMIN_TOKEN"] });
    const { code, output } = await account.deploy();
    expect(code).toBe(0);
    expect(output).toContain("wrangler secret put ADMIN_TOKEN");
    expect(existsSync(account.tokenFile)).toBe(false);
  });

  it("rejects a run without a sign-in and says how to sign in", async () => {
    const account = accountWith({ signedIn: false });
    const { code, output } = await account.deploy();
    expect(code).toBe(1);
    expect(output).toContain("wrangler login");
    expect(account.sequence()).toEqual(["whoami --json"]);
  });

  it.each([
    ["whoami", "account", 0],
    ["queues info", "queues", 1],
    ["queues create", "queues", 2],
    ["secret list", "secrets", 7],
    ["d1 migrations apply", "migrations", 8],
    ["deploy", "deploy", 9],
    ["r2 bucket lifecycle list", "lifecycle", 11],
    ["r2 bucket lifecycle add", "lifecycle", 12],
  ])("stops at a failing `%s`, names the step %s, and finishes when run again", async (call, step, at) => {
    const account = accountWith();
    const { code, output } = await account.deploy(call);
    expect(code).toBe(1);
    expect(output).toContain(`${step} failed`);
    expect(output).toContain("Authentication error [code: 10000]");
    expect(account.sequence()).toEqual(FIRST_TIME.slice(0, at + 1));
    for (const value of account.secretValues()) expect(output).not.toContain(value);

    expect((await account.deploy()).code).toBe(0);
    expect(account.state()).toMatchObject({ ...COMPLETE, rules: [RULE] });
  });
});

describe("the deployed Worker", () => {
  it("ends an invocation that takes more than 30 s of processor time", () => {
    const limit = /^\[limits\]\ncpu_ms = ([\d_]+)$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1];
    expect(Number(limit?.replaceAll("_", ""))).toBe(30_000);
  });
});
