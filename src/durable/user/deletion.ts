/**
 * The deletion of a user: a tombstone first, then everything else, step by step.
 * The tombstone is stored in the transaction that counts what the user has. From then on reads find nothing, writes
 * are rejected, scheduled jobs are dropped, and the running instance is restarted to stop its work.
 * Every later step is idempotent, and its job is retried until it succeeds. The tombstone stays for 30 days with the
 * receipt, so that nothing late (an upload's asset, an outbox) creates the user again; then the object's storage is
 * deleted too.
 * Turns that Nemo still works on may be charged: each is read until it settles, and the receipt and the tenant's
 * usage include its cost.
 */

import { tenantObjectName, uploadObjectName, userObjectName, userPrefix } from "../../core/address.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { TurnId, UploadId } from "../../core/ids.ts";
import { TOMBSTONE_TTL_MS } from "../../core/limits.ts";
import type { TenantRpc } from "../../core/rpc/tenant.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { AuditEntry, SettledTurn, UserRecord } from "../../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import {
  afterRestart,
  afterSnapshot,
  giveUpAt,
  type OpenTurn,
  type Snapshot,
  spentBy,
  type Turn,
  toEnded,
  unreadable,
} from "../../core/turn.ts";
import type { RemovedWire, SettledWire } from "../../core/wire/user.ts";
import { logBug } from "../../log.ts";
import { measure, purge } from "../../store/files.ts";
import { deleteEncryption } from "../../store/status.ts";
import { deleteTokenStatuses, deleteUser } from "../../store/users.ts";
import { type Database, deleteMetaExcept, readMeta, writeMeta } from "../shared/database.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import { AUDIT, noteAudit } from "../shared/outbox.ts";
import { SANDBOX_URL } from "../shared/stored-token.ts";
import type { UserContext } from "./context.ts";
import type { SettlingServices, TurnSettle } from "./turns/settle.ts";

export const DELETE_USER = "delete_user";
export const PURGE = "purge";

type Tombstone = {
  readonly createdAt: EpochMs;
  readonly requestedAt: EpochMs;
  readonly deletedAt: EpochMs | null;
  readonly removed: RemovedWire;
  /** Null while the pending turns are not settled. */
  readonly settled: SettledWire | null;
};

/** Tables whose rows the receipt counts. */
const COUNTED_TABLES = ["projects", "turns", "assets", "renders", "videos"] as const;
/** Tables of the object itself, which are kept until the tombstone expires. */
const RETAINED_TABLES = ["meta", "jobs"];
/** Meta keys that are kept until then. */
const RETAINED_META = ["schema_version", "tombstone", "watchdog_due_at"];

export class UserDeletion {
  readonly #context: Pick<UserContext, "runtime" | "address" | "database">;
  #tombstone: Tombstone | null;
  /** This instance started after the tombstone was stored, so no work of the user runs in it. */
  readonly #isFresh: boolean;

  /** `context` with the whole database: the other services get `guarded()`. */
  constructor(context: Pick<UserContext, "runtime" | "address" | "database">) {
    this.#context = context;
    const { runtime, database } = context;
    const text = database.exists() ? readMeta(runtime.sql, "tombstone") : null;
    this.#tombstone = text === null ? null : (JSON.parse(text) as Tombstone); // written by #save only
    this.#isFresh = this.#tombstone !== null;
  }

