/**
 * `npm run deploy`: deploys the gateway to your Cloudflare account. Creates what is missing and keeps what exists, so a second
 * run changes nothing.
 *
 * Also runs in Workers Builds, without a terminal: there the secrets come from the form or from the build's own
 * variables, and none is made. A step that its token may not do is a warning where the deployment may work without it.
 *
 * Queues come first, because a deployment fails if a bound queue does not exist. The database's migrations run before the new
 * code if the database exists, and after it if the deployment creates it. Missing secrets are part of the deployment, so the
 * Worker never runs without them.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { SECRET_MIN_BYTES } from "../src/core/limits.ts";
import { demand, lastWords, StepError, wrangler } from "./lib/account.ts";
import { onEnd } from "./lib/cleanup.ts";
import { randomSecret, writePrivate } from "./lib/env-file.ts";
import { readFlags } from "./lib/flags.ts";
import { bold, dim, green, red, yellow } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { type AccountNames, accountNames, unknownQueues } from "./lib/wrangler-toml.ts";

const { flags } = readFlags({
  command: "npm run deploy",
  says: "Puts the gateway on the Cloudflare account that wrangler is signed in to. Running it again changes nothing.",
  flags: { "dry-run": { says: "builds, and says what a run would do; calls no account" } },
});

/** Whether this is a build on Cloudflare: its disk is gone afterwards. Source: Workers Builds, "Default variables". */
const IN_BUILD = process.env.WORKERS_CI === "1";

/** Secrets of an account cannot be read back, so those that are made here are stored: mode 0600, ignored by git. */
const ADMIN_FILE = process.env.ADMIN_TOKEN_FILE ?? join(ROOT, ".admin-token");
const SECRETS = ["ROOT_SECRET", "ADMIN_TOKEN"] as const;
type SecretName = (typeof SECRETS)[number];
/** The root secret beside it: a rotation needs the old one, and a restored backup is useless without it. */
const ROOT_FILE = join(dirname(ADMIN_FILE), rootFileName(basename(ADMIN_FILE)));
const FILES: Readonly<Record<SecretName, string>> = { ROOT_SECRET: ROOT_FILE, ADMIN_TOKEN: ADMIN_FILE };

/** When R2 removes parts of unfinished uploads. An upload expires after a day without bytes. Source: uploadIdle in src/core/timings.ts. */
const LIFECYCLE_RULE = "nemo-gateway-incomplete-uploads";
const ABORT_DAYS = "7";

const SIGN_IN =
  "Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN. With several accounts also set CLOUDFLARE_ACCOUNT_ID.";
const AGAIN = "Then run `npm run deploy` again: what is done already is left as it is.";

/** Secrets created in this run or given to this build. They are removed from everything that is printed, wrangler's errors included. */
const hidden: string[] = SECRETS.flatMap((name) => (IN_BUILD && process.env[name] ? [process.env[name]] : []));
const hide = (text: string): string => hidden.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);

const warn = (step: string, what: string): void => console.log(`${yellow("!")} ${step} ${hide(what)}`);
const done = (step: string, what: string): void => console.log(`${green("✓")} ${step} ${dim(what)}`);

async function checkAccount(): Promise<void> {
  const who = await wrangler("whoami", "--json");
  if (who.code === 0) return done("account", "signed in");
  if (!IN_BUILD) throw new StepError("account", lastWords(who), SIGN_IN);
  warn("account", "could not be read with the build's token; the deployment shows whether it may deploy");
}

/** A queue that the token may not see or make may exist: if it does not, the deployment fails and names it. */
const QUEUES_ADVICE = "The token needs the permission Queues: Edit to make queues. Continuing: they may exist.";

