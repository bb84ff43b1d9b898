/** The bytes of an import against the day's quota: its caller announces no size, so they are counted as they come. */
import type { Refusal } from "../../core/errors.ts";
import { IMPORT_QUOTA_STEP_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Ground } from "../ground.ts";
import { takeQuota } from "../quota.ts";
import type { Upload } from "./record.ts";
import { letGo } from "./taking.ts";

export type Counted = {
  readonly content: ReadableStream;
  /** Why the content was cut off; null when it was not. */
  readonly refused: () => Refusal | null;
};

/**
 * Takes an announced size before its first byte is read; of a body without one, what has come, step by step.
 * Each request counts for itself, since its bytes did come. Lets a body go that it refuses.
 */
export async function meter(
  ground: Ground,
  upload: Upload,
  body: ReadableStream,
  sizeBytes: number | null,
): Promise<Result<Counted, Refusal>> {
  const take = async (step: number, amount: number): Promise<Refusal | null> => {
    const ref = `${upload.id}/${upload.import?.attempts ?? 0}/${step}`;
    const taken = await takeQuota(ground, upload.call, [{ quota: "bytes_per_day", ref, amount }]);
    return taken.ok ? null : taken.error;
  };
  if (sizeBytes === null) return ok(inSteps(body, take));
  const refused = await take(0, sizeBytes);
  if (refused === null) return ok({ content: body, refused: () => null });
  await letGo(body);
  return err(refused);
}

function inSteps(body: ReadableStream, take: (step: number, amount: number) => Promise<Refusal | null>): Counted {
  const { readable, writable } = new IdentityTransformStream();
  const reader = body.getReader();
  const writer = writable.getWriter();
  let refused: Refusal | null = null;
  let steps = 0;
  let unpaid = 0;
  const pay = async (): Promise<void> => {
    const amount = unpaid;
    unpaid = 0;
    if (amount > 0) refused = await take(steps++, amount);
    if (refused !== null) throw new Error("the day's bytes are taken");
  };
  const pass = async (): Promise<void> => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      unpaid += read.value.byteLength;
      if (unpaid >= IMPORT_QUOTA_STEP_BYTES) await pay();
      await writer.write(read.value);
    }
    await pay();
    await writer.close();
  };
  pass().catch(async (error: unknown) => {
    writer.abort(error).catch(() => undefined);
    reader.cancel().catch(() => undefined);
    await pay().catch(() => undefined); // what broke off did come
  });
  return { content: readable, refused: () => refused };
}