  /** The database as all other services see it: empty once the user is deleted. */
  guarded(): Database {
    return {
      exists: () => this.#tombstone === null && this.#context.database.exists(),
      ready: () => {
        if (this.#tombstone !== null) throw new Error("a write came after the user's deletion");
        this.#context.database.ready();
      },
      wiped: this.#context.database.wiped,
    };
  }

  /** Why nothing can be created for this user; null while the user is active. */
  check(): Problem | null {
    return this.#tombstone === null ? null : userDeleted(this.#tombstone.requestedAt);
  }

  /** Stores the tombstone and schedules the deletion. Idempotent. */
  begin(jobs: JobScheduler, audit: AuditEntry | null): void {
    if (this.#tombstone !== null) return;
    const { storage, sql, now, config } = this.#context.runtime;
    storage.transactionSync(() => {
      const count = (table: string) => sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
      const [projects = 0, turns = 0, assets = 0, renders = 0, videos = 0] = COUNTED_TABLES.map(count);
      const removed = { projects, turns, assets, renders, videos, files: 0, file_bytes: 0, events: 0, deliveries: 0 };
      const createdAt = Number(readMeta(sql, "created_at") ?? now());
      this.#save({ createdAt, requestedAt: now(), deletedAt: null, removed, settled: null });
      jobs.removeAllBut(AUDIT);
      noteAudit(this.#context.runtime, jobs, audit);
      // Delayed, so that the answer to this call is sent before the instance restarts.
      jobs.schedule(DELETE_USER, "", now() + config.timings.retry);
    });
  }

  /** The record of a deleted user; null while the user is active. */
  record(): UserRecord | null {
    if (this.#tombstone === null) return null;
    const { createdAt, requestedAt, deletedAt, removed, settled } = this.#tombstone;
    return {
      state: deletedAt === null ? "deleting" : "deleted",
      created_at: toRfc3339(createdAt),
      deletion: {
        requested_at: toRfc3339(requestedAt),
        completed_at: deletedAt === null ? null : toRfc3339(deletedAt),
        removed,
        settled: settled ?? NOTHING_SETTLED,
      },
    };
  }

  /**
   * Job: deletes everything outside the object first, because the rows here say what is left to do. Pending turns
   * come last: they may take 15 minutes, and only what they need is still stored by then.
   */
  async erase(jobs: JobScheduler, pendingSettlements: PendingSettlements): Promise<void> {
    const runtime = this.#context.runtime;
    if (!this.#isFresh) return this.#abort();
    if (this.#tombstone === null) return jobs.done(DELETE_USER, "");
    await runtime.failpoint("user.closed");
    await deleteUser(runtime.env.DB, this.#context.address, Date.now());
    this.#count(await this.#tenant().eraseUser(this.#context.address.uh));
    await runtime.failpoint("user.events_deleted");
    await this.#countFiles();
    await this.#eraseUploads();
    await purge(runtime.env.MEDIA, userPrefix(this.#context.address));
    await runtime.failpoint("user.files_deleted");
    const next = await pendingSettlements.settle();
    if (next !== null) return jobs.schedule(DELETE_USER, "", next);
    const settled = pendingSettlements.settled(this.#tombstone.requestedAt);
    if (settled.length > 0) await this.#tenant().eraseUser(this.#context.address.uh, settled);
    await runtime.failpoint("user.settled");
    await this.#resetSandbox();
    await deleteEncryption(runtime.env.DB, runtime.name, "user");
    await deleteTokenStatuses(runtime.env.DB, runtime.name);
    runtime.storage.transactionSync(() => {
      this.#wipe();
      const at = runtime.now();
      if (this.#tombstone !== null) this.#save({ ...this.#tombstone, deletedAt: at, settled: sumOf(settled) });
      jobs.schedule(PURGE, "", at + TOMBSTONE_TTL_MS);
      jobs.done(DELETE_USER, "");
    });
  }

  /** The last job: deletes files that were stored late, and then the object's own storage. */
  async forget(): Promise<void> {
    await purge(this.#context.runtime.env.MEDIA, userPrefix(this.#context.address));
    await this.#context.runtime.storage.deleteAlarm();
    await this.#context.runtime.storage.deleteAll();
    this.#context.runtime.abort("the deleted user's storage is purged");
  }

  /** Restarts the instance that ran when the user was deleted; the alarm or the cron starts the next one. */
  async #abort(): Promise<void> {
    const { storage, config, now, abort } = this.#context.runtime;
    if (config.alarms) await storage.setAlarm(now());
    await storage.sync();
    abort("the user was deleted");
  }

  /** Counted before any file is deleted; a retry after a crash may count fewer files and does not lower the number. */
  async #countFiles(): Promise<void> {
    const { files, bytes } = await measure(this.#context.runtime.env.MEDIA, userPrefix(this.#context.address));
    if (files > (this.#tombstone?.removed.files ?? 0)) this.#count({ files, file_bytes: bytes });
  }

  /** Uploads have objects of their own. They are listed here, also those that were deleted and may still hold data. */
  async #eraseUploads(): Promise<void> {
    const { sql, env } = this.#context.runtime;
    const all = "SELECT id FROM uploads UNION SELECT id FROM upload_checks";
    for (const { id } of sql.exec<{ id: UploadId }>(all).toArray()) {
      const uploadObject = env.UPLOAD.getByName(uploadObjectName(this.#context.address, id)) as unknown as UploadRpc; // UploadObject implements it
      await uploadObject.erase();
    }
  }

  async #resetSandbox(): Promise<void> {
    if (this.#context.address.mode !== "test") return;
    const sandbox = this.#context.runtime.env.SANDBOX.getByName(userObjectName(this.#context.address));
    await sandbox.fetch(new Request(`${SANDBOX_URL}/__reset`, { method: "POST" }));
  }

  #wipe(): void {
    const { sql } = this.#context.runtime;
    const tables = sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*' AND name NOT GLOB 'sqlite*'",
      )
      .toArray();
    for (const { name } of tables) if (!RETAINED_TABLES.includes(name)) sql.exec(`DELETE FROM "${name}"`);
    deleteMetaExcept(sql, RETAINED_META);
  }

  #count(more: Partial<RemovedWire>): void {
    if (this.#tombstone !== null) this.#save({ ...this.#tombstone, removed: { ...this.#tombstone.removed, ...more } });
  }

  #save(tombstone: Tombstone): void {
    writeMeta(this.#context.runtime.sql, "tombstone", JSON.stringify(tombstone));
    this.#tombstone = tombstone;
  }

  #tenant(): TenantRpc {
    return this.#context.runtime.env.TENANT.getByName(tenantObjectName(this.#context.address)) as unknown as TenantRpc; // TenantObject implements it
  }
}

const NOTHING_SETTLED: SettledWire = { turns: 0, credits: 0, unknown_turns: 0 };

const sumOf = (settled: readonly SettledTurn[]): SettledWire => ({
  turns: settled.length,
  credits: settled.reduce((sum, { credits }) => sum + (credits.amount ?? 0), 0),
  unknown_turns: settled.filter(({ credits }) => credits.amount === null).length,
});

const userDeleted = (at: EpochMs): Problem =>
  problemOf(
    "user_deleted",
    `This user was deleted at ${toRfc3339(at)} and its id is blocked for 30 days; use another user id, or retry after that.`,
  );

/** Sent to Nemo and not settled. */
const RUNNING: readonly OpenTurn["phase"][] = ["sending", "streaming", "settling"];

type PendingServices = SettlingServices & { readonly turnSettle: TurnSettle };

export class PendingSettlements {
  readonly #user: PendingServices;

  constructor(user: PendingServices) {
    this.#user = user;
  }

  /**
   * Reads each turn that is not settled yet, once. Returns when to read again; null when all are settled. Idempotent.
   */
  async settle(): Promise<EpochMs | null> {
    const running = this.#user.turnRows.inPhases(RUNNING);
    for (const { id } of running) this.#user.turnRows.change(id, RUNNING, (turn) => afterRestart(turn) ?? turn);
    const next = await Promise.all(running.map(({ id }) => this.#read(id)));
    const pending = next.filter((at) => at !== null);
    return pending.length === 0 ? null : Math.min(...pending);
  }

  /** The turns that ended since the user was deleted, and their cost. */
  settled(since: EpochMs): SettledTurn[] {
    return this.#user.turnRows.endedSince(since).map((turn) => ({
      at: turn.endedAt ?? since,
      status: turn.verdict?.status ?? "unknown",
      credits: spentBy(turn, turn.after, turn.shared),
      key: turn.key,
    }));
  }

  /** A turn that cannot be read, even because of an exception, ends as unknown when its time is over. */
  async #read(id: TurnId): Promise<EpochMs | null> {
    const { runtime } = this.#user;
    const { timings } = runtime.config;
    const turn = this.#user.turnRows.find(id);
    if (turn === null || turn.phase === "ended") return null;
    const until = giveUpAt(turn, timings);
    const reading = await this.#readUpstream(turn, until);
    const now = runtime.now();
    if ("code" in reading) {
      if (now < until) return Math.min(now + timings.settleNext, until);
      this.#user.turnRows.change(id, RUNNING, (open) => toEnded(open, unreadable(), reading, now));
      return null;
    }
    const { seen, shared } = reading;
    let next: EpochMs | null = null;
    this.#user.turnRows.change(id, RUNNING, (open) => {
      const settled = afterSnapshot(open, seen, shared, now, timings);
      if (settled.do === "end") return toEnded({ ...open, after: seen, shared }, settled.verdict, null, now);
      next = settled.at;
      return settled.turn;
    });
    return next;
  }

  /** Nemo's state, and whether others share the balance; a problem when one of them cannot be read now. */
  async #readUpstream(
    turn: Turn,
    until: EpochMs,
  ): Promise<{ readonly seen: Snapshot; readonly shared: boolean } | Problem> {
    try {
      const seen = await this.#user.turnSettle.snapshot(turn.project);
      if ("code" in seen) return seen;
      const isShared = turn.shared || this.#user.turnRows.overlapped(turn);
      return { seen, shared: isShared || (await this.#user.account.lease(turn.id, until)) };
    } catch (error) {
      logBug("last_turn_not_read", error, { work: "erase" });
      return problemOf("nemo_unavailable", "The result of the turn could not be read; its credits are unknown.");
    }
  }
}