/** `queues info` instead of `queues list`, because the list has pages and does not say how many. */
async function makeQueues(queues: readonly string[]): Promise<void> {
  let made = 0;
  for (const queue of queues) {
    const info = await wrangler("queues", "info", queue);
    if (info.code === 0) continue;
    if (!/Queue ".*" does not exist/.test(info.stderr))
      return warn("queues", `${queue} could not be read: ${lastWords(info)}\n  ${QUEUES_ADVICE}`);
    const created = await wrangler("queues", "create", queue);
    if (created.code !== 0)
      return warn("queues", `${queue} could not be made: ${lastWords(created)}\n  ${QUEUES_ADVICE}`);
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

/** The secrets that a build is given in its environment, for those that the Worker lacks. Throws for one that is not, or is too short. */
function secretsOfBuild(missing: readonly SecretName[]): Record<string, string> {
  const usable = (name: SecretName): boolean => Buffer.byteLength(process.env[name] ?? "") >= SECRET_MIN_BYTES;
  const lacking = missing.filter((name) => !usable(name));
  if (lacking.length === 0) return Object.fromEntries(missing.map((name) => [name, process.env[name] ?? ""]));
  const commands = lacking.map((name) => `  openssl rand -base64 48 | npx wrangler secret put ${name}`).join("\n");
  throw new StepError(
    "secrets",
    `The Worker has no ${lacking.join(" and no ")}, and this build was given none of at least ${SECRET_MIN_BYTES} bytes.`,
    `A build makes no secrets, because it could not keep them for you. Set them in the form, as secrets of the build, or with\n${commands}\nKeep the admin token. Then run the build again.`,
  );
}

/** `.admin-token-staging` has `.root-secret-staging` beside it. */
function rootFileName(adminFile: string): string {
  return adminFile.includes("admin-token")
    ? adminFile.replace("admin-token", "root-secret")
    : `${adminFile}.root-secret`;
}

/** A secret from its file. A new one is written there before it is used, so that a failing run does not lose it. */
function storedSecret(name: SecretName): string {
  const file = FILES[name];
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (kept !== "") return kept;
  const made = randomSecret();
  writePrivate(file, `${made}\n`);
  return made;
}

/** Deploys the code, with the missing secrets in a private file that is removed afterwards. Returns the address. */
async function deployCode(missing: readonly SecretName[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "nemo-gateway-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const forget = onEnd(remove);
  try {
    const file = join(folder, "secrets.json");
    const values = IN_BUILD
      ? secretsOfBuild(missing)
      : Object.fromEntries(missing.map((name) => [name, storedSecret(name)] as const));
    hidden.push(...Object.values(values));
    writePrivate(file, JSON.stringify(values));
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
  const advice = `Without this rule, parts of unfinished uploads are stored and billed. The token needs the permission Workers R2 Storage: Edit. ${AGAIN}`;
  const rules = await wrangler("r2", "bucket", "lifecycle", "list", bucket);
  if (rules.code !== 0) return warn("lifecycle", `${lastWords(rules)}\n  ${advice}`);
  const isSet = rules.stdout.split("\n").some((line) => /^name:/.test(line) && line.endsWith(` ${LIFECYCLE_RULE}`));
  if (!isSet) {
    const rule = [LIFECYCLE_RULE, "--abort-multipart-days", ABORT_DAYS, "--force"];
    const added = await wrangler("r2", "bucket", "lifecycle", "add", bucket, ...rule);
    if (added.code !== 0) return warn("lifecycle", `${lastWords(added)}\n  ${advice}`);
  }
  done("lifecycle", isSet ? "set already" : `incomplete uploads go after ${ABORT_DAYS} days`);
}

function printNext(url: string): void {
  console.log(`\n${bold(url)} is up.`);
  if (IN_BUILD) {
    console.log("The admin token is the one that you set for this build or in the form.");
    return;
  }
  if (existsSync(ROOT_FILE))
    console.log(
      `The root secret is in ${ROOT_FILE}: move it to where you keep secrets. It cannot be read back, and its rotation needs it.`,
    );
  if (!existsSync(ADMIN_FILE)) {
    console.log("The admin token was made on another machine. To replace it: npx wrangler secret put ADMIN_TOKEN");
    return;
  }
  console.log(
    `The admin token is in ${ADMIN_FILE}: keep it. A tenant and a key: README's "Run it for others", after\n`,
  );
  console.log(`GW=${url}\n`);
}

/** Builds the Worker, and says what a run would make. Calls no account. */
async function dryRun({ queues, database, bucket }: AccountNames): Promise<void> {
  await demand("build", "Read the lines above.", "deploy", "--dry-run");
  done("build", "the Worker builds with every binding");
  console.log(
    `\nA run makes what is missing of: the queues ${queues.join(", ")}; the database bound as ${database}, with its migrations; the bucket ${bucket}, with its rule for unfinished uploads; the secrets ${SECRETS.join(" and ")}.`,
  );
}

async function main(): Promise<void> {
  const names = accountNames();
  const strange = unknownQueues();
  if (strange.length > 0)
    throw new StepError(
      "queues",
      `The configuration has queues that the Worker would not know: ${strange.join(", ")}.`,
      "End their names in -wake, -deliveries and -dead, or set the variables WAKE_QUEUE, DELIVERY_QUEUE and DEAD_QUEUE.",
    );
  if (flags["dry-run"]) return dryRun(names);
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
  console.error(`${red("✗")} ${bold(error.message)} failed:\n\n${hide(error.said)}\n\n${error.advice}`);
  process.exitCode = 1;
}
