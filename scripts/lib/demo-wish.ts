/** What the caller of `npm run demo` asked for, and whether a real run may spend money. */
import { createInterface } from "node:readline/promises";

export type Wish = {
  readonly mode: "live" | "test";
  /** Variables for the Worker: the operator's token and the host, in live mode. */
  readonly vars: Readonly<Record<string, string>>;
};

/** What the promo prompt and one render cost. Source: nemo-api reference, prices of generation and export. */
const ABOUT_CREDITS = 100;
const HOST = "https://mega-api-prod.nemovideo.ai";

async function agrees(host: string): Promise<boolean> {
  console.log(`This runs against ${host} and spends about ${ABOUT_CREDITS} credits of the account behind NEMO_TOKEN.`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await ask.question("Go on? [y/N] ")).trim());
  } finally {
    ask.close();
  }
}

/** The wish in these flags, or one line that says why there is none. */
export async function readWish(
  flags: { readonly live: boolean; readonly yes: boolean },
  env: NodeJS.ProcessEnv,
): Promise<Wish | string> {
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
    return `This would spend about ${ABOUT_CREDITS} credits at ${host}: say so with --yes where nobody can be asked.`;
  return (await agrees(host)) ? { mode: "live", vars } : "Nothing was sent, nothing was spent.";
}
