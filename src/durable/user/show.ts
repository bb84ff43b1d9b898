/** Pieces of records as the outside sees them. */
import { ERRORS, type Refusal } from "../../core/errors.ts";
import type { Failure } from "../../core/wire/common.ts";

/** A refusal inside a record: the same words as a problem document. */
export function failureOf(error: Refusal): Failure {
  const { title, retryable } = ERRORS[error.code];
  return {
    code: error.code,
    title,
    detail: error.detail,
    retryable,
    ...(error.registerUrl === undefined ? {} : { register_url: error.registerUrl }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}
