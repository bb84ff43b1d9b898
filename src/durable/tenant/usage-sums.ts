/** What is added to the rows of use, summed up before it is written: what is told together is mostly of one day, user and key. */
import type { KeyId } from "../../core/ids.ts";
import { type EpochMs, toDay } from "../../core/time.ts";
import type { Counter, Counts } from "../../core/usage.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";

/** Stands for nobody known, and for everybody of a day. Sorts before every hash and id, so that it can be a cursor. */
export const NOBODY = "-";

/** Whose something is. */
export type Owner = { readonly uh: string; readonly key: KeyId | null; readonly named: boolean };

/** One row, and what it grows by. */
export type UsageSum = {
  readonly dimension: UsageDimension;
  readonly who: string;
  readonly day: string;
  readonly counts: Partial<Counts>;
};

export class UsageSums {
  readonly #rows = new Map<string, UsageSum>();

  /** Adds to the rows of the day, of the owner and of its key. */
  add({ uh, key, named }: Owner, at: EpochMs, counts: Partial<Counts>): void {
    this.#addTo("user", !named || uh === "" ? NOBODY : uh, at, counts);
    this.addForgotten(key, at, counts);
  }

  /** The same for an owner who is forgotten: the day and the key keep it. */
  addForgotten(key: KeyId | null, at: EpochMs, counts: Partial<Counts>): void {
    this.#addTo("day", NOBODY, at, counts);
    this.#addTo("key", key ?? NOBODY, at, counts);
  }

  rows(): readonly UsageSum[] {
    return [...this.#rows.values()];
  }

  #addTo(dimension: UsageDimension, who: string, at: EpochMs, more: Partial<Counts>): void {
    const day = toDay(at);
    const name = `${dimension} ${who} ${day}`;
    const counts = { ...this.#rows.get(name)?.counts };
    for (const counter of Object.keys(more) as Counter[])
      counts[counter] = (counts[counter] ?? 0) + (more[counter] ?? 0);
    this.#rows.set(name, { dimension, who, day, counts });
  }
}
