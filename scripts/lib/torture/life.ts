/** A gateway that is started again, on the same port and state, whenever it was killed. */
import { type Gateway, startGateway } from "../gateway.ts";

export type LifeOptions = {
  readonly stateDir: string;
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  /** Asked at every boundary that is reached, with how often it has been by now: true kills. */
  readonly isFatal: (at: string, passing: number) => boolean;
};

export type Life = {
  readonly url: string;
  readonly adminToken: string;
  /** Where it was killed so far; `random` where `kill` did. */
  readonly deaths: () => readonly string[];
  /** How often each boundary was reached. */
  readonly passings: ReadonlyMap<string, number>;
  /** SIGKILL, whatever it is doing. Ends when it lives again. */
  readonly kill: () => Promise<void>;
  /** Rejects when it does not live again; pending otherwise. */
  readonly lost: Promise<never>;
  readonly lastLines: () => string;
  readonly stop: () => Promise<void>;
};

/** Starts it; ends when it is healthy, or was killed while it became so. */
export async function startLife({ stateDir, port, vars, isFatal }: LifeOptions): Promise<Life> {
  const passings = new Map<string, number>();
  const deaths: string[] = [];
  let isOver = false;
  const count = (at: string): boolean => {
    const passing = (passings.get(at) ?? 0) + 1;
    passings.set(at, passing);
    return !isOver && isFatal(at, passing);
  };
  const start = (): Promise<Gateway> =>
    startGateway({ stateDir, port, vars: { ...vars, CRASH_AT: "*" }, isFatal: count });

  let gateway = await start();
  let fail: (error: unknown) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  lost.catch(() => undefined); // who is interested races it
  /** One death after the other: each ends when it lives again. */
  let dying: Promise<void> = Promise.resolve();

  const reborn = async (where: string): Promise<void> => {
    deaths.push(where);
    await gateway.kill();
    if (isOver) return;
    gateway = await start();
    watch(gateway);
  };
  const die = (where: string, whose: Gateway): Promise<void> => {
    dying = dying.then(() => (isOver || whose !== gateway ? undefined : reborn(where)));
    dying.catch(fail);
    return dying;
  };
  function watch(alive: Gateway): void {
    alive.crashed.then((at) => die(at, alive)).catch(() => undefined); // `lost` tells
  }
  watch(gateway);

  return {
    url: gateway.url,
    adminToken: gateway.adminToken,
    deaths: () => deaths,
    passings,
    kill: () => die("random", gateway),
    lost,
    lastLines: () => gateway.lastLines(),
    stop: async () => {
      isOver = true;
      await dying.catch(() => undefined);
      await gateway.stop();
    },
  };
}
