/** A gateway that is restarted, on the same port and state, after every kill. */
import { type Gateway, startGateway } from "../gateway.ts";

export type RestartOptions = {
  readonly stateDir: string;
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  /** Called at every failpoint with the number of times it was reached; true kills the gateway. */
  readonly isFatal: (at: string, times: number) => boolean;
};

export type RestartingGateway = {
  readonly url: string;
  readonly adminToken: string;
  /** The failpoints at which it was killed so far; `random` for kills by `kill`. */
  readonly killedAt: () => readonly string[];
  /** How often each failpoint was reached. */
  readonly counts: ReadonlyMap<string, number>;
  /** SIGKILL at any moment. Resolves when the gateway is healthy again. */
  readonly kill: () => Promise<void>;
  /** Rejects if a restart fails; pending otherwise. */
  readonly failed: Promise<never>;
  readonly lastLines: () => string;
  readonly stop: () => Promise<void>;
};

/** Starts it; resolves when it is healthy, or was killed during the start. */
export async function startRestarting({ stateDir, port, vars, isFatal }: RestartOptions): Promise<RestartingGateway> {
  const counts = new Map<string, number>();
  const killedAt: string[] = [];
  let isOver = false;
  const count = (at: string): boolean => {
    const times = (counts.get(at) ?? 0) + 1;
    counts.set(at, times);
    return !isOver && isFatal(at, times);
  };
  const start = (): Promise<Gateway> =>
    startGateway({ stateDir, port, vars: { ...vars, CRASH_AT: "*" }, isFatal: count });

  let gateway = await start();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // callers race it
  /** Kills are sequential: each waits for the restart of the one before. */
  let killing: Promise<void> = Promise.resolve();

  const restartAfter = async (where: string): Promise<void> => {
    killedAt.push(where);
    await gateway.kill();
    if (isOver) return;
    gateway = await start();
    watch(gateway);
  };
  const killAt = (where: string, whose: Gateway): Promise<void> => {
    killing = killing.then(() => (isOver || whose !== gateway ? undefined : restartAfter(where)));
    killing.catch(fail);
    return killing;
  };
  function watch(alive: Gateway): void {
    alive.crashed.then((at) => killAt(at, alive)).catch(() => undefined); // `failed` rejects
  }
  watch(gateway);

  return {
    url: gateway.url,
    adminToken: gateway.adminToken,
    killedAt: () => killedAt,
    counts,
    kill: () => killAt("random", gateway),
    failed,
    lastLines: () => gateway.lastLines(),
    stop: async () => {
      isOver = true;
      await killing.catch(() => undefined);
      await gateway.stop();
    },
  };
}
