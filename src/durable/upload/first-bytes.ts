/**
 * The first bytes of a file, judged before the rest of it is taken.
 *
 * Called once per upload, when its first FIRST_BYTES bytes are there or its last one is, whichever comes first; never with
 * more than that, never with none. A refusal ends the upload, and its sender gets it as the answer.
 */
import type { Refusal } from "../../core/errors.ts";
import type { Upload } from "./record.ts";

export type JudgeFirstBytes = (upload: Upload, head: Uint8Array) => Refusal | null;

/** Lets in what was let in by its name. */
export const judgeFirstBytes: JudgeFirstBytes = () => null;
