/** The code as HTML; null if the language is not known. */
export function highlight(code: string, language: string): string | null;
