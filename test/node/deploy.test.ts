import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readEnvFile } from "../../scripts/lib/env-file.ts";
import { FakeAccount } from "./support/fake-account.ts";
import type { Account } from "./support/fake-wrangler.ts";

const QUEUES = ["nemo-gateway-wake", "nemo-gateway-deliveries", "nemo-gateway-dead"];
const COMPLETE = { queues: QUEUES, migrated: true, secrets: ["ROOT_SECRET", "ADMIN_TOKEN"] };
const RULE = "nemo-gateway-incomplete-uploads";

const EXISTING = { worker: true, secrets: ["ROOT_SECRET", "ADMIN_TOKEN"] };

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
    const kept = [account.rootFile, account.tokenFile]; // neither can be read back from the account
    expect(kept.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(kept.map((file) => readFileSync(file, "utf8").trim())).toEqual(account.secretValues());
    expect(output).toContain(account.rootFile);
  });

  it("adds only the secret that is missing, and keeps the admin token that a failed run wrote", async () => {
    const account = accountWith({ worker: true, secrets: ["ROOT_SECRET"] });
    const kept = "kept-from-a-run-that-failed-later-0123456789";
    writeFileSync(account.tokenFile, `${kept}\n`);
    expect((await account.deploy()).code).toBe(0);
    expect(account.secretsFiles().map((file) => file.values)).toEqual([{ ADMIN_TOKEN: kept }]);
    expect(existsSync(account.rootFile)).toBe(false);
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
    ["secret list", "secrets", 7],
    ["d1 migrations apply", "migrations", 8],
    ["deploy", "deploy", 9],
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

  it.each([
    ["queues info", "! queues nemo-gateway-wake could not be read", "Queues: Edit"],
    ["queues create", "! queues nemo-gateway-wake could not be made", "Queues: Edit"],
    ["r2 bucket lifecycle list", "! lifecycle", "Workers R2 Storage: Edit"],
    ["r2 bucket lifecycle add", "! lifecycle", "Workers R2 Storage: Edit"],
  ])("warns of `%s` without permission and continues", async (call, warning, permission) => {
    const account = accountWith();
    const { code, output } = await account.deploy(call);
    expect(code).toBe(0);
    expect(output).toContain(warning);
    expect(output).toContain(permission);
    expect(output).toContain("Authentication error [code: 10000]");
    expect(account.state()).toMatchObject({ worker: true, migrated: true, secrets: COMPLETE.secrets });
    for (const value of account.secretValues()) expect(output).not.toContain(value);
  });

  it("deploys another configuration, whose names it takes", async () => {
    const account = accountWith({ ...EXISTING, queues: QUEUES.map((queue) => queue.replace("gateway", "staging")) });
    const config = join(account.folder, "wrangler.staging.toml");
    const text = readFileSync("wrangler.toml", "utf8").replaceAll("nemo-gateway", "nemo-staging");
    writeFileSync(config, text);
    expect((await account.deploy("", { GATEWAY_CONFIG: config })).code).toBe(0);
    const calls = account.sequence();
    expect(calls.every((call) => call.endsWith(` --config ${config}`))).toBe(true);
    expect(calls.join("\n")).not.toMatch(/nemo-gateway-(wake|deliveries|dead|media)/);
    writeFileSync(config, text.replaceAll("nemo-staging-dead", "failures"));
    const strange = await account.deploy("", { GATEWAY_CONFIG: config });
    expect(strange.code).toBe(1);
    expect(strange.output).toContain("failures");
    expect(account.sequence()).toEqual(calls);
  });

  it("builds and calls no account with --dry-run, and rejects an unknown flag before anything", async () => {
    const account = accountWith({ signedIn: false });
    const dry = await account.deploy("", {}, ["--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.output).toContain("nemo-gateway-dead");
    expect(account.sequence()).toEqual(["deploy --dry-run"]);
    expect(existsSync(account.tokenFile)).toBe(false);
    const wrong = await account.deploy("", {}, ["--dryrun"]);
    expect(wrong.code).toBe(2);
    expect(account.sequence()).toEqual(["deploy --dry-run"]);
  });
});

describe.concurrent("a build on Cloudflare", () => {
  const ROOT_SECRET = "root-secret-of-a-form-0123456789-0123456789";
  const ADMIN_TOKEN = "admin-token-of-a-form-0123456789-0123456789";

  it.each([
    ["none", {}, "no ROOT_SECRET and no ADMIN_TOKEN"],
    ["one", { ROOT_SECRET }, "no ADMIN_TOKEN"],
    ["a short one", { ROOT_SECRET, ADMIN_TOKEN: "short" }, "no ADMIN_TOKEN"],
  ])("makes no secrets: with %s it stops and says what to do", async (_, secrets, says) => {
    const account = accountWith({ queues: QUEUES });
    const { code, output } = await account.deploy("", { WORKERS_CI: "1", ...secrets });
    expect(code).toBe(1);
    expect(output).toContain(says);
    expect(output).toContain("npx wrangler secret put ADMIN_TOKEN");
    expect(existsSync(account.tokenFile)).toBe(false);
    expect(account.secretsFiles()).toEqual([]);
    for (const value of Object.values(secrets).filter((one) => one.length > 10)) expect(output).not.toContain(value);
  });

  it("takes them from its environment, prints none, and needs no account to be read", async () => {
    const account = accountWith({ queues: QUEUES });
    const { code, output } = await account.deploy("whoami", { WORKERS_CI: "1", ROOT_SECRET, ADMIN_TOKEN });
    expect(code).toBe(0);
    expect(account.secretsFiles()).toEqual([{ mode: 0o600, values: { ROOT_SECRET, ADMIN_TOKEN } }]);
    expect(existsSync(account.rootFile)).toBe(false);
    expect(existsSync(account.tokenFile)).toBe(false);
    for (const value of [ROOT_SECRET, ADMIN_TOKEN]) {
      expect(output).not.toContain(value);
      expect(account.sequence().join("\n")).not.toContain(value);
    }
    const failing = await accountWith({ queues: QUEUES }).deploy("deploy", {
      WORKERS_CI: "1",
      ROOT_SECRET,
      ADMIN_TOKEN,
    });
    expect(failing.code).toBe(1);
    expect(failing.output).not.toContain(ADMIN_TOKEN);
  });

  it("leaves the secrets that the Worker has", async () => {
    const account = accountWith({ queues: QUEUES, worker: true, secrets: ["ROOT_SECRET", "ADMIN_TOKEN"] });
    const { code, output } = await account.deploy("", { WORKERS_CI: "1", ADMIN_TOKEN });
    expect(code).toBe(0);
    expect(account.secretsFiles()).toEqual([]);
    expect(output).not.toContain(ADMIN_TOKEN);
  });
});

describe("the template of the deploy button", () => {
  const example = readEnvFile(".dev.vars.example");
  type Package = { cloudflare: { bindings: Record<string, { description: string }> } };
  const { cloudflare } = JSON.parse(readFileSync("package.json", "utf8")) as Package;

  it("asks for the two secrets, suggests no value, and describes them", () => {
    expect(example).toEqual({ ROOT_SECRET: "", ADMIN_TOKEN: "" });
    for (const name of ["ROOT_SECRET", "ADMIN_TOKEN", "DB", "MEDIA", "WAKE", "DELIVERIES"])
      expect(cloudflare.bindings[name]?.description, name).toMatch(/^[A-Z].+\.$/);
  });

  it("has no id of an account or a resource, and its button names a repository", () => {
    expect(readFileSync("wrangler.toml", "utf8")).not.toMatch(/account_id|database_id|[0-9a-f]{32}/);
    const button = /\[!\[[^\]]+\]\((https:[^)]+)\)\]\((https:[^)]+)\)/.exec(readFileSync("README.md", "utf8"));
    expect(button?.[1]).toBe("https://deploy.workers.cloudflare.com/button");
    const target = new URL(button?.[2] ?? "");
    expect(`${target.origin}${target.pathname}`).toBe("https://deploy.workers.cloudflare.com/");
    expect(target.searchParams.get("url")).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/);
  });
});

describe("the deployed Worker", () => {
  it("ends an invocation that takes more than 30 s of processor time", () => {
    const limit = /^\[limits\]\ncpu_ms = ([\d_]+)$/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1];
    expect(Number(limit?.replaceAll("_", ""))).toBe(30_000);
  });
});
