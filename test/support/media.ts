/** The sample files of test/media. */
import { env as bindings } from "cloudflare:workers";

/** A sample's bytes; throws for an unknown name. */
export function sample(name: string): Uint8Array<ArrayBuffer> {
  const { TEST_MEDIA } = bindings as unknown as { TEST_MEDIA: Record<string, string> }; // vitest.config.ts binds it
  const text = TEST_MEDIA[name];
  if (text === undefined) throw new Error(`no sample ${name}`);
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
