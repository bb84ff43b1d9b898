/** The flags of a script: `--help` prints them, and unknown ones are rejected before the script does anything. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** A switch; with `value` (the name that the help gives to it) a text; with `from` and `to` too, a whole number between them. */
export type Flag = {
  readonly says: string;
  readonly value?: string;
  readonly from?: number;
  readonly to?: number;
};

export type Usage = {
  /** The command as it is typed: `npm run dev`. */
  readonly command: string;
  readonly says: string;
  readonly flags?: Readonly<Record<string, Flag>>;
  /** Arguments without a flag: their name in the help, and their maximum number. */
  readonly words?: { readonly name: string; readonly says: string; readonly most: number };
};

type ValueOf<F extends Flag> = F extends { from: number }
  ? number | undefined
  : F extends { value: string }
    ? string | undefined
    : boolean;

export type Given<U extends Usage> = {
  readonly flags: { readonly [Name in keyof NonNullable<U["flags"]>]: ValueOf<NonNullable<U["flags"]>[Name]> };
  readonly words: readonly string[];
};

/** What to print instead of running. */
export type Instead = { readonly code: 0 | 2; readonly print: string };

/** `npm run dev -- --port N`: npm keeps flags before the `--` for itself. */
const separator = ({ command }: Usage): string =>
  /^npm (run|test)/.test(command) && !command.includes(" -- ") ? " --" : "";

const shown = (name: string, flag: Flag): string => `--${name}${flag.value === undefined ? "" : ` ${flag.value}`}`;

export function helpOf(usage: Usage): string {
  const rows = Object.entries(usage.flags ?? {}).map(([name, flag]) => [shown(name, flag), flag.says] as const);
  if (usage.words) rows.unshift([usage.words.name, usage.words.says]);
  rows.push(["--help", "prints this"]);
  const width = Math.max(...rows.map(([left]) => left.length));
  const takes = `${usage.words ? ` [${usage.words.name}]` : ""}${usage.flags ? " [flags]" : ""}`;
  return [
    usage.says,
    "",
    `  ${usage.command}${takes === "" ? "" : `${separator(usage)}${takes}`}`,
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join("\n");
}

const wrong = (usage: Usage, why: string): Instead => ({
  code: 2,
  print: `${why}\nAsk \`${usage.command}${separator(usage)} --help\` what it takes.`,
});

/** The number in `text`, or why it is not one. */
function wholeNumber(name: string, { from = 0, to = Number.MAX_SAFE_INTEGER }: Flag, text: string): number | string {
  const value = Number(text);
  const fits = /^\d+$/.test(text) && value >= from && value <= to;
  return fits ? value : `--${name} takes a whole number from ${from} to ${to}, not "${text}".`;
}

/** The parsed arguments, or the text to print instead. */
export function parseFlags<const U extends Usage>(usage: U, args: readonly string[]): Given<U> | Instead {
  const flags: Readonly<Record<string, Flag>> = usage.flags ?? {};
  const options: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean", short: "h" } };
  for (const [name, { value }] of Object.entries(flags))
    options[name] = { type: value === undefined ? "boolean" : "string" };
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    return wrong(usage, `${error instanceof Error ? error.message.split(". ")[0] : String(error)}.`);
  }
  if (parsed.values.help === true) return { code: 0, print: helpOf(usage) };
  const extra = parsed.positionals[usage.words?.most ?? 0];
  if (extra !== undefined) {
    const lost = separator(usage) === "" ? "" : ` Flags stand behind a \`--\`.`;
    return wrong(usage, `"${extra}" is one word too many.${lost}`);
  }
  const given: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const value = parsed.values[name];
    given[name] = flag.value === undefined ? value === true : value;
    if (flag.from === undefined || typeof value !== "string") continue;
    const number = wholeNumber(name, flag, value);
    if (typeof number === "string") return wrong(usage, number);
    given[name] = number;
  }
  return { flags: given as Given<U>["flags"], words: parsed.positionals };
}

/** This process's arguments. For `--help` or wrong arguments it prints a text and ends the process. */
export function readFlags<const U extends Usage>(usage: U, args: readonly string[] = process.argv.slice(2)): Given<U> {
  const given = parseFlags(usage, args);
  if ("flags" in given) return given;
  (given.code === 0 ? console.log : console.error)(given.print);
  process.exit(given.code);
}
