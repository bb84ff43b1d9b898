/** Tool calls of one turn: which are open, and ids for those that upstream left without one. */
import { REMEMBERED_EVENTS } from "./limits.ts";

export type Calls = {
  /** The id of a call that starts: upstream's, else a new one. */
  start(name: string, id: string | null): string;
  /** The id of the call that ends: upstream's, else that of the oldest open call of this name, else a new one. */
  finish(name: string, id: string | null): string;
};

/** At most `REMEMBERED_EVENTS` open calls are remembered; beyond, the oldest is forgotten. */
export function createCalls(): Calls {
  const open = new Map<string, string>();
  let made = 0;
  const make = (name: string): string => {
    made++;
    return `${name}#${made}`;
  };
  return {
    start(name, id) {
      const callId = id ?? make(name);
      open.set(callId, name);
      const oldest = open.size > REMEMBERED_EVENTS ? open.keys().next().value : undefined;
      if (oldest !== undefined) open.delete(oldest);
      return callId;
    },
    finish(name, id) {
      const callId = id ?? [...open].find(([, openName]) => openName === name)?.[0] ?? make(name);
      open.delete(callId);
      return callId;
    },
  };
}
