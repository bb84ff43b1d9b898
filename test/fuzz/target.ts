/** One reader of bytes that `npm run fuzz` tries with mutated input. Every module of this folder exports `targets`. */
export type FuzzTarget = {
  /** Unique over all modules; lower case with hyphens. */
  readonly name: string;
  /** Well-formed inputs that mutations start from. At least one. */
  readonly seeds: readonly Uint8Array[];
  /** Reads the input. A problem is a valid result; whatever is thrown counts as a bug. */
  readonly run: (bytes: Uint8Array) => unknown | Promise<unknown>;
};
