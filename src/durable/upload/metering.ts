/**
 * Meters an upload's bytes against the day's quota. An announced length is reserved before the first byte. An unknown
 * length is reserved in steps as the bytes arrive, and nothing more is stored once the quota is exceeded.
 *
 * Reservations of an upload share one name and hold their sum, so a repeated step counts once.
 */
import type { Problem } from "../../core/errors.ts";
import { METER_FIRST_BYTES, METER_STEP_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { reserveQuota, settleQuota } from "../shared/problems.ts";
import { cancelBody } from "./body-writer.ts";
import type { Upload } from "./record.ts";

/**
 * A step is the bytes so far divided by this, so a quota is exceeded by at most that much beyond the first step.
 * Chosen.
 */
const METER_STEP_PARTS = 4;

/** Reserves the bytes of one upload, or of one request of an import. */
export class Meter {
  readonly #reserveTotal: (total: number) => Promise<Problem | null>;
  #reserved = 0;

  /** `ref` is the name of the reservation. */
  constructor(runtime: ObjectRuntime, { call }: Upload, ref: string) {
    this.#reserveTotal = async (amount) => {
      const reserved = await reserveQuota(runtime, call, [{ quota: "bytes_per_day", ref, amount }]);
      return reserved.ok ? null : reserved.error;
    };
  }

  /**
   * Reserves up to `total` when a step is full. Steps grow with the bytes so far, so a small quota is exceeded by
   * little.
   */
  async reserveStep(total: number): Promise<Problem | null> {
    const step = Math.min(METER_STEP_BYTES, Math.max(METER_FIRST_BYTES, this.#reserved / METER_STEP_PARTS));
    return total - this.#reserved < step ? null : this.reserve(total);
  }

  /** Reserves up to `total`. */
  async reserve(total: number): Promise<Problem | null> {
    if (total <= this.#reserved) return null;
    const problem = await this.#reserveTotal(total);
    if (problem === null) this.#reserved = total;
    return problem;
  }
}

export type MeteredBody = {
  readonly content: ReadableStream;
  /** Why the content was cut off; null when it was not. */
  readonly problem: () => Problem | null;
  /** Releases what was reserved beyond the bytes that arrived. */
  readonly settle: (arrived: number) => void;
};

/**
 * Meters the body of one request of an import. Each request counts by itself, since its bytes did arrive. Cancels a
 * body that the quota does not allow.
 */
export async function meterImport(
  runtime: ObjectRuntime,
  upload: Upload,
  body: ReadableStream,
  sizeBytes: number | null,
): Promise<Result<MeteredBody, Problem>> {
  const ref = `${upload.id}/${upload.import?.attempts ?? 0}`;
  const meter = new Meter(runtime, upload, ref);
  const settle = (arrived: number): void => {
    if (sizeBytes !== null && arrived < sizeBytes)
      runtime.waitUntil(settleQuota(runtime, ref, arrived).catch(() => undefined));
  };
  if (sizeBytes === null) return ok({ ...meterInSteps(body, meter), settle });
  const problem = await meter.reserve(sizeBytes);
  if (problem === null) return ok({ content: body, problem: () => null, settle });
  await cancelBody(body);
  return err(problem);
}

function meterInSteps(body: ReadableStream, meter: Meter): Pick<MeteredBody, "content" | "problem"> {
  const { readable, writable } = new IdentityTransformStream();
  const reader = body.getReader();
  const writer = writable.getWriter();
  let problem: Problem | null = null;
  let total = 0;
  const stop = (given: Problem | null): void => {
    problem = given;
    if (problem !== null) throw new Error("the day's quota of bytes is exceeded");
  };
  const pass = async (): Promise<void> => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      total += read.value.byteLength;
      stop(await meter.reserveStep(total));
      await writer.write(read.value);
    }
    stop(await meter.reserve(total));
    await writer.close();
  };
  pass().catch(async (error: unknown) => {
    writer.abort(error).catch(() => undefined);
    reader.cancel().catch(() => undefined);
    if (problem === null) await meter.reserve(total).catch(() => undefined); // the bytes that arrived before the break count
  });
  return { content: readable, problem: () => problem };
}
