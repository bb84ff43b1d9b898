/** A refusal that leaves the Worker: thrown only in http and routes, turned into a problem document in one place. */
import { ERRORS, type ErrorCode, type Refusal, refusal } from "../core/errors.ts";
import type { Result } from "../core/result.ts";

export class ApiError extends Error {
  readonly refusal: Refusal;
  /** Headers that belong to this refusal, such as `Allow` or `Content-Range`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(given: Refusal, headers: Readonly<Record<string, string>> = {}) {
    super(given.code);
    this.name = "ApiError";
    this.refusal = given;
    this.headers = headers;
  }

  get status(): number {
    return ERRORS[this.refusal.code].status;
  }
}

/** A refusal ready to throw. */
export const apiError = (code: ErrorCode, detail: string, more: Omit<Refusal, "code" | "detail"> = {}): ApiError =>
  new ApiError(refusal(code, detail, more));

/** The one answer for what does not exist, is another's, or has an id of another shape. */
export const notFound = (): ApiError => apiError("not_found", "Nothing with this id exists for this key and mode.");

/** A success's value. Throws the refusal of anything else. */
export function unwrap<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new ApiError(result.error);
  return result.value;
}
