/** The exchanges worth keeping from a run, without its secrets. Pure. */
import type { Exchange } from "./recorder.ts";
import { CLIP, EDIT } from "./steps-turns.ts";

export type Fixture = { readonly file: string; readonly text: string };

/** What is replaced, and by what. Ids of sessions and renders stay: they open nothing without a token, and their form matters. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/nmv_usr_[A-Za-z0-9_-]+/g, "nmv_usr_REMOVED"],
  [/clm_[A-Za-z0-9_-]+/g, "clm_REMOVED"],
  [/anon_[A-Za-z0-9]+/g, "anon_REMOVED"],
  [/("(?:user_id|userId|email|bind_id)"\s*:\s*")[^"]*"/g, '$1REMOVED"'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, "REMOVED@example.com"],
  // A signed address opens its file to anyone who reads it.
  [/(https?:\/\/[^\s"'?\\]+)\?[^\s"'\\]+/g, "$1?REMOVED"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "192.0.2.1"],
];

export const withoutSecrets = (text: string): string =>
  SECRETS.reduce((left, [secret, stand]) => left.replace(secret, stand), text);

/** The lines above a kept body that say what it answers. */
const head = (one: Exchange): string =>
  `${one.method} ${one.path.split("?")[0]}\nHTTP ${one.status}\n${one.mediaType}\n\n`;

type Pick = readonly [file: string, choose: (exchanges: readonly Exchange[]) => Exchange | undefined];

const LAMBDA = "/api/render/proxy/lambda";
const isSse = (one: Exchange): boolean => one.path === "/run_sse" && one.mediaType.includes("event-stream");
/** A prompt as it stands in a request's JSON. */
const asks = (one: Exchange, prompt: string): boolean => one.asked.includes(JSON.stringify(prompt));

const PICKS: readonly Pick[] = [
  ["generation.sse", (all) => all.find((one) => isSse(one) && asks(one, CLIP))],
  ["edit.sse", (all) => all.find((one) => isSse(one) && asks(one, EDIT))],
  ["state.json", (all) => all.findLast((one) => one.path.startsWith("/api/state/") && one.status < 300)],
  ["render-submit.json", (all) => all.find((one) => one.path === LAMBDA && one.status < 300)],
  [
    "render-poll.json",
    (all) =>
      all.findLast(
        (one) =>
          one.method === "GET" && one.path.startsWith(`${LAMBDA}/`) && one.text().toLowerCase().includes('"completed"'),
      ),
  ],
  ["bad-token.json", (all) => all.find((one) => one.status === 401 || one.text().includes("1001"))],
];

/** The six fixtures of a run; those whose exchange did not happen are left out. */
export function fixturesOf(exchanges: readonly Exchange[]): readonly Fixture[] {
  return PICKS.flatMap(([file, choose]) => {
    const one = choose(exchanges);
    return one === undefined ? [] : [{ file, text: withoutSecrets(head(one) + one.text()) }];
  });
}
