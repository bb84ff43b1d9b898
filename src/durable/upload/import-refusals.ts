/** What is told about an import: to who named its address, and to who would send its bytes. The address itself is never in the words. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { type OpenFailure, REDIRECTS } from "../../core/open-target.ts";
import { explainTarget } from "../../core/target.ts";
import type { Upload } from "./record.ts";

const AGAIN = { hint: "POST /v1/uploads/import" };

/** An address that was judged when it was ordered fails here by what it redirects to, or by where its name leads. */
export function explainOpening(why: OpenFailure): Refusal {
  if (why === "too_many_redirects")
    return refusal(
      "too_many_redirects",
      `The address redirects more than ${REDIRECTS} times; use the file's direct address.`,
      AGAIN,
    );
  const detail = `The address, or one that it redirects to, cannot be used. ${explainTarget(why)}`;
  return refusal("address_not_allowed", detail, { ...AGAIN, errors: [{ field: "/url", message: explainTarget(why) }] });
}

/** The seal of the address does not open any more: the root secret was changed twice meanwhile. */
export const forgotten = (): Refusal =>
  refusal("import_unavailable", "The address is no longer known here; import it again.", AGAIN);

/** Why nobody may send bytes of it; null when the sender brings them. */
export const refuseSender = (upload: Upload): Refusal | null =>
  upload.import === null || upload.status !== "open"
    ? null
    : refusal("upload_closed", "This upload is fetched from an address; create another one to send bytes.", {
        hint: "POST /v1/uploads",
      });
