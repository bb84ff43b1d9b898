/** JSON with parts spelled beforehand: a draft is text, and must leave exactly as it is kept. */

/** JSON text to be written as it stands. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Like `JSON.stringify`, but a RawJson inside is copied letter by letter. */
export function encodeJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => encodeJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${encodeJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
