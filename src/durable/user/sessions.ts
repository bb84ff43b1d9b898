/**
 * User tokens and sign-out: the epoch that every user token carries and every sign-out increments, and the user's
 * name.
 */
import { userNameOwner } from "../../core/address.ts";
import { checkGrant, tokenRevoked, type UserGrant } from "../../core/auth.ts";
import { decrypt } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import type { UserRecord, UserSession } from "../../core/tenant.ts";
import { DAY_MS, toRfc3339 } from "../../core/time.ts";
import { readMeta, writeMeta } from "../shared/database.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../shared/idempotency.ts";
import { noteAudit } from "../shared/outbox.ts";
import { admitNewUser, recordCaller, type UserContext } from "./context.ts";
import type { UserDeletion } from "./deletion.ts";

const EPOCH = "epoch";

export class Sessions {
  readonly #context: UserContext;
  readonly #userDeletion: UserDeletion;

  constructor(context: UserContext, userDeletion: UserDeletion) {
    this.#context = context;
    this.#userDeletion = userDeletion;
  }

  /** Why a user token is not valid for this object now; null when it is. */
  check(grant: UserGrant): Problem | null {
    const { runtime, address } = this.#context;
    if (this.#userDeletion.check() !== null) return tokenRevoked("This user was deleted");
    return checkGrant(grant, address.uh, this.#epoch(), runtime.now());
  }

  /** The grant for a stream that was opened with a ticket: a sign-out ends it, like the streams of user tokens. */
  ticketGrant(): UserGrant {
    const { address, runtime } = this.#context;
    return { uh: address.uh, epoch: this.#epoch(), until: runtime.now() + DAY_MS };
  }

  /**
   * The claims of a new user token, the same ones for the same idempotency key. The token itself is signed by the
   * Worker and not stored.
   */
  async open(call: Call): Promise<Result<UserSession, Problem>> {
    const admitted = await admitNewUser(this.#context, call);
    if (!admitted.ok) return admitted;
    const { runtime } = this.#context;
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value !== null) return ok(JSON.parse(idempotency.value) as UserSession); // written below only
    const session: UserSession = { epoch: this.#epoch(), issuedAt: runtime.now() };
    saveIdempotencyKey(runtime, call, JSON.stringify(session));
    return ok(session);
  }

  /**
   * Invalidates every user token and stream ticket issued so far. Open streams of user tokens check the epoch when
   * woken.
   */
  signOut(call: Call): Result<{ signed_out_at: string }, Problem> {
    if (!this.#context.database.exists()) return err(noUser());
    recordCaller(this.#context, call);
    const { runtime, log, jobs } = this.#context;
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value !== null) return ok({ signed_out_at: idempotency.value });
    const at = toRfc3339(runtime.now());
    runtime.storage.transactionSync(() => {
      writeMeta(runtime.sql, EPOCH, String(this.#epoch() + 1));
      runtime.sql.exec("DELETE FROM tickets");
      saveIdempotencyKey(runtime, call, at);
      noteAudit(runtime, jobs, call.audit ?? null);
    });
    jobs.tick();
    log.wakeAll();
    return ok({ signed_out_at: at });
  }

  /** The tenant's own name of the user; null when none was sent. */
  async name(): Promise<string | null> {
    const { runtime, address, database } = this.#context;
    const encrypted = database.exists() ? readMeta(runtime.sql, "user") : null;
    const { rootSecret: current, rootSecretPrevious: previous } = runtime.config;
    return encrypted === null ? null : decrypt(encrypted, userNameOwner(address), { current, previous });
  }

  /** The user's record: active, or the state of its deletion. */
  read(): Result<UserRecord, Problem> {
    const { runtime, database } = this.#context;
    const deletion = this.#userDeletion.record();
    if (deletion !== null) return ok(deletion);
    const since = database.exists() ? readMeta(runtime.sql, "since") : null;
    return since === null
      ? err(noUser())
      : ok({ state: "active", created_at: toRfc3339(Number(since)), deletion: null });
  }

  #epoch(): number {
    return this.#context.database.exists() ? Number(readMeta(this.#context.runtime.sql, EPOCH) ?? 0) : 0;
  }
}

const noUser = (): Problem =>
  problemOf(
    "not_found",
    "No such user exists: nothing was created for this user id, or its deletion is more than 30 days ago. List your users with GET /v1/users.",
    {
      hint: "GET /v1/users",
    },
  );
