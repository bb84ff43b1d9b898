/**
 * `npm run contract`: checks that a server behaves as our client expects of Nemo, and prints what it does where this is unknown.
 *
 *   npm run contract                         the sandbox that `npm run sandbox` serves, on http://127.0.0.1:8788
 *   npm run contract -- --url <address>      a sandbox elsewhere
 *   npm run contract -- --live               NEMO_API_URL with NEMO_TOKEN; prints what it will spend and asks first
 *
 * `--all` runs a pairwise set of combinations of the sandbox's switches. `--yes` skips the question.
 * NEMO_FILE_URL: a media file that a live server can fetch. TIME_SCALE: how much faster than real time the sandbox runs.
 * The same contract against the sandbox in one process, without HTTP, is test/nemo/contract.test.ts.
 */
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { type Finding, findings } from "../test/contract/findings.ts";
import { overHttp } from "../test/contract/over-http.ts";
import { type Combination, pairwise } from "../test/contract/pairs.ts";
import { type Run, runContract, SPENDS, type StepOutcome } from "../test/contract/suite.ts";
import { AXES } from "../test/contract/switches.ts";
import type { Target } from "../test/contract/target.ts";
import { readFlags } from "./lib/flags.ts";

/** Source: nemo-api reference section 0.3. */
const REAL_HOST = "https://mega-api-prod.nemovideo.ai";
const SANDBOX = "http://127.0.0.1:8788";
const PRETEND_FILE = "https://files.example/beach.jpg";

const MARKS: Record<StepOutcome["outcome"], string> = { held: "✓", broken: "✗", skipped: "–" };

export type ContractArguments = {
  readonly live: boolean;
  readonly url: string;
  readonly all: boolean;
  readonly yes: boolean;
};

export function readArguments(command: string, says: string): ContractArguments {
  const { flags } = readFlags({
    command,
    says,
    flags: {
      live: { says: "asks NEMO_API_URL with NEMO_TOKEN; says what it will spend, and asks first" },
      url: { value: "ADDRESS", says: `a sandbox elsewhere; ${SANDBOX} when absent` },
      all: { says: "every pair of values of the sandbox's switches" },
      yes: { says: "answers the question of --live beforehand" },
    },
  });
  return { ...flags, url: (flags.url ?? SANDBOX).replace(/\/+$/, "") };
}

/** Whether the user confirms the cost of a live run. Without a terminal only `--yes` confirms it. */
async function agreed(host: string, wanted: ContractArguments): Promise<boolean> {
  console.log(`A live run sends three messages to ${host} with NEMO_TOKEN and spends about ${SPENDS} credits`);
  console.log(
    "(one clip about 100, two edits about 50 each; exports are free). It also leaves two sessions and up to three renders there.",
  );
  if (wanted.yes) return true;
  if (!process.stdin.isTTY) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question("Type yes to continue: ");
  prompt.close();
  return answer.trim() === "yes";
}

/** The live server; null if the user did not confirm. */
async function liveTarget(wanted: ContractArguments): Promise<Target | null> {
  const token = process.env.NEMO_TOKEN ?? "";
  const baseUrl = process.env.NEMO_API_URL ?? REAL_HOST;
  if (!token.startsWith("nmv_usr_")) throw new Error("--live needs NEMO_TOKEN, an nmv_usr_ token with credits");
  if (!(await agreed(baseUrl, wanted))) return null;
  return overHttp({ baseUrl, token, fileUrl: process.env.NEMO_FILE_URL ?? null, scale: 1, sandbox: null });
}

/** A new sandbox with these switches on the chosen server. */
function sandboxTarget(wanted: ContractArguments, switches: Combination): Promise<Target> {
  const scale = Math.max(1, Number(process.env.TIME_SCALE ?? "1") || 1);
  const sandbox = { name: `contract-${crypto.randomUUID()}`, switches };
  return overHttp({ baseUrl: wanted.url, token: null, fileUrl: PRETEND_FILE, scale, sandbox });
}

/** The chosen server, with the sandbox's default switches; null if a live run was not confirmed. */
export const targetOf = async (wanted: ContractArguments): Promise<Target | null> =>
  wanted.live ? liveTarget(wanted) : sandboxTarget(wanted, {});

const printStep = ({ title, outcome, words }: StepOutcome): void =>
  console.log(`${MARKS[outcome]} ${title}${words === "" ? "" : `\n    ${words}`}`);

function printFindings(found: readonly Finding[]): void {
  console.log("\nWhat this server does where the reference leaves it open (its section, topic, what was seen):");
  for (const { row, topic, seen } of found) console.log(`  ${row.padEnd(6)} ${topic.padEnd(34)} ${seen}`);
}

const isBroken = ({ outcomes }: Run): boolean => outcomes.some(({ outcome }) => outcome === "broken");

/** Runs and prints the contract once; true if every step passed. */
export async function runOnce(target: Target): Promise<boolean> {
  const run = await runContract(target, printStep);
  printFindings(findings(target.recorder.exchanges, run.notes));
  return !isBroken(run);
}

/** Runs every combination and prints failures; true if all of them passed. */
async function runAll(wanted: ContractArguments): Promise<boolean> {
  const combinations = pairwise(AXES);
  let held = 0;
  for (const [at, combination] of combinations.entries()) {
    const run = await runContract(await sandboxTarget(wanted, combination));
    if (isBroken(run)) console.log(`✗ combination ${at + 1}: ${JSON.stringify(combination)}`);
    else held++;
    for (const outcome of run.outcomes) if (outcome.outcome === "broken") printStep(outcome);
  }
  console.log(
    `${held} of ${combinations.length} combinations passed; they include each pair of values of any two switches.`,
  );
  return held === combinations.length;
}

async function main(): Promise<boolean> {
  const wanted = readArguments(
    "npm run contract",
    "Asks a server whether it behaves as our reference of Nemo's API says.",
  );
  if (wanted.all && !wanted.live) return runAll(wanted);
  const target = await targetOf(wanted);
  if (target !== null) return runOnce(target);
  console.log("Nothing was sent.");
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error("Is the server there? `npm run sandbox` serves the sandbox on port 8788.");
    process.exitCode = 1;
  }
}
