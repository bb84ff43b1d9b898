/** A request's body on its way into an object. */

/**
 * The same body behind a pipe of the platform's own, as an argument for a call of an object. Handed over as it is, it crosses
 * in pieces of 8 KiB, each of them a turn of the object's loop; out of a pipe it comes in up to 64 KiB, and no later.
 * Measured: bench/README.md. Its failure is its reader's, and a reader that lets it go ends the request's body too.
 */
export function crossing(body: ReadableStream): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  body.pipeTo(writable).catch(() => undefined); // the reader is told
  return readable;
}
