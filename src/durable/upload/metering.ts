/**
 * Bytes against the day's quota. What is announced is taken before its first byte comes; what is not, as it comes: each time
 * that a step of it came, all so far is taken, and nothing more is kept once there is no room for it.
 *
 * All takings of an upload stand under one name with their sum, so a step that is told twice counts once.
 */
import type { Refusal } from "../../core/errors.ts";
import { METER_FIRST_BYTES, METER_STEP_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Ground } from "../shared/context.ts";
import { settleQuota, takeQuota } from "../shared/problems.ts";
import { letGo } from "./body-writer.ts";
import type { Upload } from "./record.ts";

/** A step is what came so far divided by this: by so much a quota may be overdrawn at most, beside the first step. Chosen. */
const METER_STEP_PARTS = 4;

/** Takes all that came of one upload, or of one request of an import. */
export class Meter {
  readonly #take: (total: number) => Promise<Refusal | null>;
  #paid = 0;

  /** `ref` is what is taken for. */
  constructor(ground: Ground, { call }: Upload, ref: string) {
    this.#take = async (amount) => {
      const taken = await takeQuota(ground, call, [{ quota: "bytes_per_day", ref, amount }]);
      return taken.ok ? null : taken.error;
    };
  }

  /** Takes the step that ends at `total`, if a step is full. Steps grow with what came, so a small quota is overdrawn by little. */
  async came(total: number): Promise<Refusal | null> {
    const step = Math.min(METER_STEP_BYTES, Math.max(METER_FIRST_BYTES, this.#paid / METER_STEP_PARTS));
    return total - this.#paid < step ? null : this.pay(total);
  }

  /** Takes all up to `total`. */
  async pay(total: number): Promise<Refusal | null> {
    if (total <= this.#paid) return null;
    const refused = await this.#take(total);
    if (refused === null) this.#paid = total;
    return refused;
  }
}

export type Counted = {
  readonly content: ReadableStream;
  /** Why the content was cut off; null when it was not. */
  readonly refused: () => Refusal | null;
  /** So many bytes came of it: gives back what was taken for the others. */
  readonly over: (arrived: number) => void;
};

/** The body of one request of an import. Each counts for itself, since its bytes did come. Lets a body go that it refuses. */
export async function meterImport(
  ground: Ground,
  upload: Upload,
  body: ReadableStream,
  sizeBytes: number | null,
): Promise<Result<Counted, Refusal>> {
  const ref = `${upload.id}/${upload.import?.attempts ?? 0}`;
  const meter = new Meter(ground, upload, ref);
  const over = (arrived: number): void => {
    if (sizeBytes !== null && arrived < sizeBytes)
      ground.keep(settleQuota(ground, ref, arrived).catch(() => undefined));
  };
  if (sizeBytes === null) return ok({ ...inSteps(body, meter), over });
  const refused = await meter.pay(sizeBytes);
  if (refused === null) return ok({ content: body, refused: () => null, over });
  await letGo(body);
  return err(refused);
}

function inSteps(body: ReadableStream, meter: Meter): Pick<Counted, "content" | "refused"> {
  const { readable, writable } = new IdentityTransformStream();
  const reader = body.getReader();
  const writer = writable.getWriter();
  let refused: Refusal | null = null;
  let total = 0;
  const stop = (refusal: Refusal | null): void => {
    refused = refusal;
    if (refused !== null) throw new Error("the day's bytes are taken");
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
    if (refused === null) await meter.pay(total).catch(() => undefined); // what broke off did come
  });
  return { content: readable, refused: () => refused };
}
