/** README's own commands, as a reader would paste them, in order. */

/** What begins a command in a table's cell; other code there is a header, a route or a field. */
const IN_CELL = /^(?:curl|ask|save) /;
/** What installs, signs in at Cloudflare or runs until Ctrl-C: nothing to paste beside a running gateway. */
const NOT_HERE = /^np[mx] /;

/** The commands of the section under `## title`: its indented lines, and those in its cells. Throws when there is none. */
export function commandsOf(readme: string, title: string): string[] {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`README has no section "${title}"`);
  const commands = section.split("\n").flatMap((line) => {
    if (line.startsWith("    ")) return [line.trim()];
    if (!line.startsWith("|")) return [];
    return [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code).filter((code) => IN_CELL.test(code));
  });
  const here = commands.filter((command) => !NOT_HERE.test(command));
  if (here.length === 0) throw new Error(`README's section "${title}" has no command`);
  return here;
}

/** The names that a command takes out of its answer: `PROJECT=$(pick prj)`. */
export const namesIn = (command: string): string[] =>
  [...command.matchAll(/\b([A-Z]+)=\$\(/g)].map(([, name = ""]) => name);
