/**
 * Bytes against the day's quota. What is announced is taken before its first byte comes; what is not, as it comes: each time
 * that a step of it came, all so far is taken, and nothing more is kept once there is no room for it.
 *
 * All takings of an upload stand under one name with their sum, so a step that is told twice counts once.
 */
import type { Problem } from "../../core/errors.ts";
import { METER_FIRST_BYTES, METER_STEP_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { reserveQuota, settleQuota } from "../shared/problems.ts";
import { cancelBody } from "./body-writer.ts";
import type { Upload } from "./record.ts";

/** A step is what came so far divided by this: by so much a quota may be overdrawn at most, beside the first step. Chosen. */
const METER_STEP_PARTS = 4;

/** Takes all that came of one upload, or of one request of an import. */
export class Meter {
  readonly #take: (total: number) => Promise<Problem | null>;
  #paid = 0;

  /** `ref` is what is taken for. */
  constructor(runtime: ObjectRuntime, { call }: Upload, ref: string) {
    this.#take = async (amount) => {
      const taken = await reserveQuota(runtime, call, [{ quota: "bytes_per_day", ref, amount }]);
      return taken.ok ? null : taken.error;
    };
  }

  /** Takes the step that ends at `total`, if a step is full. Steps grow with what came, so a small quota is overdrawn by little. */
  async came(total: number): Promise<Problem | null> {
    const step = Math.min(METER_STEP_BYTES, Math.max(METER_FIRST_BYTES, this.#paid / METER_STEP_PARTS));
    return total - this.#paid < step ? null : this.pay(total);
  }

  /** Takes all up to `total`. */
  async pay(total: number): Promise<Problem | null> {
    if (total <= this.#paid) return null;
    const problem = await this.#take(total);
    if (problem === null) this.#paid = total;
    return problem;
  }
}

export type Counted = {
  readonly content: ReadableStream;
  /** Why the content was cut off; null when it was not. */
  readonly problem: () => Problem | null;
  /** So many bytes came of it: gives back what was taken for the others. */
  readonly over: (arrived: number) => void;
};

/** The body of one request of an import. Each counts for itself, since its bytes did come. Lets a body go that it refuses. */
export async function meterImport(
  runtime: ObjectRuntime,
  upload: Upload,
  body: ReadableStream,
  sizeBytes: number | null,
): Promise<Result<Counted, Problem>> {
  const ref = `${upload.id}/${upload.import?.attempts ?? 0}`;
  const meter = new Meter(runtime, upload, ref);
  const over = (arrived: number): void => {
    if (sizeBytes !== null && arrived < sizeBytes)
      runtime.keep(settleQuota(runtime, ref, arrived).catch(() => undefined));
  };
  if (sizeBytes === null) return ok({ ...inSteps(body, meter), over });
  const problem = await meter.pay(sizeBytes);
  if (problem === null) return ok({ content: body, problem: () => null, over });
  await cancelBody(body);
  return err(problem);
}

function inSteps(body: ReadableStream, meter: Meter): Pick<Counted, "content" | "problem"> {
  const { readable, writable } = new IdentityTransformStream();
  const reader = body.getReader();
  const writer = writable.getWriter();
  let problem: Problem | null = null;
  let total = 0;
  const stop = (given: Problem | null): void => {
    problem = given;
    if (problem !== null) throw new Error("the day's bytes are taken");
  };
  const pass = async (): Promise<void> => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      total += read.value.byteLength;
      stop(await meter.came(total));
      await writer.write(read.value);
    }
    stop(await meter.pay(total));
    await writer.close();
  };
  pass().catch(async (error: unknown) => {
    writer.abort(error).catch(() => undefined);
    reader.cancel().catch(() => undefined);
    if (problem === null) await meter.pay(total).catch(() => undefined); // what broke off did come
  });
  return { content: readable, problem: () => problem };
}
