/** Where records lie: synchronous, ordered by first writing, grouped by a parent. In memory here; in SQLite beside. */
import type { Kind, Records } from "./records.ts";

export type Store = {
  read<K extends Kind>(kind: K, id: string): Records[K] | null;
  write<K extends Kind>(kind: K, id: string, record: Records[K], parent?: string): void;
  remove(kind: Kind, id: string): void;
  /** Of one parent, or all; oldest first. */
  list<K extends Kind>(kind: K, parent?: string): Records[K][];
  /** Keeps the newest `keep` of a kind. */
  trim(kind: Kind, keep: number): void;
  clear(): void;
};

type Row = { readonly parent: string; readonly text: string };

/** A store that lasts as long as its process. Records pass through JSON, as they do in SQLite. */
export function memoryStore(): Store {
  const kinds = new Map<Kind, Map<string, Row>>();
  const rows = (kind: Kind): Map<string, Row> => {
    const known = kinds.get(kind) ?? new Map<string, Row>();
    kinds.set(kind, known);
    return known;
  };
  return {
    read: <K extends Kind>(kind: K, id: string) => {
      const row = rows(kind).get(id);
      return row === undefined ? null : (JSON.parse(row.text) as Records[K]); // only `write` fills it
    },
    write: (kind, id, record, parent = "") => void rows(kind).set(id, { parent, text: JSON.stringify(record) }),
    remove: (kind, id) => void rows(kind).delete(id),
    list: <K extends Kind>(kind: K, parent?: string) =>
      [...rows(kind).values()]
        .filter((row) => parent === undefined || row.parent === parent)
        .map((row) => JSON.parse(row.text) as Records[K]), // only `write` fills it
    trim: (kind, keep) => {
      const ids = [...rows(kind).keys()];
      for (const id of ids.slice(0, Math.max(0, ids.length - keep))) rows(kind).delete(id);
    },
    clear: () => kinds.clear(),
  };
}
