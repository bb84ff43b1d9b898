/**
 * A stand-in for wrangler on PATH: stores an account in a file, prints the texts of wrangler 4.155, records every call.
 *
 * FAKE_DIR contains `account.json` (the resources) and `calls.jsonl` (the calls). FAKE_FAIL names a call that fails, by the
 * beginning of its arguments.
 */
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Account = {
  signedIn: boolean;
  queues: string[];
  worker: boolean;
  secrets: string[];
  database: boolean;
  migrated: boolean;
  rules: string[];
};
export type SecretsFile = { mode: number; values: Record<string, string> };
export type RecordedCall = { args: string[]; secretsFile?: SecretsFile };

const folder = process.env.FAKE_DIR ?? "";
const args = process.argv.slice(2);
const file = join(folder, "account.json");
const account = JSON.parse(readFileSync(file, "utf8")) as Account; // written by the test

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Fails like wrangler: a coloured line on standard error, nothing on standard output. */
function fail(text: string): never {
  process.stderr.write(
    `\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1m${text}\u001b[0m\n\n`,
  );
  process.exit(1);
}

function readSecretsFile(): SecretsFile {
  const path = args[args.indexOf("--secrets-file") + 1] ?? "";
  return { mode: statSync(path).mode & 0o777, values: JSON.parse(readFileSync(path, "utf8")) };
}

const call: RecordedCall = { args };
if (args.includes("--secrets-file")) call.secretsFile = readSecretsFile();
appendFileSync(join(folder, "calls.jsonl"), `${JSON.stringify(call)}\n`);

const asked = args.join(" ");
if (process.env.FAKE_FAIL && asked.startsWith(process.env.FAKE_FAIL)) {
  fail(
    `A request to the Cloudflare API failed. Authentication error [code: 10000] ${JSON.stringify(call.secretsFile?.values ?? {})}`,
  );
}

function migrations(): void {
  if (!account.database)
    fail(
      "Couldn't find a D1 DB named 'nemo-gateway' (bound as 'DB') in the API. Run 'wrangler d1 create nemo-gateway' to create it.",
    );
  say("Resource location: remote \n");
  say(
    account.migrated
      ? "✅ No migrations to apply!"
      : "Migrations to be applied:\n┌──────────────────┐\n│ 0001_initial.sql │\n└──────────────────┘",
  );
  account.migrated = true;
}

function deploy(): void {
  account.worker = account.database = true;
  account.secrets.push(...Object.keys(call.secretsFile?.values ?? {}));
  say(
    "Total Upload: 400.00 KiB / gzip: 100.00 KiB\nUploaded nemo-gateway (3.21 sec)\nDeployed nemo-gateway triggers (1.05 sec)",
  );
  say(
    "  https://nemo-gateway.example.workers.dev\n  schedule: * * * * *\n  Producer for nemo-gateway-wake\nCurrent Version ID: 00000000-0000-0000-0000-000000000000",
  );
}

const [first, second, third, fourth, fifth = "", sixth = ""] = args;
if (first === "whoami") {
  if (!account.signedIn) {
    say(JSON.stringify({ loggedIn: false }, null, 2));
    process.exit(1);
  }
  say(JSON.stringify({ loggedIn: true, authType: "User API Token", accounts: [{ name: "a", id: "1" }] }, null, 2));
} else if (first === "queues" && second === "info") {
  if (!account.queues.includes(third ?? ""))
    fail(`Queue "${third}" does not exist. To create it, run: wrangler queues create ${third}`);
  say(`Queue Name: ${third}\nQueue ID: 1\nNumber of Producers: 0\nNumber of Consumers: 0`);
} else if (first === "queues" && second === "create") {
  account.queues.push(third ?? "");
  say(`🌀 Creating queue '${third}'\n✅ Created queue '${third}'`);
} else if (first === "secret" && second === "list") {
  if (!account.worker)
    fail(`Worker "nemo-gateway" not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`);
  say(
    JSON.stringify(
      account.secrets.map((name) => ({ name, type: "secret_text" })),
      null,
      "  ",
    ),
  );
} else if (first === "d1" && second === "migrations" && third === "apply" && fourth === "DB" && fifth === "--remote") {
  migrations();
} else if (first === "deploy") {
  deploy();
} else if (asked.startsWith("r2 bucket lifecycle list ")) {
  say(`Listing lifecycle rules for bucket '${fifth}'...`);
  say(
    account.rules
      .map(
        (rule) =>
          `name:     ${rule}\nenabled:  Yes\nprefix:   (all prefixes)\naction:   Abort incomplete multipart uploads after 7 days`,
      )
      .join("\n\n") || `There are no lifecycle rules for bucket '${fifth}'.`,
  );
} else if (asked.startsWith("r2 bucket lifecycle add ")) {
  account.rules.push(sixth);
  say(
    `Adding lifecycle rule '${sixth}' to bucket '${fifth}'...\n✨ Added lifecycle rule '${sixth}' to bucket '${fifth}'.`,
  );
} else {
  fail(`Unknown arguments: ${asked}`);
}
writeFileSync(file, JSON.stringify(account));
