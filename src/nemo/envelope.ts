/** Upstream's envelopes: `{code,data}`, `{success,data}`, a bare object, `{detail}`, `{error}`. Opens them, or says why not. */
import { err, ok, type Result } from "../core/result.ts";
import { classify, garbled } from "./classify.ts";
import { retryAfterMs, safeWords, wordsOf } from "./evidence.ts";
import type { Endpoint, NemoFailure } from "./failures.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";

/** A whole answer, its body read. */
export type Answer = {
  readonly at: Endpoint;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whether `text` is what came, byte for byte: false when the body was not UTF-8. */
  readonly exact: boolean;
};

/** An opened answer. `path` leads from the text's root to `data`, for values that must be cut out by offsets. */
export type Opened = {
  readonly data: JsonObject;
  readonly path: readonly string[];
  readonly text: string;
  readonly exact: boolean;
};

/** Characters of an error page that are looked at for its words. */
const PAGE_CHARS = 4_000;

const isGood = (status: number): boolean => status >= 200 && status < 300;

/** A body's own code: a whole number, also one written as a string; null where there is none. */
export function codeOf(body: unknown): number | null {
  if (!isObject(body)) return null;
  const nested = isObject(body.error) ? body.error.code : undefined;
  const code = body.code ?? body.errorCode ?? body.error_code ?? nested;
  if (typeof code === "string" && /^\d{1,9}$/.test(code)) return Number(code);
  return typeof code === "number" && Number.isInteger(code) ? code : null;
}

/** Codes of a success: 0 is attested; 200 is what servers that copy the status into the body would say. */
const isGoodCode = (code: number | null): boolean => code === null || code === 0 || code === 200;

/** Whether a body in a 2xx says by its other marks that it is an error. A render's own `error` stands beside a `status` or inside `data`. */
function isMarkedBad(body: unknown): boolean {
  if (!isObject(body)) return false;
  if (body.success === false) return true;
  if (isObject(body.data) || typeof body.status === "string" || body.code === 0 || body.success === true) return false;
  return Boolean(body.error) || typeof body.detail === "string";
}

/** The failure an answer means, or null when it is a success. Body code first, then HTTP status. */
export function failureOf(answer: Answer, body: unknown = parseJson(answer.text)): NemoFailure | null {
  const code = codeOf(body);
  if (isGood(answer.status) && isGoodCode(code) && !isMarkedBad(body)) return null;
  const words = wordsOf(body) || (body === undefined ? answer.text.slice(0, PAGE_CHARS).replace(/<[^>]*>/g, " ") : "");
  const message = safeWords(words) || `HTTP ${answer.status}`;
  const shownCode = isGoodCode(code) ? null : code;
  return classify({
    at: answer.at,
    status: answer.status,
    code: shownCode,
    message,
    retryAfterMs: retryAfterMs(answer.headers),
  });
}

/** The payload of a successful answer: what `data` holds, or the bare object. Anything that is not an object is garbled. */
export function open(answer: Answer): Result<Opened, NemoFailure> {
  const body = parseJson(answer.text);
  const failure = failureOf(answer, body);
  if (failure !== null) return err(failure);
  const { text, exact } = answer;
  if (!isObject(body))
    return err(
      garbled(answer.at, answer.status, text.trim() === "" ? "an empty answer" : "an answer that is not a JSON object"),
    );
  const data = body.data;
  return ok(isObject(data) ? { data, path: ["data"], text, exact } : { data: body, path: [], text, exact });
}
