/** The commands that `npm run dev` prints. They need only curl, sed and grep and work in bash and zsh. */

/** Sets the variables that README's commands and the examples use, exported for programs. */
export const namesLine = (url: string, key: string, receiver: string): string =>
  `export KEY=${key} NGW=${url}/v1 RECEIVER=${receiver}`;

const CURL = 'curl -su "$KEY:"';

/** Prints the first id with this prefix out of a JSON answer. */
const idOf = (prefix: string): string => `sed -n 's/.*"id":"\\(${prefix}_[^"]*\\)".*/\\1/p'`;

/**
 * Three commands that produce an MP4; each uses variables that the one before has set. The third waits at most two minutes for
 * the render. If there is no file, it prints the render, which says why.
 */
export function curlLines(): readonly [string, string, string] {
  const render = "$NGW/renders/$RENDER";
  const wait = `for n in $(seq 60); do ${CURL} "${render}" | grep -qE '"status":"(queued|processing|copying)"' || break; sleep 2; done`;
  return [
    `PROJECT=$(${CURL} "$NGW/projects" -d '{"name":"first"}' | ${idOf("prj")}); echo "$PROJECT"`,
    `${CURL} -N "$NGW/projects/$PROJECT/turns" -H 'Accept: text/event-stream' -d '{"prompt":"make a short promotional clip with music and transitions"}'`,
    `RENDER=$(${CURL} "$NGW/projects/$PROJECT/renders" -d '{}' | ${idOf("rnd")}); ${wait}; ${CURL} -fS -o promo.mp4 "${render}/content" && ls -l promo.mp4 || ${CURL} "${render}"`,
  ];
}
