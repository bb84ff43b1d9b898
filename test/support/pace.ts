/** How fast time goes for what a file's tests make. Usual is 60: a minute takes a second (vitest.config.ts). */
import { afterAll, beforeAll } from "vitest";
import { env } from "./objects.ts";

/**
 * Lets time go `scale` times as fast for the objects that the tests of this file or `describe` make: the gateway's waits and
 * the sandbox's alike. At 1 nothing that lasts minutes is over before a slow machine has asked about it.
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
