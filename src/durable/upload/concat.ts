/**
 * tus concatenation. A final upload consists of the files of its partials: a manifest in R2 lists them, and nothing is
 * copied. While a final uses a partial's file, the file is not removed.
 *
 * The final is committed with its partials before any of them records the use, so a partial that asks whether it is
 * needed gets a correct answer.
 */

import { type Problem, problemOf } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { PartialFile, PartialUser } from "../../core/rpc/upload.ts";
import type { FilePart } from "../../core/rpc/user.ts";
import { checkLarge } from "../../core/uploads/append.ts";
import type { UploadReservation } from "../../core/usage/quota.ts";
import { putManifest, readFileParts } from "../../store/files.ts";
import { DELETE_JOB, type UploadContext } from "./context.ts";
import { formatOfHead } from "./digests.ts";
import { isPartial, type Upload } from "./record.ts";

/** An upload to be created, and the bytes it reserves of the day's quota; null when they are counted elsewhere. */
export type Planned = { readonly upload: Upload; readonly bytes: UploadReservation | null };

export class Concatenation {
  readonly #context: UploadContext;

  constructor(context: UploadContext) {
    this.#context = context;
  }

  /**
   * Plans a final upload from its partials; nothing is committed. The bytes of partials were counted as they arrived,
   * so only repeated bytes count: a partial that is named twice, or that another final already uses.
   */
  async plan(upload: Upload): Promise<Result<Planned, Problem>> {
    const loans = await this.#acquireParts(upload, false);
    if (!loans.ok) return loans;
    const fileParts = loans.value.map(({ part }) => part);
    // The final's length MUST be the sum of its partials'.
    const sizeBytes = fileParts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const own = new Map(loans.value.map(({ part, isShared }) => [part.key, isShared ? 0 : part.sizeBytes]));
    const counted = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (sizeBytes > UPLOAD_BYTES) return err(checkLarge("header:Upload-Concat"));
    if (sizeBytes === 0) return err(problemOf("empty_file", "The partial uploads are empty; send their bytes first."));
    const format = formatOfHead(await this.#head(fileParts));
    if (!format.ok) return format;
    const again = sizeBytes - counted;
    return ok({
      upload: { ...upload, sizeBytes, fileParts, format: format.value.ext, status: "closing" },
      bytes: again === 0 ? null : { ref: `${upload.id}/again`, count: again },
    });
  }

  /** Acquires the partials' files and stores the manifest under the final's key. Can be repeated. */
  async assemble(): Promise<Problem | null> {
    const { runtime } = this.#context;
    const upload = this.#context.read();
    const acquired = await this.#acquireParts(upload, true);
    if (!acquired.ok) return acquired.error; // it has ended since the plan was made
    await runtime.failpoint("upload.acquired");
    await putManifest(runtime.env.MEDIA, this.#context.key(upload), upload.fileParts ?? []);
    return null;
  }

  /** Releases the partials' files. Can be repeated. */
  async release(): Promise<void> {
    const { id, concat } = this.#context.read();
    await Promise.all((concat?.partials ?? []).map((partial) => this.#context.other(partial).releasePartial(id)));
  }

  /** Whether this upload is a final that uses the partial. */
  needs(partial: UploadId): boolean {
    const upload = this.#context.find();
    const isAlive = upload?.status === "closing" || upload?.status === "completed";
    return isAlive && !upload.isRejected && upload.concat?.partials.includes(partial) === true;
  }

  /** The partials' files in the order of the final. */
  async #acquireParts({ id, owner, call, concat }: Upload, keep: boolean): Promise<Result<PartialFile[], Problem>> {
    const me: PartialUser = { id, uh: owner.uh, named: call.named };
    const partials = concat?.partials ?? [];
    const results = await Promise.all(partials.map((partial) => this.#context.other(partial).acquirePartial(me, keep)));
    const loans = results.flatMap((one) => (one.ok ? [one.value] : []));
    return results.find((one) => !one.ok) ?? ok(loans);
  }

  async #head(fileParts: readonly FilePart[]): Promise<Uint8Array> {
    const body = await readFileParts(this.#context.runtime.env.MEDIA, fileParts, { offset: 0, length: FIRST_BYTES });
    if (body === null) throw new Error("a partial's file is missing");
    return new Uint8Array(await new Response(body).arrayBuffer());
  }
}

/*
 * The partial's side: its file can be used by any number of finals.
 *
 * A used file is not removed: when the upload has expired or was deleted, it is gone for its sender, and its file is
 * removed when the last final has released it. A final that was never committed, or whose release was lost, is asked
 * before a file is retained for it.
 */

export class PartialUsage {
  readonly #context: UploadContext;

  constructor(context: UploadContext) {
    this.#context = context;
  }

  /** The upload's file for a final of the same owner; with `keep` it is retained from now on. */
  acquire(to: PartialUser, keep: boolean): Result<PartialFile, Problem> {
    const upload = this.#context.find();
    if (upload === null || !isPartial(upload) || !hasSameOwner(upload, to)) return err(noPartial());
    const isAcquired = upload.usedBy.includes(to.id);
    const problem = isAcquired ? null : checkUsable(upload);
    if (problem !== null) return err(problem);
    if (keep && !isAcquired) this.#context.save({ ...upload, usedBy: [...upload.usedBy, to.id] });
    const isShared = upload.usedBy.some((id) => id !== to.id);
    return ok({ part: { key: this.#context.key(upload), sizeBytes: upload.sizeBytes ?? 0 }, isShared });
  }

  /** Releases the file, and removes it when the upload itself is over. */
  release(by: UploadId): void {
    const { runtime, jobs } = this.#context;
    const upload = this.#context.find();
    if (!upload?.usedBy.includes(by)) return;
    runtime.storage.transactionSync(() => {
      this.#context.save({ ...upload, usedBy: upload.usedBy.filter((id) => id !== by) });
      if (upload.status !== "completed") jobs.schedule(DELETE_JOB, "", runtime.now());
    });
    jobs.tick();
  }

  /** Whether any final still needs the file. Finals that do not are removed from the list. */
  async isNeeded(): Promise<boolean> {
    const { usedBy, id } = this.#context.read();
    const needs = await Promise.all(
      usedBy.map(async (final) => ({ final, is: await this.#context.other(final).needs(id) })),
    );
    const over = needs.filter(({ is }) => !is).map(({ final }) => final);
    const now = this.#context.read();
    const left = now.usedBy.filter((final) => !over.includes(final));
    if (left.length < now.usedBy.length) this.#context.save({ ...now, usedBy: left });
    return left.length > 0;
  }
}

/** The same user, or two anonymous users, each of whom has an address of its own. */
const hasSameOwner = ({ owner, call }: Upload, to: PartialUser): boolean =>
  owner.uh === to.uh || (!call.named && !to.named);

function checkUsable({ status, id }: Upload): Problem | null {
  switch (status) {
    case "completed":
      return null;
    case "open":
    case "closing":
      return problemOf("upload_incomplete", `The partial upload ${id} is incomplete; send its remaining bytes first.`, {
        hint: `HEAD /v1/uploads/${id}`,
      });
    case "expired":
      return problemOf("upload_expired", `The partial upload ${id} has expired; create it again and send its bytes.`);
    case "failed":
    case "deleted":
      return noPartial();
  }
}

const noPartial = (): Problem =>
  problemOf(
    "not_found",
    "A partial upload named in Upload-Concat does not exist here; create it before the final upload.",
    {
      hint: "POST /v1/uploads",
      errors: [{ field: "header:Upload-Concat", message: "must name partial uploads of the same user" }],
    },
  );
