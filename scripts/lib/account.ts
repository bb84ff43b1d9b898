/** wrangler as `npm run deploy` uses it: the one on PATH, with the user's account; every failure becomes a StepError. */
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./root.ts";

/** Another configuration than wrangler.toml, for a second deployment: the variable GATEWAY_CONFIG. */
const CONFIG = process.env.GATEWAY_CONFIG ? ["--config", process.env.GATEWAY_CONFIG] : [];

/** The output of one call. */
export type Printed = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A failed step: its name, wrangler's output, and advice. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly said: string;
  readonly advice: string;

  constructor(step: string, said: string, advice: string) {
    super(step);
    this.said = said;
    this.advice = advice;
  }
}

/**
 * Runs wrangler and collects what it prints; never throws for a failing call.
 *
 * Its standard input is closed, so wrangler asks no questions and does not write ids into wrangler.toml.
 */
export function wrangler(...args: readonly string[]): Promise<Printed> {
  return new Promise((settle) => {
    const child = spawn("wrangler", [...args, ...CONFIG], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += stripVTControlCharacters(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += stripVTControlCharacters(text);
    });
    child.on("error", (error) => settle({ code: 127, stdout, stderr: `wrangler cannot be run: ${error.message}` }));
    child.on("close", (code) => settle({ code: code ?? 1, stdout, stderr }));
  });
}

/** The output of a failed call: its errors, or its last lines if it has none. */
export const lastWords = (printed: Printed): string =>
  printed.stderr.trim() || printed.stdout.trim().split("\n").slice(-10).join("\n");

/** Runs wrangler for a step; throws if the call fails. */
export async function demand(step: string, advice: string, ...args: readonly string[]): Promise<Printed> {
  const printed = await wrangler(...args);
  if (printed.code !== 0) throw new StepError(step, lastWords(printed), advice);
  return printed;
}
