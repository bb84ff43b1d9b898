/** A body that sends almost nothing releases its memory to a waiting one, and keeps it while none waits. */
import { afterEach, expect, it, vi } from "vitest";
import { ownedId } from "../../../src/core/ids.ts";
import { MIN_RATE_MS, UPLOAD_BUFFERS_BYTES } from "../../../src/core/limits.ts";
import { BUFFER_POOL } from "../../../src/durable/upload/body-writer.ts";
import { bad, call, freshAddress, good, random, uploadRpc } from "../../support/objects.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("a slow body is cut only if another request waits, and received bytes are kept", async () => {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  good(await uploadRpc(address, id).create(call(), address, id, { filename: "a.png", size_bytes: 900, metadata: {} }));
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const part = { offset: 0, contentBytes: 900, sizeBytes: null, complete: false, checksums: [] };
  const appended = uploadRpc(address, id).append(readable, part);
  const head = new Uint8Array(100).fill(1);
  head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await writer.write(head);
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + MIN_RATE_MS + 1);
  await writer.write(new Uint8Array(100));
  await writer.write(new Uint8Array(100)); // none waits: it continues
  // Others take all there is, and one more waits.
  const others = ["a", "b"].map((tenant) =>
    BUFFER_POOL.acquire(UPLOAD_BUFFERS_BYTES / 2 - 300_000, 0, { tenant, user: "x" }),
  );
  const held = await Promise.all(others);
  const waiting = BUFFER_POOL.acquire(1_000_000, 600_000, { tenant: "c", user: "x" });
  vi.spyOn(Date, "now").mockImplementation(() => now + 3 * MIN_RATE_MS);
  const cut = writer.write(new Uint8Array(100)).catch(() => undefined);
  expect(bad(await appended).code).toBe("body_timeout");
  await cut;
  for (const one of held) one?.release();
  (await waiting)?.release();
  const { status, offset_bytes: kept } = good(await uploadRpc(address, id).read());
  expect(status).toBe("open");
  expect(kept).toBeGreaterThanOrEqual(head.length);
});
