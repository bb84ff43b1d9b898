/**
 * `npm run fuzz`: every parser with mutated input, then every route of the OpenAPI document with generated requests. Prints its
 * seed; the same seed gives the same inputs. Exits with 1 if it finds a fault.
 */
import { parseArgs } from "node:util";
import { cleanUp } from "./lib/cleanup.ts";
import { bundleTargets, fuzzReader, keepInput } from "./lib/fuzz/readers.ts";
import { fuzzRoutes } from "./lib/fuzz/routes.ts";
import { bold, dim, green, red } from "./lib/paint.ts";

/** Mutated inputs per parser, and requests over all routes, at `--share 1`. */
const INPUTS = 20_000;
const REQUESTS = 10_000;

const HELP = `Usage: npm run fuzz -- [options]

  --share N      how much of it: 1 is ${INPUTS} inputs for each reader and ${REQUESTS} requests (default 1)
  --seed N       the seed of an earlier run (default: the time)
  --minutes N    start again with the next seed until N minutes are over (default: one round)
  --only NAME    one reader, or "routes", or "readers"
  --from N       the first input (default 0), to see one again: --only NAME --seed N --from N --count 1
  --count N      inputs or requests, in place of --share
  --list         print the readers' names
  --help         print this`;

type Options = {
  readonly share: number;
  readonly minutes: number;
  readonly only: string | null;
  readonly from: number;
  readonly count: number | null;
};

/** One round over the parsers. Returns the number of faults. */
async function readers(options: Options, seed: number): Promise<number> {
  const { bundle, targets } = await bundleTargets();
  const chosen = targets.filter(({ name }) => [null, "readers", name].includes(options.only));
  let found = 0;
  for (const target of chosen) {
    const count = options.count ?? Math.ceil(INPUTS * options.share);
    const { faults, slowestMs } = await fuzzReader(bundle, target, { seed, from: options.from, count });
    const line = `${target.name}: ${count} inputs, slowest ${slowestMs.toFixed(1)} ms`;
    console.log(faults.length === 0 ? `${green("ok")} ${line}` : `${red(`${faults.length} faults`)} ${line}`);
    for (const { index, what } of faults.slice(0, 5)) {
      console.log(`   input ${index}, kept in ${keepInput(target, seed, index)}`);
      console.log(dim(`   again: npm run fuzz -- --only ${target.name} --seed ${seed} --from ${index} --count 1`));
      console.log(
        what
          .split("\n")
          .slice(0, 6)
          .map((line) => `   ${line}`)
          .join("\n"),
      );
    }
    found += faults.length;
  }
  return found;
}

/** One round over the routes. Returns the number of faults. */
async function routes(options: Options, seed: number): Promise<number> {
  const count = options.count ?? Math.ceil(REQUESTS * options.share);
  const { faults, statuses, untouched } = await fuzzRoutes({ seed, count });
  const line = `routes: ${count} requests, ${statuses}`;
  console.log(faults.length === 0 ? `${green("ok")} ${line}` : `${red(`${faults.length} faults`)} ${line}`);
  for (const one of untouched) console.log(dim(`   no success: ${one}`));
  for (const fault of faults.slice(0, 20)) console.log(`   ${fault}`);
  return faults.length;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      share: { type: "string", default: "1" },
      seed: { type: "string" },
      minutes: { type: "string", default: "0" },
      only: { type: "string" },
      from: { type: "string", default: "0" },
      count: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.list) {
    for (const { name } of (await bundleTargets()).targets) console.log(name);
    return 0;
  }
  const options: Options = {
    share: Number(values.share),
    minutes: Number(values.minutes),
    only: values.only ?? null,
    from: Number(values.from),
    count: values.count === undefined ? null : Number(values.count),
  };
  if (![options.share, options.minutes, options.from, options.count ?? 0].every((n) => Number.isFinite(n) && n >= 0))
    throw new Error("--share, --minutes, --from and --count take a number that is not negative; see --help");
  const names = ["readers", "routes", ...(await bundleTargets()).targets.map(({ name }) => name)];
  if (options.only !== null && !names.includes(options.only))
    throw new Error(`--only ${options.only} is no reader; --list prints their names`);
  const end = Date.now() + options.minutes * 60_000;
  let seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
  let found = 0;
  do {
    console.log(bold(`seed ${seed}`));
    if (options.only !== "routes") found += await readers(options, seed);
    if (options.only === null || options.only === "routes") found += await routes(options, seed);
    seed++;
  } while (found === 0 && Date.now() < end);
  console.log(found === 0 ? green("nothing found") : red(`${found} faults found`));
  return found === 0 ? 0 : 1;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
