/** The Nemo token that a user's object shares with others: its tenant's, else the operator's. Asked of the objects that keep them, remembered for 30 s. */
import { OPERATOR_TOKEN_NAME, tenantObjectName, type UserAddress } from "../../core/address.ts";
import type { TurnId } from "../../core/ids.ts";
import { SHARED_TOKEN_MAX_AGE_MS } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Balance, TokenPort, SharedToken as Told } from "../../core/token-port.ts";
import type { Ground } from "../ground.ts";

export class SharedToken {
  readonly #ground: Ground;
  readonly #address: UserAddress;
  #told: { readonly shared: Told | null; readonly at: EpochMs } | null = null;
  #asking: Promise<Told | null> | null = null;

  constructor(ground: Ground, address: UserAddress) {
    this.#ground = ground;
    this.#address = address;
  }

  /** The shared token, at most 30 s old; null where neither has one, and in test mode always. */
  async find(): Promise<Told | null> {
    if (this.#address.mode === "test") return null;
    if (this.#told !== null && this.#ground.now() - this.#told.at < SHARED_TOKEN_MAX_AGE_MS) return this.#told.shared;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Whether calls go out with a shared token, as far as is known without asking. Unknown counts as shared: then no balance is believed. */
  isLikely(): boolean {
    return this.#address.mode === "live" && (this.#told === null || this.#told.shared !== null);
  }

  /** Notes that this turn runs on it; tells whether another one does. */
  async lease(turn: TurnId, until: EpochMs): Promise<boolean> {
    const shared = await this.find();
    return shared === null ? false : (await this.#keeper(shared.source).lease(turn, until)).shared;
  }

  /** Ends the note, and tells what the account held then. A release that is lost ends by itself at the lease's end. */
  async release(turn: TurnId, balance: Balance | null): Promise<void> {
    const shared = await this.find();
    if (shared !== null) await this.#keeper(shared.source).release(turn, balance);
  }

  /** Tells its keeper whether upstream took it. */
  async report(shared: Told, taken: boolean): Promise<void> {
    if (taken && !shared.suspect) return;
    this.#told = null;
    await this.#keeper(shared.source).report(shared.mark, taken);
  }

  async #ask(): Promise<Told | null> {
    const { config, now } = this.#ground;
    const [tenants, operators] = await Promise.all([
      this.#keeper("tenant").use(),
      config.nemoToken === null ? null : this.#keeper("operator").use(),
    ]);
    const shared = tenants ?? operators;
    this.#told = { shared, at: now() };
    return shared;
  }

  #keeper(source: Told["source"]): TokenPort {
    const name = source === "operator" ? OPERATOR_TOKEN_NAME : tenantObjectName(this.#address);
    return this.#ground.env.TOKEN.getByName(name) as unknown as TokenPort; // TokenObject implements TokenPort; RPC stubs carry its methods
  }
}
