/** The three lines that take a person from nothing to an MP4, with curl and sed alone, in bash and in zsh. */

const JSON_TYPE = "-H 'Content-Type: application/json'";

/** Prints the first id with this prefix out of a JSON answer. */
const idOf = (prefix: string): string => `sed -n 's/.*"id":"\\(${prefix}_[^"]*\\)".*/\\1/p'`;

/**
 * Each line uses what the one before has set. The third waits for the render by trying until the file is there:
 * `--retry-all-errors` takes the 409 of an unfinished render as a reason to try again, for two minutes at most. Where no
 * file comes, it shows the render, which says why.
 */
export function curlLines(url: string, key: string): readonly [string, string, string] {
  const curl = `curl -s -u "\${KEY}:"`;
  const render = '"$NGW/renders/$RENDER';
  return [
    `NGW=${url}/v1 KEY=${key}; PROJECT=$(${curl} "$NGW/projects" ${JSON_TYPE} -d '{"name":"first"}' | ${idOf("prj")}); echo "$PROJECT"`,
    `${curl} -N "$NGW/projects/$PROJECT/turns" ${JSON_TYPE} -H 'Accept: text/event-stream' -d '{"prompt":"make a short promotional clip with music and transitions"}'`,
    `RENDER=$(${curl} "$NGW/projects/$PROJECT/renders" ${JSON_TYPE} -d '{}' | ${idOf("rnd")}); ${curl} -fS --retry 45 --retry-delay 2 --retry-max-time 120 --retry-all-errors -o promo.mp4 ${render}/content" && ls -l promo.mp4 || ${curl} ${render}"`,
  ];
}
