/** The commands of README and of the guides in docs/, in order. */

/** How a command in a table cell begins; other code there is a header, a route or a field. */
const IN_CELL = /^(?:curl|ask|save) /;
/** Commands that install, sign in at Cloudflare or run until Ctrl-C; they are not pasted. */
const NOT_HERE = /^np[mx] /;

/** The commands of the section under `## title`: its indented lines, and those in table cells. Throws if there is none. */
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

/** The variables that a command sets from its answer: `PROJECT=$(pick prj)`. */
export const namesIn = (command: string): string[] =>
  [...command.matchAll(/\b([A-Z]+)=\$\(/g)].map(([, name = ""]) => name);

/** The commands of a guide's blocks of shell code, each on one line. Those that set the reader's own address and key are left out. */
export const guideCommandsOf = (guide: string): string[] =>
  [...guide.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = ""]) => block.replace(/ *\\\n */g, " ").split("\n"))
    .filter((line) => line !== "" && !/^export (?:NGW|KEY)=/.test(line));
