/**
 * README's own commands, as a reader would type them: every `curl` of a section, indented or in a table's cell, in order.
 *
 * Ids stand in them as variables (`$VIDEO`, `$PROJECT`); a reader puts there what an earlier answer said, and so does
 * `idsIn`.
 */

/** The commands of the section under `## title`. Throws when there is no such section, or no command in it. */
export function commandsOf(readme: string, title: string): string[] {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`README has no section "${title}"`);
  const commands = section.split("\n").flatMap((line) => {
    const texts = line.startsWith("    ")
      ? [line.trim()]
      : [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
    return texts.filter((text) => text.startsWith("curl "));
  });
  if (commands.length === 0) throw new Error(`README's section "${title}" has no command`);
  return commands;
}

/** What each kind of id is called in the commands. */
const NAMES: Readonly<Record<string, string>> = {
  vid: "VIDEO",
  prj: "PROJECT",
  trn: "TURN",
  upl: "UPLOAD",
  ast: "ASSET",
  rnd: "RENDER",
};

/** The ids that an answer says, by the name under which the commands know them; the last one of a kind counts. */
export function idsIn(answer: string): Record<string, string> {
  const ids = [...answer.matchAll(/"(?:asset_)?id":"((\w{3})_[0-9a-z]+)"/g)];
  return Object.fromEntries(ids.flatMap(([, id = "", kind = ""]) => (kind in NAMES ? [[NAMES[kind], id]] : [])));
}

/** The ids that a command needs, by name. */
export const idsOf = (command: string): string[] => Object.values(NAMES).filter((name) => command.includes(`$${name}`));
