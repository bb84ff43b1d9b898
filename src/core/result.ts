/**
 * Expected outcomes as values. An error that a caller must handle is returned, never thrown: own properties of thrown
 * errors do not cross a Durable Object's RPC boundary.
 */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A success holding `value`. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** A failure holding `error`, usually a member of a tagged union. */
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
