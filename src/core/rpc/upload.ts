/** RPC interface of an upload's object. The compatibility rules of user.ts apply. */
import type { UserAddress } from "../address.ts";
import { base64, fromBase64 } from "../encoding.ts";
import type { Problem } from "../errors.ts";
import type { UploadId, UserHash } from "../ids.ts";
import type { Result } from "../result.ts";
import type { Append, ChecksumAlgorithm } from "../uploads/append.ts";
import type { ImportRequest } from "../uploads/import.ts";
import type { Concat } from "../uploads/resumable.ts";
import type { Metered } from "../usage/quota.ts";
import type { NewUpload, UploadWire } from "../wire/upload.ts";
import type { Call, FilePart } from "./user.ts";

type Answer<T> = Promise<Result<T, Problem>>;

/** A new upload. Its size may be sent later. */
export type NewFile = Omit<NewUpload, "size_bytes"> & {
  readonly size_bytes: number | null;
  /** tus's Upload-Metadata as sent. */
  readonly upload_metadata?: string | null;
  /** Required SHA-256 of the whole file, in hexadecimal. */
  readonly sha256?: string | null;
  /** Its part in a tus concatenation. */
  readonly concat?: Concat | null;
};

/** A partial upload's file. `isShared`: another final upload uses it already; its bytes count once, for the first. */
export type PartialFile = { readonly part: FilePart; readonly isShared: boolean };

/** The final upload that acquires a partial one, and its user. */
export type PartialUser = { readonly id: UploadId; readonly uh: UserHash; readonly named: boolean };

/** An upload's state for the resumable protocols. */
export type UploadState = {
  readonly upload: UploadWire;
  readonly uploadMetadata: string | null;
  /** The sender has marked the upload complete, and all bytes are stored. */
  readonly isComplete: boolean;
  /** tus's Upload-Concat as sent. */
  readonly concat?: string | null;
};

/** One upload, which becomes an asset. */
export interface UploadRpc {
  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>>;
  /** Starts an upload whose bytes the gateway downloads. */
  startImport(call: Call, owner: UserAddress, id: UploadId, order: ImportRequest): Promise<Metered<UploadWire>>;
  read(): Answer<UploadWire>;
  /** The state of the upload, whatever its status. A request that is sending bytes continues. */
  readState(): Answer<UploadState>;
  /** Writes the whole content in one body of exactly the announced size. */
  write(body: ReadableStream, sizeBytes: number): Answer<UploadWire>;
  /** Appends bytes. A newer body replaces one that is still being received. */
  append(body: ReadableStream | null, append: Append): Answer<UploadState>;
  /** Ends a body that is being received, then returns the state: the next append can start there. */
  settle(): Answer<UploadState>;
  /** Ends the upload and deletes its bytes. Fails for a completed one. */
  remove(): Answer<null>;
  /**
   * Gives a partial's file to a final upload. With `keep` it is kept until it is released, even if the partial ends.
   */
  acquirePartial(to: PartialUser, keep: boolean): Answer<PartialFile>;
  /** Releases a partial that the final upload no longer needs. Idempotent. */
  releasePartial(by: UploadId): Promise<void>;
  /** Whether this final upload uses that partial. */
  needs(partial: UploadId): Promise<boolean>;
  /** Deletes the file of a deleted asset, and releases the partials it uses. Idempotent. */
  deleteAssetFile(): Promise<void>;
  /** Deletes everything in the object; false when the upload has not ended, or something uses it. */
  forget(): Promise<boolean>;
  /** Deletes everything of a deleted user's upload, whatever its status. */
  erase(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object. `reads`: it changes nothing, so a failed call can be retried. */
export const UPLOAD_METHODS = {
  create: { reads: false },
  startImport: { reads: false },
  read: { reads: true },
  readState: { reads: false },
  write: { reads: false },
  append: { reads: false },
  settle: { reads: false },
  remove: { reads: false },
  acquirePartial: { reads: false },
  releasePartial: { reads: false },
  needs: { reads: false },
  deleteAssetFile: { reads: false },
  forget: { reads: false },
  erase: { reads: false },
  wake: { reads: false },
} as const satisfies Record<keyof UploadRpc, { readonly reads: boolean }>;

/*
 * `write` and `append` as requests to the object's `fetch`. A stream that is an argument of an RPC call is read in smaller
 * chunks, each at a higher cost; the body of a request is not. Measured: bench/README.md.
 */

type SentAppend = Omit<Append, "checksums"> & {
  readonly checksums: readonly { readonly algorithm: ChecksumAlgorithm; readonly digest: string }[];
};
/** The arguments of a call beside its body, as the header has them. */
type SentCall =
  | { readonly method: "write"; readonly sizeBytes: number }
  | { readonly method: "append"; readonly append: SentAppend };
/** The same as the object's methods take them. */
type BodyCall = Extract<SentCall, { method: "write" }> | { readonly method: "append"; readonly append: Append };

/** The header with the arguments, as JSON in ASCII. */
const CALL_HEADER = "X-Call";

/**
 * A call of `write` or `append` with these arguments as one of `fetch`, and how the method's result is read from its
 * answer; null for any other call, and for one without a body.
 */
export function packBodyCall(method: string, [body, second]: readonly unknown[]) {
  if (!(body instanceof ReadableStream) || (method !== "write" && method !== "append")) return null;
  // the arguments are those of `UploadRpc`
  const sent: SentCall =
    method === "write"
      ? { method, sizeBytes: second as number }
      : { method, append: withTextDigests(second as Append) };
  const headers = { [CALL_HEADER]: JSON.stringify(sent) };
  const request = new Request("https://upload.internal/", { method: "POST", body, headers });
  return { method: "fetch", given: [request], unpack: (answer: unknown) => (answer as Response).json() }; // what `fetch` returns
}

/** The call that `packBodyCall` has written into the request's header. */
export function readBodyCall({ headers }: Request): BodyCall {
  const sent = JSON.parse(headers.get(CALL_HEADER) ?? "") as SentCall; // written by packBodyCall only
  if (sent.method === "write") return sent;
  const checksums = sent.append.checksums.map(({ algorithm, digest }) => ({
    algorithm,
    digest: fromBase64(digest) ?? new Uint8Array(),
  }));
  return { method: "append", append: { ...sent.append, checksums } };
}

const withTextDigests = (append: Append): SentAppend => ({
  ...append,
  checksums: append.checksums.map(({ algorithm, digest }) => ({ algorithm, digest: base64(digest) })),
});
