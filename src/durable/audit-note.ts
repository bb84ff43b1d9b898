/**
 * Entries of the audit log about what happens in an object: owed in the transaction of the deed, written to D1 by the
 * schedule. The whole entry is the row's ref, so nothing that the deed changes or removes can change it.
 */
import type { AuditEntry } from "../core/audit.ts";
import { addEntry } from "../store/audit.ts";
import type { Ground } from "./ground.ts";
import type { Schedule } from "./schedule.ts";

/** The schedule's kind of row. */
export const AUDIT = "audit";

/** Owes an entry. Call inside the transaction of what it tells of. `null`: nobody asked for one. */
export function noteAudit({ now }: Ground, schedule: Schedule, entry: AuditEntry | null): void {
  if (entry !== null) schedule.owe(AUDIT, JSON.stringify(entry), now());
}

/** The schedule's work: the entry in D1. Twice is once. */
export async function tellAudit({ env }: Ground, schedule: Schedule, ref: string): Promise<void> {
  await addEntry(env.DB, JSON.parse(ref) as AuditEntry); // written by noteAudit() only
  schedule.done(AUDIT, ref);
}
