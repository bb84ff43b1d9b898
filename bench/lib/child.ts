/** The inside of a measured process: it gets its settings in one message, answers in messages, and ends with its parent. */
import type * as z from "zod";

/** Waits for the settings. The process ends as soon as the parent is gone, whatever it is doing. */
export async function settings<T>(schema: z.ZodType<T>): Promise<T> {
  process.on("disconnect", () => process.exit());
  const got = await new Promise<unknown>((resolve) => process.once("message", resolve));
  return schema.parse(got);
}

/** Tells the parent something. */
export function tell(message: unknown): void {
  process.send?.(message);
}
