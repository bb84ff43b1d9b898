/**
 * `npm run torture [-- failpoint… failpoint@story… @story…]`: kills a gateway with SIGKILL at a named failpoint, restarts it and
 * checks the outcome: everything has ended, every event reached the receiver under one id, the sandbox's request log has each
 * message and each export once, and no job and no file in R2 is left over.
 *
 * Without arguments it runs every failpoint in every story that reaches it; CI names a few. `--kills=3` kills at the first three
 * times that the failpoint is reached, recovery included. `--random=N [--seed=S]` kills N runs at random times instead.
 * `--lanes=2` runs two at once. Each lane has a sandbox in a process of its own, whose request log outlives the kills.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { bold, dim, green, red } from "./lib/paint.ts";
import { startSandbox } from "./lib/sandbox-server.ts";
import { chosenMoments } from "./lib/torture/plan.ts";
import { killAtChance, randomRounds } from "./lib/torture/random.ts";
import { run, type Trial, type Verdict } from "./lib/torture/trial.ts";
import { migrateLocally } from "./lib/wrangler.ts";

/** The divisor of the sandbox's durations. */
const SANDBOX_SCALE = 8;

type Job = Pick<Trial, "story" | "isFatal" | "meanwhile"> & { readonly name: string; readonly at: string | null };

const { flags, words } = readFlags({
  command: "npm run torture",
  says: "Kills a gateway at named failpoints, restarts it, and checks that everything ends and nothing is done twice.",
  flags: {
    kills: {
      value: "N",
      from: 1,
      to: 100,
      says: "kills at the first N times that a failpoint is reached; 1 when absent",
    },
    lanes: { value: "N", from: 1, to: 16, says: "how many run side by side; 2 when absent" },
    random: { value: "N", from: 1, to: 100_000, says: "kills N runs at random times instead" },
    seed: { value: "S", from: 0, to: Number.MAX_SAFE_INTEGER, says: "the seed of --random; the time when absent" },
  },
  words: {
    name: "failpoint | failpoint@story | @story…",
    says: "where; everywhere when absent",
    most: Number.POSITIVE_INFINITY,
  },
});
const { kills = 1, lanes = 2, random, seed = Date.now() % 1_000_000 } = flags;

function jobsOf(): Job[] {
  if (random !== undefined) {
    console.log(`seed ${seed}`);
    return randomRounds(random, seed).map(({ story, moments }, n) => ({
      name: `round ${n + 1}: ${story}`,
      story,
      at: null,
      isFatal: () => false,
      meanwhile: killAtChance(moments),
    }));
  }
  return chosenMoments(words).map(({ at, story }) => ({
    name: `${at}@${story}`,
    story,
    at,
    isFatal: (reached, passing) => reached === at && passing <= kills,
  }));
}

const faultOf = (job: Job, { fault, killedAt }: Verdict): string | null =>
  fault ?? (job.at !== null && killedAt.length === 0 ? "the failpoint was never reached" : null);

async function main(): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "nemo-torture-"));
  onEnd(() => rmSync(scratch, { recursive: true, force: true }));
  const template = join(scratch, "template");
  mkdirSync(template);
  await migrateLocally({ stateDir: template }, join(template, "state"));
  const jobs = jobsOf();
  const began = Date.now();
  const faults: string[] = [];
  let done = 0;
  const lane = async (n: number, waiting: Job[]): Promise<void> => {
    const sandbox = await startSandbox({ stateDir: join(scratch, `sandbox${n}`), timeScale: SANDBOX_SCALE });
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const stateDir = join(scratch, `run${n}`);
      const verdict = await run({
        ...job,
        run: `run${done}x${n}x${Date.now() % 100_000}`,
        template,
        stateDir,
        sandbox,
      });
      rmSync(stateDir, { recursive: true, force: true });
      const fault = faultOf(job, verdict);
      const result = `${bold(job.name)} ${dim(`${(verdict.ms / 1000).toFixed(1)} s, killed ${verdict.killedAt.length} ×, ${++done} of ${jobs.length}`)}`;
      console.log(fault === null ? `${green("✓")} ${result}` : `${red("✗")} ${result}\n${red(fault)}`);
      if (fault !== null) faults.push(`${job.name}: ${fault.split("\n")[0]}`);
    }
  };
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, (_, n) => lane(n, waiting)));
  for (const fault of faults) console.error(red(fault));
  console.log(
    `${jobs.length - faults.length} passed, ${faults.length} failed, ${Math.round((Date.now() - began) / 1000)} s`,
  );
  return faults.length === 0 ? 0 : 1;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
