/** An interactive shell: types lines and returns the output of each. */
import { type ChildProcess, spawn } from "node:child_process";

/** Shells without the user's settings. An interactive zsh has no comments and treats `?` as a pattern. */
const SHELLS = { bash: ["--norc", "-i"], zsh: ["-f", "-i"] } as const;
export type Shell = keyof typeof SHELLS;

export class ShellSession {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #text = "";
  #lines = 0;
  #check: () => void = () => undefined;

  constructor(shell: Shell, cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(shell, SHELLS[shell], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = new Promise((settle) => this.#child.on("close", settle));
    for (const output of [this.#child.stdout, this.#child.stderr])
      output?.on("data", (chunk) => {
        this.#text += String(chunk);
        this.#check();
      });
  }

  /** Types a line and returns its output. Throws after `ms`, or if the shell ends. */
  async type(line: string, ms: number): Promise<string> {
    this.#text = "";
    const end = `end of line ${++this.#lines}`;
    // Split in two, so that a shell that echoes its input does not print it.
    this.#child.stdin?.write(`${line}\necho 'end of'' line ${this.#lines}'\n`);
    const said = new Promise<boolean>((settle) => {
      this.#check = () => {
        if (this.#text.includes(end)) settle(true);
      };
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((settle) => {
      timer = setTimeout(() => settle(false), ms);
    });
    const isOver = await Promise.race([said, late, this.#ended.then(() => false)]);
    clearTimeout(timer);
    if (!isOver) throw new Error(`${line} did not end:\n${this.#text}`);
    return this.#text.replace(end, "");
  }

  /** The value of a shell variable; empty if it is not set. */
  async valueOf(name: string): Promise<string> {
    const said = await this.type(`echo "value[$${name}]"`, 10_000);
    return /value\[([^$\]]*)\]/.exec(said)?.[1] ?? "";
  }

  async close(): Promise<void> {
    this.#child.stdin?.end("exit\n");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#ended;
    clearTimeout(timer);
  }
}
