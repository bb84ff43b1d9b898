/**
 * Whose Nemo token a user's object works with, and how it gets one.
 *
 * Test mode takes anonymous tokens of the sandbox and never any other. Live mode takes the operator's token where one is
 * set, else an anonymous one where that is allowed. A token of its own is sealed at rest and renewed with the same client
 * id when upstream refuses it, once.
 */

import type { UserAddress } from "../../core/address.ts";
import { userObjectName } from "../../core/address.ts";
import type { RootSecrets } from "../../core/derive.ts";
import { type Charged, type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import type { TokenPort } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { seal, unseal } from "../../core/seal.ts";
import { type EpochMs, MINUTE_MS, toRfc3339 } from "../../core/time.ts";
import type { NemoTokenWire } from "../../core/wire/token.ts";
import type { Nemo } from "../../nemo/client.ts";
import { createNemo } from "../../nemo/create.ts";
import type { ClaimLink } from "../../nemo/domain.ts";
import type { NemoFailure } from "../../nemo/failures.ts";
import { readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";
import { refusalOf } from "./refusals.ts";

/** Where an anonymous account is kept by registering. Source: nemo-api reference 2.3. */
const REGISTER_URL = "https://nemovideo.com/register";
/** The name of the object that looks after the operator's own token. */
const OPERATORS_TOKEN = "operator";
/** The sandbox's address inside its own binding; nothing resolves it. */
export const SANDBOX_URL = "https://sandbox.nemo.internal";
/** What upstream is told about us when nothing more specific is known. */
const ATTRIBUTION = { source: "nemo-gateway", version: "1", platform: "unknown" };
/** An own token this close to its end is renewed before it is used. */
const RENEW_BEFORE_MS = MINUTE_MS;

type Own = { readonly sealed: string; readonly clientId: string; readonly expiresAt: EpochMs | null };

export type TokenInUse = {
  readonly token: string;
  readonly source: NemoTokenWire["source"];
};

export class Account {
  readonly nemo: Nemo;
  readonly #ground: Ground;
  readonly #address: UserAddress;
  #minting: Promise<Result<TokenInUse, Refusal>> | null = null;

  constructor(ground: Ground, address: UserAddress) {
    this.#ground = ground;
    this.#address = address;
    const { env, config } = ground;
    const timeouts = { turnTotalMs: config.waits.turnStream };
    this.nemo =
      address.mode === "test"
        ? createNemo({
            baseUrl: SANDBOX_URL,
            fetch: (request) => env.SANDBOX.getByName(userObjectName(address)).fetch(request),
            attribution: ATTRIBUTION,
            timeouts,
          })
        : createNemo({
            baseUrl: config.nemoUrl,
            fetch: (request) => fetch(request),
            attribution: ATTRIBUTION,
            timeouts,
          });
  }

  /** A token to work with now. Mints one where none is kept or the kept one is about to end. */
  async token(): Promise<Result<TokenInUse, Refusal>> {
    const { config, now } = this.#ground;
    if (this.isShared() && config.nemoToken !== null) {
      return ok({ token: config.nemoToken, source: "operator" });
    }
    const own = this.#own();
    if (own !== null && (own.expiresAt === null || own.expiresAt - RENEW_BEFORE_MS > now())) {
      const token = await unseal(own.sealed, this.#owner(), this.#roots());
      if (token !== null) return ok({ token, source: this.#ownSource() });
    }
    return this.#mintOnce();
  }

  /**
   * Makes a call with the token; when upstream refuses the token itself, once more with a new one.
   * Safe for any call, a paid one too: a refused token means that nothing was done.
   */
  async call<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Refusal | NemoFailure>> {
    const first = await this.token();
    if (!first.ok) return first;
    const answer = await use(first.value.token);
    if (answer.ok || answer.error.reason !== "token_rejected" || first.value.source === "operator") return answer;
    const second = await this.#mintOnce();
    return second.ok ? use(second.value.token) : second;
  }

  /** Like `call`, with every failure in our error table's words. */
  async read<T>(use: (token: string) => Promise<Result<T, NemoFailure>>): Promise<Result<T, Refusal>> {
    const answer = await this.call(use);
    return answer.ok ? answer : err(this.explain(answer.error));
  }

  /** A failure of a call in our error table's words, whichever side it came from, with the link that helps where one does. */
  explain(failure: Refusal | NemoFailure, charged: Charged = "no"): Refusal {
    const told = "detail" in failure ? failure : refusalOf(failure, charged);
    const helps = told.code === "insufficient_credits" || told.code === "plan_upgrade_required";
    const user = readMeta(this.#ground.sql, "nemo_user");
    if (!helps || this.isShared() || user === null) return told;
    return { ...told, registerUrl: `${REGISTER_URL}?bind=${encodeURIComponent(user)}` };
  }

  /** A link that opens a project in Nemo's web app. Only for a token that is this user's alone: it shows all of its projects. */
  async browserLink(session: { taskId: string; sessionId: string }): Promise<Result<ClaimLink, Refusal>> {
    if (this.isShared())
      return err(
        refusal(
          "browser_link_unavailable",
          "This project belongs to a shared Nemo account, which a link would open to its holder.",
        ),
      );
    return this.read((token) => this.nemo.claimLink(token, session));
  }

  /** Notes on a shared token that this turn runs on it; tells whether another user's turn does too. An own token is never shared. */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    return this.isShared() ? (await this.#operatorsToken().lease(turn, until)).shared : false;
  }

  /** Ends the note. A release that is lost ends by itself at the lease's end. */
  async release(turn: TurnId): Promise<void> {
    if (this.isShared()) await this.#operatorsToken().release(turn);
  }

  /** What the outside may know of the token. */
  state(exists: boolean): NemoTokenWire {
    const { config, now } = this.#ground;
    if (this.isShared()) {
      return { source: "operator", state: "ready", expires_at: null, next_try_at: null };
    }
    const own = exists ? this.#own() : null;
    const allowed = this.#address.mode === "test" || config.allowAnonymous;
    if (own === null)
      return {
        source: allowed ? this.#ownSource() : "none",
        state: allowed ? "ready" : "none",
        expires_at: null,
        next_try_at: null,
      };
    const expired = own.expiresAt !== null && own.expiresAt <= now();
    return {
      source: this.#ownSource(),
      state: expired && !allowed ? "rejected" : "ready",
      expires_at: own.expiresAt === null ? null : toRfc3339(own.expiresAt),
      next_try_at: null,
    };
  }

  /** Whether the token is the operator's, which other users work with too. */
  isShared(): boolean {
    return this.#address.mode === "live" && this.#ground.config.nemoToken !== null;
  }

  #operatorsToken(): TokenPort {
    return this.#ground.env.TOKEN.getByName(OPERATORS_TOKEN) as unknown as TokenPort; // TokenObject implements TokenPort; RPC stubs carry its methods
  }

  #mintOnce(): Promise<Result<TokenInUse, Refusal>> {
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  async #mint(): Promise<Result<TokenInUse, Refusal>> {
    const { config, sql, random } = this.#ground;
    if (this.#address.mode === "live" && !config.allowAnonymous) {
      return err(
        refusal("nemo_token_unavailable", "No Nemo token is set; bring one with PUT /v1/nemo_token.", {
          charged: "no",
          hint: "PUT /v1/nemo_token",
        }),
      );
    }
    const clientId = this.#own()?.clientId ?? crypto.randomUUID();
    let minted = await this.nemo.mintToken(clientId);
    let used = clientId;
    if (!minted.ok && minted.error.reason === "client_id_refused") {
      used = crypto.randomUUID();
      minted = await this.nemo.mintToken(used);
    }
    if (!minted.ok) return err(refusalOf(minted.error));
    const { token, expiresAt, userId } = minted.value;
    const own: Own = { sealed: await seal(token, this.#owner(), this.#roots(), random), clientId: used, expiresAt };
    writeMeta(sql, "token", JSON.stringify(own));
    if (userId !== null) writeMeta(sql, "nemo_user", userId);
    return ok({ token, source: this.#ownSource() });
  }

  #own(): Own | null {
    const text = readMeta(this.#ground.sql, "token");
    return text === null ? null : (JSON.parse(text) as Own); // written by #mint only
  }

  #ownSource(): "sandbox" | "anonymous" {
    return this.#address.mode === "test" ? "sandbox" : "anonymous";
  }

  #owner(): string {
    return `nemo_token|${this.#address.tenant}|${this.#address.mode}|${this.#address.uh}`;
  }

  #roots(): RootSecrets {
    return { current: this.#ground.config.rootSecret, previous: this.#ground.config.rootSecretPrevious };
  }
}
