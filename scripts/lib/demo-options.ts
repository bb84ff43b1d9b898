/** The options of `npm run demo`, and the confirmation of a live run. */
import { createInterface } from "node:readline/promises";

export type DemoOptions = {
  readonly mode: "live" | "test";
  /** Variables for the Worker: the operator's token and the host, in live mode. */
  readonly vars: Readonly<Record<string, string>>;
};

/** The cost of the promo prompt and one render. Source: nemo-api reference, prices of generation and export. */
const ABOUT_CREDITS = 100;
const HOST = "https://mega-api-prod.nemovideo.ai";

async function agrees(host: string): Promise<boolean> {
  console.log(`This runs against ${host} and spends about ${ABOUT_CREDITS} credits of the account behind NEMO_TOKEN.`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await ask.question("Continue? [y/N] ")).trim());
  } finally {
    ask.close();
  }
}

/** The options, or a line that says why there is no run. */
export async function readDemoOptions(
  flags: { readonly live: boolean; readonly yes: boolean },
  env: NodeJS.ProcessEnv,
): Promise<DemoOptions | string> {
  if (!flags.live) return { mode: "test", vars: {} };
  if (!env.NEMO_TOKEN) {
    return "NEMO_TOKEN is not set: sign in at https://nemovideo.com, make a token under Settings, API Tokens, and run NEMO_TOKEN=… npm run demo -- --live";
  }
  const vars = { NEMO_TOKEN: env.NEMO_TOKEN, ...(env.NEMO_API_URL ? { NEMO_API_URL: env.NEMO_API_URL } : {}) };
  const host = env.NEMO_API_URL ?? HOST;
  if (flags.yes) {
    console.log(`Running against ${host}: this spends about ${ABOUT_CREDITS} credits.`);
    return { mode: "live", vars };
  }
  if (!process.stdin.isTTY)
    return `This would spend about ${ABOUT_CREDITS} credits at ${host}: add --yes if there is no terminal to confirm at.`;
  return (await agrees(host)) ? { mode: "live", vars } : "Nothing was sent, nothing was spent.";
}
