/**
 * Ends everything that a file's tests left running. Objects continue after a test's end, woken by their alarms, and would print or
 * load modules while the runner closes. Their storage is removed too, so that no alarm wakes them again.
 */
import { reset } from "cloudflare:test";
import { afterAll } from "vitest";

afterAll(reset);
