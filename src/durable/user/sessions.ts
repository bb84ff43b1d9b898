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
import { createOnce } from "../shared/idempotency.ts";
import { noteAudit } from "../shared/outbox.ts";
import { admitNewUser, recordCaller } from "./context.ts";
import type { UserServices } from "./services.ts";

const EPOCH = "epoch";

export class Sessions {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Why a user token is not valid for this object now; null when it is. */
  check(grant: UserGrant): Problem | null {
    const { runtime, address } = this.#user;
    if (this.#user.userDeletion.check() !== null) return tokenRevoked("This user was deleted");
    return checkGrant(grant, address.uh, this.#epoch(), runtime.now());
  }

  /** The grant for a stream that was opened with a ticket: a sign-out ends it, like the streams of user tokens. */
  ticketGrant(): UserGrant {
    const { address, runtime } = this.#user;
    return { uh: address.uh, epoch: this.#epoch(), until: runtime.now() + DAY_MS };
  }

  /**
   * The claims of a new user token, the same ones for the same idempotency key. The token itself is signed by the
   * Worker and not stored.
   */
  open(call: Call): Promise<Result<UserSession, Problem>> {
    const read = (session: string): Result<UserSession, Problem> => ok(JSON.parse(session) as UserSession); // the key of `commit`
    return createOnce<unknown, Result<UserSession, Problem>>(this.#user, call, {
      existing: read,
      prepare: () => admitNewUser(this.#user, call),
      commit: () => {
        const session: UserSession = { epoch: this.#epoch(), issuedAt: this.#user.runtime.now() };
        return JSON.stringify(session);
      },
      created: (_, session) => read(session),
    });
  }

  /**
   * Invalidates every user token and stream ticket issued so far. Open streams of user tokens check the epoch when
   * woken.
   */
  signOut(call: Call): Promise<Result<{ signed_out_at: string }, Problem>> {
    const { runtime, database, log, jobs } = this.#user;
    return createOnce<void, Result<{ signed_out_at: string }, Problem>>(this.#user, call, {
      existing: (at) => ok({ signed_out_at: at }),
      check: () => (database.exists() ? null : noUser()),
      prepare: () => ok(recordCaller(this.#user, call)),
      commit: () => {
        writeMeta(runtime.sql, EPOCH, String(this.#epoch() + 1));
        runtime.sql.exec("DELETE FROM tickets");
        noteAudit(runtime, jobs, call.audit ?? null);
        return toRfc3339(runtime.now());
      },
      created: (_, at) => {
        jobs.tick();
        log.wakeAll();
        return ok({ signed_out_at: at });
      },
    });
  }

  /** The tenant's own name of the user; null when none was sent. */
  async name(): Promise<string | null> {
    const { runtime, address, database } = this.#user;
    const encrypted = database.exists() ? readMeta(runtime.sql, "user_name") : null;
    const { rootSecret: current, rootSecretPrevious: previous } = runtime.config;
    return encrypted === null ? null : decrypt(encrypted, userNameOwner(address), { current, previous });
  }

  /** The user's record: active, or the state of its deletion. */
  read(): Result<UserRecord, Problem> {
    const { runtime, database } = this.#user;
    const deletion = this.#user.userDeletion.record();
    if (deletion !== null) return ok(deletion);
    const since = database.exists() ? readMeta(runtime.sql, "created_at") : null;
    return since === null
      ? err(noUser())
      : ok({ state: "active", created_at: toRfc3339(Number(since)), deletion: null });
  }

  #epoch(): number {
    return this.#user.database.exists() ? Number(readMeta(this.#user.runtime.sql, EPOCH) ?? 0) : 0;
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
