/** Readable names for addresses. */

/** The longest slug without and with what tells two of the same name apart. */
const WORDS = 48;

/** A slug of a name: its Latin letters and digits, or `generator` where it has none; with the end of `id` to tell it apart. */
export function slugOf(name: string, id = ""): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, WORDS)
    .replace(/^-+|-+$/g, "");
  return [plain || "generator", id.slice(-8)].filter((part) => part !== "").join("-");
}
