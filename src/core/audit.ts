/** An entry of the audit log, as whoever acts writes it down. */
import type { AuditId, KeyId, Mode, TenantId } from "./ids.ts";
import type { EpochMs } from "./time.ts";
import type { AuditAction } from "./wire/audit.ts";

/** Who acts: the operator, or a key. */
export type Actor = "admin" | KeyId;

/** An entry to write. `at` in ms since epoch; `mode` null where both are concerned; `detail` holds no secret. */
export type AuditEntry = {
  readonly id: AuditId;
  readonly tenant: TenantId;
  readonly mode: Mode | null;
  readonly at: EpochMs;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly target: string;
  readonly requestId: string;
  readonly detail: Readonly<Record<string, unknown>>;
};
