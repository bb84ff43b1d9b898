/** What every route is handed: the sandbox's surroundings, and who is calling. */
import type { Context, Hono } from "hono";
import type { Clock } from "./clock.ts";
import type { RandomBytes } from "./random.ts";
import type { Failure, Records, TokenRecord, UserRecord } from "./records.ts";
import type { Store } from "./store.ts";
import { DEFAULT_SWITCHES, Switches } from "./switches.ts";
import type { Turn } from "./turn.ts";

export type Sandbox = {
  readonly store: Store;
  readonly clock: Clock;
  /** For ids. */
  readonly random: RandomBytes;
  /** For choices that repeat. */
  readonly seed: string;
  /** Every duration of work is divided by it. How long something is kept is not. */
  readonly scale: number;
  /** For `url_upload: fetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Used until others are set; partial, over the general defaults. */
  readonly switches?: Partial<Switches>;
};

export type SandboxEnv = { Variables: { token: TokenRecord; user: UserRecord } };
export type SandboxApp = Hono<SandboxEnv>;
export type SandboxContext = Context<SandboxEnv>;

const setting = (sandbox: Sandbox, name: string): unknown => sandbox.store.read("setting", name)?.value;

/** The switches in force. */
export const switchesOf = (sandbox: Sandbox): Switches => {
  const set = setting(sandbox, "switches");
  if (set === undefined && sandbox.switches === undefined) return DEFAULT_SWITCHES;
  return Switches.parse({ ...sandbox.switches, ...(set as Partial<Switches> | undefined) }); // checked when it was set
};

export const failuresOf = (sandbox: Sandbox): readonly Failure[] => (setting(sandbox, "failures") ?? []) as Failure[]; // checked when set
/** Prompts' `#` words that are added to the next turns, one each. */
export const queueOf = (sandbox: Sandbox): readonly string[] => (setting(sandbox, "queue") ?? []) as string[]; // checked when set

export const keepSetting = (sandbox: Sandbox, name: "switches" | "failures" | "queue", value: unknown): void =>
  sandbox.store.write("setting", name, { value });

/** Turns of a user that are not folded yet. */
export const openTurns = (sandbox: Sandbox, userId: string): Turn[] => sandbox.store.list("open", userId);

/** The caller's own session; another's looks missing. */
export function ownSession(
  sandbox: Sandbox,
  c: SandboxContext,
  sessionId: string,
  owner = "me",
): Records["session"] | null {
  const { userId } = c.get("user");
  const session = sandbox.store.read("session", sessionId);
  if (session === null || session.lost || session.userId !== userId) return null;
  return owner === "me" || owner === userId ? session : null;
}
