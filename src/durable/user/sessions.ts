/** Who is signed in as this user: the epoch that user tokens carry, raised by every sign-out, and the user's own name. */
import { userNameOwner } from "../../core/address.ts";
import { type Pass, refusePass, tokenRevoked } from "../../core/auth.ts";
import { unseal } from "../../core/crypto.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import type { Session, UserRecord } from "../../core/tenant.ts";
import { DAY_MS, toRfc3339 } from "../../core/time.ts";
import { readMeta, writeMeta } from "../shared/database.ts";
import { findRepeat, keepRepeat } from "../shared/idempotency.ts";
import { noteAudit } from "../shared/outbox.ts";
import { enter, enterAsNew, type Home } from "./context.ts";
import type { Erasure } from "./deletion.ts";

const EPOCH = "epoch";

export class Sessions {
  readonly #home: Home;
  readonly #erasure: Erasure;

  constructor(home: Home, erasure: Erasure) {
    this.#home = home;
    this.#erasure = erasure;
  }

  /** Why a user token does not open this object now; null when it does. */
  refuse(pass: Pass): Refusal | null {
    const { ground, address } = this.#home;
    if (this.#erasure.refuse() !== null) return tokenRevoked("This user was deleted");
    return refusePass(pass, address.uh, this.#epoch(), ground.now());
  }

  /** What a stream that a ticket opened is read under: a sign-out ends it, as it ends those of tokens. */
  ticketPass(): Pass {
    const { address, ground } = this.#home;
    return { uh: address.uh, epoch: this.#epoch(), until: ground.now() + DAY_MS };
  }

  /** What to make a token from, the same for the same call. The token itself is made at the edge and kept nowhere. */
  async open(call: Call): Promise<Result<Session, Refusal>> {
    const entered = await enterAsNew(this.#home, call);
    if (!entered.ok) return entered;
    const { ground } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return ok(JSON.parse(repeat.value) as Session); // written below only
    const session: Session = { epoch: this.#epoch(), issuedAt: ground.now() };
    keepRepeat(ground, call, JSON.stringify(session));
    return ok(session);
  }

  /** Ends every token and every stream ticket made so far. Streams that a token has open look at the epoch when woken. */
  signOut(call: Call): Result<{ signed_out_at: string }, Refusal> {
    if (!this.#home.database.exists()) return err(noUser());
    enter(this.#home, call);
    const { ground, log, schedule } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return ok({ signed_out_at: repeat.value });
    const at = toRfc3339(ground.now());
    ground.storage.transactionSync(() => {
      writeMeta(ground.sql, EPOCH, String(this.#epoch() + 1));
      ground.sql.exec("DELETE FROM tickets");
      keepRepeat(ground, call, at);
      noteAudit(ground, schedule, call.audit ?? null);
    });
    schedule.tick();
    log.wakeAll();
    return ok({ signed_out_at: at });
  }

  /** The tenant's own name of the user; null where none was ever sent. */
  async name(): Promise<string | null> {
    const { ground, address, database } = this.#home;
    const sealed = database.exists() ? readMeta(ground.sql, "user") : null;
    const { rootSecret: current, rootSecretPrevious: previous } = ground.config;
    return sealed === null ? null : unseal(sealed, userNameOwner(address), { current, previous });
  }

  /** The user while it lives, or what its deletion has come to. */
  read(): Result<UserRecord, Refusal> {
    const { ground, database } = this.#home;
    const erased = this.#erasure.record();
    if (erased !== null) return ok(erased);
    const since = database.exists() ? readMeta(ground.sql, "since") : null;
    return since === null
      ? err(noUser())
      : ok({ state: "active", created_at: toRfc3339(Number(since)), deletion: null });
  }

  #epoch(): number {
    return this.#home.database.exists() ? Number(readMeta(this.#home.ground.sql, EPOCH) ?? 0) : 0;
  }
}

const noUser = (): Refusal =>
  refusal("not_found", "No such user: nothing was ever written in its name, or it is long deleted.", {
    hint: "GET /v1/users",
  });
