/**
 * A partial upload's side of a concatenation: its file is lent to final uploads, as many as ask.
 *
 * What is lent stays: expired or deleted, the upload is gone for its sender, and its file goes when the last final has given
 * it back. A final that was never made, or has ended unheard, does not give back: before a file is kept for it, it is asked.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Borrower, Loan } from "../../core/upload-port.ts";
import { REMOVE, type UploadHome } from "./home.ts";
import { isPartial, type Upload } from "./record.ts";

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
