/** Files into a session: by address, which upstream fetches, or as one streamed form. */
import { err, ok, type Result } from "../core/result.ts";
import { breakWords } from "./body.ts";
import { unavailable } from "./classify.ts";
import { openDeadline } from "./deadline.ts";
import type { FileToUpload, UploadedFile } from "./domain.ts";
import { type Answer, failureOf } from "./envelope.ts";
import type { NemoFailure } from "./failures.ts";
import { ask, type Wire } from "./http.ts";
import { parseJson } from "./json.ts";
import { MEDIA_ENTRIES, UPLOAD_TAIL_MS } from "./limits.ts";
import { type Multipart, multipart } from "./multipart.ts";
import { arrayAt, numberAt, stringAt } from "./read.ts";

const at = "upload";
const pathOf = (sessionId: string): string => `/api/upload-video/nemo_agent/me/${encodeURIComponent(sessionId)}`;

/**
 * What upstream says it took. Empty when it took the files and lists none: most of its documents show no answer at all.
 * Source: nemo-api reference section 6; `uploaded_files` is a weak witness's spelling.
 */
function filesOf(answer: Result<Answer, NemoFailure>): Result<readonly UploadedFile[], NemoFailure> {
  if (!answer.ok) return answer;
  const body = parseJson(answer.value.text);
  const failure = failureOf(answer.value, body);
  if (failure !== null) return err(failure);
  const entries = arrayAt(body, "data.files", "data.uploaded_files", "files", "uploaded_files", "data");
  return ok(
    entries.slice(0, MEDIA_ENTRIES).map((entry) => ({
      name: stringAt(entry, "filename", "name", "file_name") ?? "",
      url: stringAt(entry, "cdn_url", "url", "cdnUrl"),
      kind: stringAt(entry, "file_type", "type", "kind"),
      durationSeconds: numberAt(entry, "duration"),
      width: numberAt(entry, "width"),
      height: numberAt(entry, "height"),
    })),
  );
}

/** POST with `urls`. Upstream fetches them before it answers. A repeat adds the files again. */
export async function uploadByUrl(
  wire: Wire,
  token: string,
  sessionId: string,
  urls: readonly string[],
): Promise<Result<readonly UploadedFile[], NemoFailure>> {
  const json = JSON.stringify({ urls, source_type: "url" });
  return filesOf(await ask(wire, { at, method: "POST", path: pathOf(sessionId), token, json }, wire.timeouts.uploadMs));
}

/** Why the file did not go through whole although upstream said yes; null where it did. */
async function breakOf(form: Multipart): Promise<string | null> {
  const deadline = openDeadline();
  deadline.arm("tail", UPLOAD_TAIL_MS, "timeout");
  try {
    await deadline.within(form.sent);
    return null;
  } catch (error) {
    return breakWords(error);
  } finally {
    deadline.release();
  }
}

/** POST of one file in the form field `files`. A body of another length than `sizeBytes`, or one that breaks, fails the call. */
export async function uploadFile(
  wire: Wire,
  token: string,
  sessionId: string,
  file: FileToUpload,
): Promise<Result<readonly UploadedFile[], NemoFailure>> {
  const form = multipart({ field: "files", ...file }, `nemo-gateway-${crypto.randomUUID()}`);
  const headers = { "content-type": form.contentType };
  const call = { at, method: "POST", path: pathOf(sessionId), token, headers, body: form.body } as const;
  const files = filesOf(await ask(wire, call, wire.timeouts.uploadMs));
  // A refusal may come before the file is through: it counts, and the rest of the file is let go.
  const broken = files.ok ? await breakOf(form) : null;
  form.stop();
  return broken === null ? files : err(unavailable(at, "maybe", `the file broke off: ${broken}`));
}
