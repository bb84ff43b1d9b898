/**
 * `npm run deploy`: deploys the gateway to your Cloudflare account. Creates what is missing and keeps what exists, so a second
 * run changes nothing.
 *
 * Queues come first, because a deployment fails if a bound queue does not exist. The database's migrations run before the new
 * code if the database exists, and after it if the deployment creates it. Missing secrets are part of the deployment, so the
 * Worker never runs without them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { demand, lastWords, StepError, wrangler } from "./lib/account.ts";
import { onEnd } from "./lib/cleanup.ts";
import { randomSecret, writePrivate } from "./lib/env-file.ts";
import { readFlags } from "./lib/flags.ts";
import { bold, dim, green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { accountNames } from "./lib/wrangler-toml.ts";

readFlags({
  command: "npm run deploy",
  says: "Puts the gateway on the Cloudflare account that wrangler is signed in to. Running it again changes nothing.",
});

/** Secrets of an account cannot be read back, so the admin token is stored here: mode 0600, ignored by git. */
const ADMIN_FILE = process.env.ADMIN_TOKEN_FILE ?? join(ROOT, ".admin-token");
const SECRETS = ["ROOT_SECRET", "ADMIN_TOKEN"] as const;
type SecretName = (typeof SECRETS)[number];

/** When R2 removes parts of unfinished uploads. An upload expires after a day without bytes. Source: uploadIdle in src/core/timings.ts. */
const LIFECYCLE_RULE = "nemo-gateway-incomplete-uploads";
const ABORT_DAYS = "7";

const SIGN_IN =
  "Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN. With several accounts also set CLOUDFLARE_ACCOUNT_ID.";
const AGAIN = "Then run `npm run deploy` again: what is done already is left as it is.";

/** Secrets created in this run. They are removed from everything that is printed, wrangler's errors included. */
const hidden: string[] = [];
const hide = (text: string): string => hidden.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);

const done = (step: string, what: string): void => console.log(`${green("✓")} ${step} ${dim(what)}`);

async function checkAccount(): Promise<void> {
  await demand("account", SIGN_IN, "whoami", "--json");
  done("account", "signed in");
}

/** `queues info` instead of `queues list`, because the list has pages and does not say how many. */
async function makeQueues(queues: readonly string[]): Promise<void> {
  let made = 0;
  for (const queue of queues) {
    const info = await wrangler("queues", "info", queue);
    if (info.code === 0) continue;
    if (!/Queue ".*" does not exist/.test(info.stderr)) {
      throw new StepError(
        "queues",
        lastWords(info),
        `${SIGN_IN} The token needs the permission Queues: Edit. ${AGAIN}`,
      );
    }
    await demand("queues", `The token needs the permission Queues: Edit. ${AGAIN}`, "queues", "create", queue);
    made += 1;
  }
  done("queues", made === 0 ? "all there" : `${made} made`);
}

/** True if the database is up to date; false if it does not exist yet and `mayBeAbsent` allows that. */
async function migrate(database: string, mayBeAbsent: boolean): Promise<boolean> {
  const applied = await wrangler("d1", "migrations", "apply", database, "--remote");
  if (applied.code !== 0) {
    if (mayBeAbsent && /Couldn't find .*D1 DB/.test(applied.stderr)) return false;
    throw new StepError("migrations", lastWords(applied), `The token needs the permission D1: Edit. ${AGAIN}`);
  }
  done("migrations", applied.stdout.includes("No migrations to apply") ? "none new" : "applied");
  return true;
}

const secretList = z.array(z.object({ name: z.string() }));

/** The secrets that the Worker lacks: all of them if it does not exist yet. */
async function missingSecrets(): Promise<readonly SecretName[]> {
  const list = await wrangler("secret", "list", "--format", "json");
  if (list.code !== 0) {
    if (/Worker ".*" not found/.test(list.stderr)) return SECRETS;
    throw new StepError("secrets", lastWords(list), `The token needs the permission Workers Scripts: Edit. ${AGAIN}`);
  }
  const there = new Set(secretList.parse(JSON.parse(list.stdout)).map((secret) => secret.name));
  return SECRETS.filter((name) => !there.has(name));
}

/** The admin token from its file. A new one is written there before it is used, so that a failing run does not lose it. */
function storedAdminToken(): string {
  const kept = existsSync(ADMIN_FILE) ? readFileSync(ADMIN_FILE, "utf8").trim() : "";
  if (kept !== "") return kept;
  const made = randomSecret();
  writePrivate(ADMIN_FILE, `${made}\n`);
  return made;
}

/** Deploys the code, with the missing secrets in a private file that is removed afterwards. Returns the address. */
async function deployCode(missing: readonly SecretName[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "nemo-gateway-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const forget = onEnd(remove);
  try {
    const file = join(folder, "secrets.json");
    const values = missing.map((name) => [name, name === "ADMIN_TOKEN" ? storedAdminToken() : randomSecret()] as const);
    hidden.push(...values.map(([, value]) => value));
    writePrivate(file, JSON.stringify(Object.fromEntries(values)));
    const advice = `Read the lines above: they name what the account or the token lacks. ${AGAIN}`;
    const printed = await demand("deploy", advice, "deploy", ...(missing.length === 0 ? [] : ["--secrets-file", file]));
    const url = /^\s*(https:\/\/\S+)\s*$/m.exec(printed.stdout)?.[1];
    if (url === undefined) throw new StepError("deploy", lastWords(printed), `wrangler printed no address. ${AGAIN}`);
    done("deploy", missing.length === 0 ? "all secrets there" : `with new ${missing.join(" and ")}`);
    return url;
  } finally {
    remove();
    forget();
  }
}

async function setLifecycle(bucket: string): Promise<void> {
  const advice = `The token needs the permission Workers R2 Storage: Edit. ${AGAIN}`;
  const rules = await demand("lifecycle", advice, "r2", "bucket", "lifecycle", "list", bucket);
  const isSet = rules.stdout.split("\n").some((line) => /^name:/.test(line) && line.endsWith(` ${LIFECYCLE_RULE}`));
  if (!isSet) {
    const rule = [LIFECYCLE_RULE, "--abort-multipart-days", ABORT_DAYS, "--force"];
    await demand("lifecycle", advice, "r2", "bucket", "lifecycle", "add", bucket, ...rule);
  }
  done("lifecycle", isSet ? "set already" : `incomplete uploads go after ${ABORT_DAYS} days`);
}

function printNext(url: string): void {
  console.log(`\n${bold(url)} is up.`);
  if (!existsSync(ADMIN_FILE)) {
    console.log("The admin token was made on another machine. To replace it: npx wrangler secret put ADMIN_TOKEN");
    return;
  }
  console.log(
    `The admin token is in ${ADMIN_FILE}: keep it. A tenant and a key: README's "Run it for others", after\n`,
  );
  console.log(`GW=${url}\n`);
}

async function main(): Promise<void> {
  const names = accountNames();
  await checkAccount();
  await makeQueues(names.queues);
  const missing = await missingSecrets();
  const migrated = await migrate(names.database, true);
  const url = await deployCode(missing);
  if (!migrated) await migrate(names.database, false);
  await setLifecycle(names.bucket);
  printNext(url);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(`${red("✗")} ${bold(error.message)} failed. wrangler said:\n\n${hide(error.said)}\n\n${error.advice}`);
  process.exitCode = 1;
}
