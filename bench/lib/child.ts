/** The child side of a bench process: it receives its settings in one message, sends messages, and ends with its parent. */
import type * as z from "zod";

/** Waits for the settings. The process ends at once when the parent ends. */
export async function settings<T>(schema: z.ZodType<T>): Promise<T> {
  process.on("disconnect", () => process.exit());
  const got = await new Promise<unknown>((resolve) => process.once("message", resolve));
  return schema.parse(got);
}

/** Sends a message to the parent. */
export function report(message: unknown): void {
  process.send?.(message);
}
