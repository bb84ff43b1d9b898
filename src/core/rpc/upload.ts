/** What other rooms may ask of an upload's object. The rules are those of ports.ts. */
import type { UserAddress } from "../address.ts";
import type { Problem } from "../errors.ts";
import type { UploadId, UserHash } from "../ids.ts";
import type { Metered } from "../quota.ts";
import type { Result } from "../result.ts";
import type { Append } from "../uploads/append.ts";
import type { ImportRequest } from "../uploads/import.ts";
import type { Concat } from "../uploads/tus.ts";
import type { NewUpload, UploadWire } from "../wire/upload.ts";
import type { Call, FilePart } from "./user.ts";

type Answer<T> = Promise<Result<T, Problem>>;

/** A file to be uploaded. Its size may be said later. */
export type NewFile = Omit<NewUpload, "size_bytes"> & {
  readonly size_bytes: number | null;
  /** tus's Upload-Metadata as it came. */
  readonly upload_metadata?: string | null;
  /** SHA-256 that the whole file must have, in hexadecimal. */
  readonly sha256?: string | null;
  /** Its place in a concatenation by tus. */
  readonly concat?: Concat | null;
};

/** A partial's file, and whether another final is made of it already: its bytes count once for the first. */
export type PartialFile = { readonly part: FilePart; readonly isShared: boolean };

/** The final upload that asks for a partial, and whose it is. */
export type PartialUser = { readonly id: UploadId; readonly uh: UserHash; readonly named: boolean };

/** An upload as the resumable protocols speak of it. */
export type UploadState = {
  readonly upload: UploadWire;
  readonly uploadMetadata: string | null;
  /** Its sender has said that these are all the bytes, and all are kept. */
  readonly isComplete: boolean;
  /** tus's Upload-Concat as it came. */
  readonly concat?: string | null;
};

/** One upload: bytes in, an asset out. */
export interface UploadRpc {
  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>>;
  /** An upload whose bytes we fetch ourselves. */
  startImport(call: Call, owner: UserAddress, id: UploadId, order: ImportRequest): Promise<Metered<UploadWire>>;
  read(): Answer<UploadWire>;
  /** How far the upload is, whatever became of it. A body that is on its way goes on. */
  look(): Answer<UploadState>;
  /** The whole content in one body of exactly the announced length. */
  write(body: ReadableStream, sizeBytes: number): Answer<UploadWire>;
  /** The bytes that follow those it has. A newer body takes over from one that is on its way. */
  append(body: ReadableStream | null, append: Append): Answer<UploadState>;
  /** Ends a body that is on its way, then says how far the upload is: the next append may start there. */
  settle(): Answer<UploadState>;
  /** Ends the upload and removes its bytes. Refuses one that is complete. */
  remove(): Answer<null>;
  /** A partial's file for a final upload; with `keep` it stays, whatever becomes of the partial, until it is given back. */
  acquirePartial(to: PartialUser, keep: boolean): Answer<PartialFile>;
  /** The final upload does without it. Again: done already. */
  releasePartial(by: UploadId): Promise<void>;
  /** Whether this final upload is made of that partial. */
  needs(partial: UploadId): Promise<boolean>;
  /** Its asset is deleted: so is its file, and what it borrowed is given back. Again, or where there is nothing: done already. */
  deleteAssetFile(): Promise<void>;
  /** Lets go of everything here; false where the upload is not over, or something needs it. */
  forget(): Promise<boolean>;
  /** Its user is deleted: nothing of it stays, whatever it was. */
  erase(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object; `reads`: it changes nothing, so a failed call may be made again. */
export const UPLOAD_METHODS = {
  create: { reads: false },
  startImport: { reads: false },
  read: { reads: true },
  look: { reads: false },
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
