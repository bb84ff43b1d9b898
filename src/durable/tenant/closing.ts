/** A tenant's object on its way out: nothing is sent any more, and nothing late is taken in. */
import type { ClosedTenant } from "../../core/tenant-port.ts";
import { readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";

const CLOSED = "closed";

/** True once the tenant is being deleted. The object's tables must exist. */
export const isClosed = ({ sql }: Ground): boolean => readMeta(sql, CLOSED) !== null;

/** Turns every endpoint off, calls off everything that is owed, and says how much there is. Again: the same. */
export function closeTenant({ sql, storage, now }: Ground): ClosedTenant {
  const known = readMeta(sql, CLOSED);
  if (known !== null) return JSON.parse(known) as ClosedTenant; // written below only
  const count = (table: string) => sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
  return storage.transactionSync(() => {
    const closed = {
      endpoints: count("endpoints"),
      hooks: count("hooks"),
      events: count("events"),
      deliveries: count("deliveries"),
    };
    sql.exec("UPDATE endpoints SET state = 'disabled'");
    sql.exec("UPDATE deliveries SET state = 'failed', due_at = NULL, ended_at = ? WHERE state = 'pending'", now());
    sql.exec("DELETE FROM due");
    writeMeta(sql, CLOSED, JSON.stringify(closed));
    return closed;
  });
}
