import type { Options } from "minisearch";

export const INDEX_OPTIONS: Options<{ id: string; title: string; heading: string; text: string }>;
