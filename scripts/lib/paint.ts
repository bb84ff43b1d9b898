/** Colours, if the terminal supports them. */
const wanted = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

const paint =
  (code: number) =>
  (text: string): string =>
    wanted ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
