/** Content codings: which of them change a body's bytes. Others that servers and clients name (aws-chunked, utf-8, none) do not. */

/** Source: IANA's registry of HTTP content codings, and the names that RFC 9110 section 8.4.1 keeps for old senders. */
const COMPRESSIONS = new Set(
  "br bzip2 compress dcb dcz deflate exi gzip lz4 lzma pack200-gzip snappy x-bzip2 x-compress x-deflate x-gzip xz zstd".split(
    " ",
  ),
);

/** The compression that a Content-Encoding names; null where it names none. */
export const compressionIn = (header: string | null): string | null =>
  (header ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .find((coding) => COMPRESSIONS.has(coding)) ?? null;
