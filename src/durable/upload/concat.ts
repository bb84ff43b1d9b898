/**
 * A final upload's side of a concatenation: its pieces are the files of its partials, and a manifest in R2 makes one file of
 * them. Nothing is copied.
 *
 * The final is committed with its pieces before any partial hears of it, so whoever asks for whom a piece is kept gets the truth.
 */

import { type Refusal, refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import type { UploadBytes } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Borrower, Loan } from "../../core/rpc/upload.ts";
import type { Piece } from "../../core/rpc/user.ts";
import { refuseLarge } from "../../core/uploads/append.ts";
import { putManifest, readPieces } from "../../store/files.ts";
import { REMOVE, type UploadHome } from "./context.ts";
import { formatOfHead } from "./digests.ts";
import { isPartial, type Upload } from "./record.ts";

/** An upload that is about to begin, and what it takes of the day's bytes; null where they count elsewhere. */
export type Planned = { readonly upload: Upload; readonly bytes: UploadBytes | null };

export class Joining {
  readonly #home: UploadHome;

  constructor(home: UploadHome) {
    this.#home = home;
  }

  /**
   * The final upload with all that its partials tell of it, nothing committed yet; or why it may not be. Its bytes are its partials',
   * which counted as they came; only what it shows again, of a partial that it names twice or that another final is made of, counts.
   */
  async plan(upload: Upload): Promise<Result<Planned, Refusal>> {
    const loans = await this.#borrow(upload, false);
    if (!loans.ok) return loans;
    const pieces = loans.value.map(({ piece }) => piece);
    // The final's length MUST be the sum of its partials'.
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0);
    const own = new Map(loans.value.map(({ piece, isShared }) => [piece.key, isShared ? 0 : piece.sizeBytes]));
    const counted = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (sizeBytes > UPLOAD_BYTES) return err(refuseLarge("header:Upload-Concat"));
    if (sizeBytes === 0) return err(refusal("empty_file", "The partials hold no bytes; send some first."));
    const format = formatOfHead(await this.#head(pieces));
    if (!format.ok) return format;
    const again = sizeBytes - counted;
    return ok({
      upload: { ...upload, sizeBytes, pieces, format: format.value.ext, status: "closing" },
      bytes: again === 0 ? null : { ref: `${upload.id}/again`, count: again },
    });
  }

  /** Takes the partials' files on loan and puts the manifest where the file belongs. May be repeated. */
  async join(): Promise<Refusal | null> {
    const { ground } = this.#home;
    const upload = this.#home.read();
    const kept = await this.#borrow(upload, true);
    if (!kept.ok) return kept.error; // it ended since the plan was made
    await ground.boundary("upload.lent");
    await putManifest(ground.env.MEDIA, this.#home.key(upload), upload.pieces ?? []);
    return null;
  }

  /** Gives the partials' files back. May be repeated. */
  async release(): Promise<void> {
    const { id, concat } = this.#home.read();
    await Promise.all((concat?.partials ?? []).map((partial) => this.#home.other(partial).giveBack(id)));
  }

  /** Whether the upload here is a final one that is made of this partial. */
  needs(partial: UploadId): boolean {
    const upload = this.#home.find();
    const isAlive = upload?.status === "closing" || upload?.status === "completed";
    return isAlive && !upload.isRejected && upload.concat?.partials.includes(partial) === true;
  }

  /** The partials' files in the order that the final names. */
  async #borrow({ id, owner, call, concat }: Upload, keep: boolean): Promise<Result<Loan[], Refusal>> {
    const me: Borrower = { id, uh: owner.uh, named: call.named };
    const partials = concat?.partials ?? [];
    const lent = await Promise.all(partials.map((partial) => this.#home.other(partial).lend(me, keep)));
    const loans = lent.flatMap((one) => (one.ok ? [one.value] : []));
    return lent.find((one) => !one.ok) ?? ok(loans);
  }

  async #head(pieces: readonly Piece[]): Promise<Uint8Array> {
    const body = await readPieces(this.#home.ground.env.MEDIA, pieces, { offset: 0, length: FIRST_BYTES });
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

export class Lending {
  readonly #home: UploadHome;

  constructor(home: UploadHome) {
    this.#home = home;
  }

  /** The upload's file for a final of the same owner; with `keep` it is lent from now on. */
  lend(to: Borrower, keep: boolean): Result<Loan, Refusal> {
    const upload = this.#home.find();
    if (upload === null || !isPartial(upload) || !mayBorrow(upload, to)) return err(noPartial());
    const isLent = upload.lentTo.includes(to.id);
    const refused = isLent ? null : refuseLoan(upload);
    if (refused !== null) return err(refused);
    if (keep && !isLent) this.#home.save({ ...upload, lentTo: [...upload.lentTo, to.id] });
    const isShared = upload.lentTo.some((id) => id !== to.id);
    return ok({ piece: { key: this.#home.key(upload), sizeBytes: upload.sizeBytes ?? 0 }, isShared });
  }

  /** Takes the file back, and removes it where the upload itself is over. */
  takeBack(by: UploadId): void {
    const { ground, schedule } = this.#home;
    const upload = this.#home.find();
    if (!upload?.lentTo.includes(by)) return;
    ground.storage.transactionSync(() => {
      this.#home.save({ ...upload, lentTo: upload.lentTo.filter((id) => id !== by) });
      if (upload.status !== "completed") schedule.owe(REMOVE, "", ground.now());
    });
    schedule.tick();
  }

  /** Whether some final still needs the file. Those that do not are forgotten. */
  async isNeeded(): Promise<boolean> {
    const { lentTo, id } = this.#home.read();
    const needs = await Promise.all(
      lentTo.map(async (final) => ({ final, is: await this.#home.other(final).needs(id) })),
    );
    const over = needs.filter(({ is }) => !is).map(({ final }) => final);
    const now = this.#home.read();
    const left = now.lentTo.filter((final) => !over.includes(final));
    if (left.length < now.lentTo.length) this.#home.save({ ...now, lentTo: left });
    return left.length > 0;
  }
}

/** Of one user; or both of nobody, whose things live at an address each. */
const mayBorrow = ({ owner, call }: Upload, to: Borrower): boolean => owner.uh === to.uh || (!call.named && !to.named);

function refuseLoan({ status, id }: Upload): Refusal | null {
  switch (status) {
    case "completed":
      return null;
    case "open":
    case "closing":
      return refusal("upload_incomplete", `The partial upload ${id} has not all its bytes; send them first.`, {
        hint: `HEAD /v1/uploads/${id}`,
      });
    case "expired":
      return refusal("upload_expired", `The partial upload ${id} has expired; send its bytes again.`);
    case "failed":
    case "deleted":
      return noPartial();
  }
}

const noPartial = (): Refusal =>
  refusal(
    "not_found",
    "A partial upload that Upload-Concat names does not exist here; create it, then the final one.",
    {
      hint: "POST /v1/uploads",
      errors: [{ field: "header:Upload-Concat", message: "must name partial uploads of the same user" }],
    },
  );
