/** Entity tags (RFC 9110 section 13). */

/** Whether `If-None-Match` names this tag, `"…"`, or is `*`. Weak and strong compare alike, as the RFC says for it. */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
