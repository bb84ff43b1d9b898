/**
 * A final upload's side of a concatenation: its pieces are the files of its partials, and a manifest in R2 makes one file of
 * them. Nothing is copied.
 *
 * The final is committed with its pieces before any partial hears of it, so whoever asks for whom a piece is kept gets the truth.
 */
import { refuseLarge } from "../../core/append.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import type { Piece } from "../../core/ports.ts";
import type { UploadBytes } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Borrower, Loan } from "../../core/upload-port.ts";
import { putManifest, readPieces } from "../../store/stored.ts";
import { formatOfHead } from "./first-bytes.ts";
import type { UploadHome } from "./home.ts";
import type { Upload } from "./record.ts";

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
