/** The doors of what a tenant's object counts: quotas, which its other objects take from, and use. */
import { DurableObject } from "cloudflare:workers";
import type { Limit, Refusal } from "../../core/errors.ts";
import type { TurnId, UserHash } from "../../core/ids.ts";
import type { Page, PageRequest } from "../../core/ports.ts";
import type { Want } from "../../core/quota.ts";
import type { Result } from "../../core/result.ts";
import type { Period, UsageRow } from "../../core/usage.ts";
import type { Quotas as Limits } from "../../core/wire/tenant.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";
import type { Env } from "../../env.ts";
import type { Counted } from "./counted.ts";

export abstract class CountDoors extends DurableObject<Env> {
  protected abstract readonly counted: Counted;

  async takeQuota(
    wants: readonly Want[],
    limits: Limits | null,
    by: UserHash | null = null,
  ): Promise<Result<readonly Limit[], Refusal>> {
    return this.counted.quotas.take(wants, limits, by);
  }

  async readQuotas(limits: Limits, by: UserHash | null): Promise<readonly Limit[]> {
    return this.counted.quotas.read(limits, by);
  }

  async keepPlace(turn: TurnId): Promise<void> {
    this.counted.quotas.keep(turn);
  }

  async giveQuota(ref: string): Promise<void> {
    this.counted.quotas.give(ref);
  }

  async settleQuota(ref: string, amount: number): Promise<void> {
    this.counted.quotas.settle(ref, amount);
  }

  async readUsage(by: UsageDimension, period: Period, page: PageRequest): Promise<Page<UsageRow>> {
    return this.counted.usage.list(by, period, page);
  }
}
