/** Tool calls of one turn: which are open, and ids for those that upstream left without one. */
import { REMEMBERED_EVENTS } from "./limits.ts";

export type Calls = {
  /** The id of a call that starts: upstream's, else a new one. */
  start(name: string, id: string | null): string;
  /** The id of the call that ends: upstream's, else that of the oldest open call of this name, else a new one. */
  finish(name: string, id: string | null): string;
};

/** At most `REMEMBERED_EVENTS` open calls are remembered; beyond, the oldest is forgotten. Every step costs the same, however many are open. */
export function createCalls(): Calls {
  const open = new Map<string, string>();
  /** The ids of open calls by their name, the oldest first. */
  const byName = new Map<string, Set<string>>();
  let made = 0;
  const make = (name: string): string => {
    made++;
    return `${name}#${made}`;
  };
  const close = (callId: string): void => {
    const name = open.get(callId);
    if (name === undefined) return;
    open.delete(callId);
    const ids = byName.get(name);
    ids?.delete(callId);
    if (ids?.size === 0) byName.delete(name);
  };
  return {
    start(name, id) {
      const callId = id ?? make(name);
      if (open.get(callId) !== name) {
        close(callId);
        open.set(callId, name);
        byName.set(name, (byName.get(name) ?? new Set()).add(callId));
      }
      const oldest = open.size > REMEMBERED_EVENTS ? open.keys().next().value : undefined;
      if (oldest !== undefined) close(oldest);
      return callId;
    },
    finish(name, id) {
      const callId = id ?? byName.get(name)?.values().next().value ?? make(name);
      close(callId);
      return callId;
    },
  };
}
