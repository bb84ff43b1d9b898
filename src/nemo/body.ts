/** An answer's body as text: up to a cap, within a deadline, and told apart from what only looks like it. */
import { err, ok, type Result } from "../core/result.ts";
import { garbled, unavailable } from "./classify.ts";
import { type Deadline, Interrupted } from "./deadline.ts";
import type { Answer } from "./envelope.ts";
import { safeWords } from "./evidence.ts";
import type { Endpoint, NemoFailure } from "./failures.ts";
import { ERROR_ANSWER_BYTES, JSON_ANSWER_BYTES } from "./limits.ts";

/** Why a connection broke, in words for a failure's evidence. */
export const breakWords = (error: unknown): string =>
  error instanceof Interrupted ? error.why : safeWords(error instanceof Error ? error.message : String(error));

/** Chosen: most answers fit. */
const FIRST_BLOCK_BYTES = 4_096;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const loose = new TextDecoder("utf-8");

/** Bytes in one growing block: a body in a million tiny chunks costs no more than the same body in one. */
function collector(): { size(): number; add(chunk: Uint8Array): void; text(): { text: string; exact: boolean } } {
  let block = new Uint8Array(FIRST_BLOCK_BYTES);
  let size = 0;
  return {
    size: () => size,
    add(chunk) {
      if (size + chunk.byteLength > block.byteLength) {
        const grown = new Uint8Array(Math.max(block.byteLength * 2, size + chunk.byteLength));
        grown.set(block.subarray(0, size));
        block = grown;
      }
      block.set(chunk, size);
      size += chunk.byteLength;
    },
    text() {
      const bytes = block.subarray(0, size);
      try {
        return { text: strict.decode(bytes), exact: true };
      } catch {
        return { text: loose.decode(bytes), exact: false };
      }
    },
  };
}

/** Whether the announced length alone is above the cap. Compressed bodies announce less than they hold, never more than a little. */
const announcedAbove = (response: Response, cap: number): boolean =>
  Number(response.headers.get("content-length") ?? "0") > cap;

/**
 * The whole body, up to a cap: a success above `JSON_ANSWER_BYTES` is garbled, an error's body is read up to `ERROR_ANSWER_BYTES` and the
 * rest left. The body is cancelled as soon as it is given up.
 */
export async function readAnswer(
  at: Endpoint,
  response: Response,
  deadline: Deadline,
): Promise<Result<Answer, NemoFailure>> {
  const { status, headers } = response;
  const cap = response.ok ? JSON_ANSWER_BYTES : ERROR_ANSWER_BYTES;
  const tooBig = garbled(at, status, `an answer above ${cap} bytes`);
  const reader = response.body?.getReader();
  if (reader === undefined) return ok({ at, status, headers, text: "", exact: true });
  const body = collector();
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  if (response.ok && announcedAbove(response, cap)) {
    giveUp();
    return err(tooBig);
  }
  try {
    for (;;) {
      const { done, value } = await deadline.within(reader.read());
      if (done) break;
      if (body.size() + value.byteLength > cap) {
        giveUp();
        if (response.ok) return err(tooBig);
        break;
      }
      body.add(value);
    }
  } catch (error) {
    giveUp();
    if (response.ok) return err(unavailable(at, "maybe", `the answer broke off: ${breakWords(error)}`, status));
  }
  return ok({ at, status, headers, ...body.text() });
}
