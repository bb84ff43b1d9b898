/** The doors of a tenant's object that its other objects take from quotas by. */
import { DurableObject } from "cloudflare:workers";
import type { Refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import type { Want } from "../../core/quota.ts";
import type { Result } from "../../core/result.ts";
import type { Quotas as Limits } from "../../core/wire/tenant.ts";
import type { Env } from "../../env.ts";
import type { Quotas } from "./quotas.ts";

export abstract class QuotaDoors extends DurableObject<Env> {
  protected abstract readonly quotas: Quotas;

  async takeQuota(wants: readonly Want[], limits: Limits | null): Promise<Result<null, Refusal>> {
    return this.quotas.take(wants, limits);
  }

  async keepPlace(turn: TurnId): Promise<void> {
    this.quotas.keep(turn);
  }

  async giveQuota(ref: string): Promise<void> {
    this.quotas.give(ref);
  }
}
