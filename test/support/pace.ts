/** Sets the time scale of objects that a file's tests create. The default is 60: a minute takes a second (vitest.config.ts). */
import { afterAll, beforeAll } from "vitest";
import { env } from "./objects.ts";

/**
 * Divides by `scale` the waits of objects that the tests of this file or `describe` create, the gateway's and the sandbox's. With
 * 1, nothing that takes minutes ends before a slow machine has polled it.
 */
export function paceIs(scale: number): void {
  const usual = env.TIME_SCALE ?? "1";
  beforeAll(() => {
    env.TIME_SCALE = String(scale);
  });
  afterAll(() => {
    env.TIME_SCALE = usual;
  });
}
