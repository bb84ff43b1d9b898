/** Everything under a prefix in R2: counted, and removed. Both may be repeated. */

/** What lies under the prefix now. */
export async function measure(bucket: R2Bucket, prefix: string): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    files += page.objects.length;
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0);
    if (!page.truncated) return { files, bytes };
    cursor = page.cursor;
  }
}

/** Removes it, a page (at most 1,000 keys, what one call of R2 takes) after the other, until nothing is left. */
export async function purge(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list({ prefix });
    if (objects.length === 0) return;
    await bucket.delete(objects.map(({ key }) => key));
  }
}
