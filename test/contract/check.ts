/** Claims about a server, as values that stop a step: no test runner is needed to make them. */
import type { Result } from "../../src/core/result.ts";
import type { NemoFailure, NemoReason } from "../../src/nemo/errors.ts";

/** A claim of the contract that did not hold. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** A step that cannot be taken here, and why. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

export function claim(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Broken(words);
}

const shown = (failure: NemoFailure): string =>
  `${failure.at}: ${failure.reason} (HTTP ${failure.status}, code ${failure.code}: ${failure.message})`;

/** The value of a call that must succeed. */
export function value<T>(outcome: Result<T, NemoFailure>): T {
  if (!outcome.ok) throw new Broken(shown(outcome.error));
  return outcome.value;
}

/** The failure of a call that must fail for one of these reasons. */
export function failure(outcome: Result<unknown, NemoFailure>, ...reasons: readonly NemoReason[]): NemoFailure {
  if (outcome.ok) throw new Broken(`succeeded; expected ${reasons.join(" or ")}`);
  claim(reasons.includes(outcome.error.reason), `${shown(outcome.error)}; expected ${reasons.join(" or ")}`);
  return outcome.error;
}

/** A value that an earlier step should have left. */
export function needed<T>(left: T | null, what: string): T {
  if (left === null) throw new Skipped(`needs ${what}`);
  return left;
}
