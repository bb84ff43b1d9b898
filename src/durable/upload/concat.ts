/**
 * A final upload's side of a concatenation: its pieces are the files of its partials, and a manifest in R2 makes one file of
 * them. Nothing is copied.
 *
 * The final is committed with its pieces before any partial hears of it, so whoever asks for whom a piece is kept gets the truth.
 */

import { type Problem, problemOf } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import type { UploadBytes } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { PartialFile, PartialUser } from "../../core/rpc/upload.ts";
import type { FilePart } from "../../core/rpc/user.ts";
import { checkLarge } from "../../core/uploads/append.ts";
import { putManifest, readFileParts } from "../../store/files.ts";
import { DELETE_JOB, type UploadContext } from "./context.ts";
import { formatOfHead } from "./digests.ts";
import { isPartial, type Upload } from "./record.ts";

/** An upload that is about to begin, and what it takes of the day's bytes; null where they count elsewhere. */
export type Planned = { readonly upload: Upload; readonly bytes: UploadBytes | null };

export class Concatenation {
  readonly #context: UploadContext;

  constructor(context: UploadContext) {
    this.#context = context;
  }

  /**
   * The final upload with all that its partials tell of it, nothing committed yet; or why it may not be. Its bytes are its partials',
   * which counted as they came; only what it shows again, of a partial that it names twice or that another final is made of, counts.
   */
  async plan(upload: Upload): Promise<Result<Planned, Problem>> {
    const loans = await this.#borrow(upload, false);
    if (!loans.ok) return loans;
    const fileParts = loans.value.map(({ part }) => part);
    // The final's length MUST be the sum of its partials'.
    const sizeBytes = fileParts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const own = new Map(loans.value.map(({ part, isShared }) => [part.key, isShared ? 0 : part.sizeBytes]));
    const counted = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (sizeBytes > UPLOAD_BYTES) return err(checkLarge("header:Upload-Concat"));
    if (sizeBytes === 0) return err(problemOf("empty_file", "The partials hold no bytes; send some first."));
    const format = formatOfHead(await this.#head(fileParts));
    if (!format.ok) return format;
    const again = sizeBytes - counted;
    return ok({
      upload: { ...upload, sizeBytes, fileParts, format: format.value.ext, status: "closing" },
      bytes: again === 0 ? null : { ref: `${upload.id}/again`, count: again },
    });
  }

  /** Takes the partials' files on loan and puts the manifest where the file belongs. May be repeated. */
  async join(): Promise<Problem | null> {
    const { runtime } = this.#context;
    const upload = this.#context.read();
    const kept = await this.#borrow(upload, true);
    if (!kept.ok) return kept.error; // it ended since the plan was made
    await runtime.boundary("upload.lent");
    await putManifest(runtime.env.MEDIA, this.#context.key(upload), upload.fileParts ?? []);
    return null;
  }

  /** Gives the partials' files back. May be repeated. */
  async release(): Promise<void> {
    const { id, concat } = this.#context.read();
    await Promise.all((concat?.partials ?? []).map((partial) => this.#context.other(partial).releasePartial(id)));
  }

  /** Whether the upload here is a final one that is made of this partial. */
  needs(partial: UploadId): boolean {
    const upload = this.#context.find();
    const isAlive = upload?.status === "closing" || upload?.status === "completed";
    return isAlive && !upload.isRejected && upload.concat?.partials.includes(partial) === true;
  }

  /** The partials' files in the order that the final names. */
  async #borrow({ id, owner, call, concat }: Upload, keep: boolean): Promise<Result<PartialFile[], Problem>> {
    const me: PartialUser = { id, uh: owner.uh, named: call.named };
    const partials = concat?.partials ?? [];
    const lent = await Promise.all(partials.map((partial) => this.#context.other(partial).acquirePartial(me, keep)));
    const loans = lent.flatMap((one) => (one.ok ? [one.value] : []));
    return lent.find((one) => !one.ok) ?? ok(loans);
  }

  async #head(fileParts: readonly FilePart[]): Promise<Uint8Array> {
    const body = await readFileParts(this.#context.runtime.env.MEDIA, fileParts, { offset: 0, length: FIRST_BYTES });
    if (body === null) throw new Error("a partial's file is missing");
    return new Uint8Array(await new Response(body).arrayBuffer());
  }
}

/*
 * A partial upload's side of a concatenation: its file is lent to final uploads, as many as ask.
 *
 * What is lent stays: expired or deleted, the upload is gone for its sender, and its file goes when the last final has given
 * it back. A final that was never made, or has ended unheard, does not give back: before a file is kept for it, it is asked.
 */

export class PartialLoans {
  readonly #context: UploadContext;

  constructor(context: UploadContext) {
    this.#context = context;
  }

  /** The upload's file for a final of the same owner; with `keep` it is lent from now on. */
  acquirePartial(to: PartialUser, keep: boolean): Result<PartialFile, Problem> {
    const upload = this.#context.find();
    if (upload === null || !isPartial(upload) || !mayBorrow(upload, to)) return err(noPartial());
    const isLent = upload.lentTo.includes(to.id);
    const problem = isLent ? null : checkLoan(upload);
    if (problem !== null) return err(problem);
    if (keep && !isLent) this.#context.save({ ...upload, lentTo: [...upload.lentTo, to.id] });
    const isShared = upload.lentTo.some((id) => id !== to.id);
    return ok({ part: { key: this.#context.key(upload), sizeBytes: upload.sizeBytes ?? 0 }, isShared });
  }

  /** Takes the file back, and removes it where the upload itself is over. */
  takeBack(by: UploadId): void {
    const { runtime, jobs } = this.#context;
    const upload = this.#context.find();
    if (!upload?.lentTo.includes(by)) return;
    runtime.storage.transactionSync(() => {
      this.#context.save({ ...upload, lentTo: upload.lentTo.filter((id) => id !== by) });
      if (upload.status !== "completed") jobs.schedule(DELETE_JOB, "", runtime.now());
    });
    jobs.tick();
  }

  /** Whether some final still needs the file. Those that do not are forgotten. */
  async isNeeded(): Promise<boolean> {
    const { lentTo, id } = this.#context.read();
    const needs = await Promise.all(
      lentTo.map(async (final) => ({ final, is: await this.#context.other(final).needs(id) })),
    );
    const over = needs.filter(({ is }) => !is).map(({ final }) => final);
    const now = this.#context.read();
    const left = now.lentTo.filter((final) => !over.includes(final));
    if (left.length < now.lentTo.length) this.#context.save({ ...now, lentTo: left });
    return left.length > 0;
  }
}

/** Of one user; or both of nobody, whose things live at an address each. */
const mayBorrow = ({ owner, call }: Upload, to: PartialUser): boolean =>
  owner.uh === to.uh || (!call.named && !to.named);

function checkLoan({ status, id }: Upload): Problem | null {
  switch (status) {
    case "completed":
      return null;
    case "open":
    case "closing":
      return problemOf("upload_incomplete", `The partial upload ${id} has not all its bytes; send them first.`, {
        hint: `HEAD /v1/uploads/${id}`,
      });
    case "expired":
      return problemOf("upload_expired", `The partial upload ${id} has expired; send its bytes again.`);
    case "failed":
    case "deleted":
      return noPartial();
  }
}

const noPartial = (): Problem =>
  problemOf(
    "not_found",
    "A partial upload that Upload-Concat names does not exist here; create it, then the final one.",
    {
      hint: "POST /v1/uploads",
      errors: [{ field: "header:Upload-Concat", message: "must name partial uploads of the same user" }],
    },
  );
