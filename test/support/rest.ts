/**
 * Ends everything that a file's tests left at work. Objects go on after a test's end, woken by their alarms, and what they print
 * or load then would meet a runner that is closing. What they kept goes too, so that no alarm brings them back.
 */
import { reset } from "cloudflare:test";
import { afterAll } from "vitest";

afterAll(reset);
