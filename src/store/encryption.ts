/** The `encryption` table: under which root secret each object's seals were made. What a rotation of the secret has left is one query. */

export type EncryptionRow = { readonly object_name: string; readonly kind: string };

/** Says that everything an object keeps sealed is sealed under the root secret `kid`. */
export async function writeEncryption(db: D1Database, objectName: string, kind: string, kid: string): Promise<void> {
  await db
    .prepare(
      "INSERT INTO seals (object_name, kind, kid) VALUES (?1, ?2, ?3) ON CONFLICT (object_name, kind) DO UPDATE SET kid = excluded.kid",
    )
    .bind(objectName, kind, kid)
    .run();
}

/** Says that an object keeps nothing sealed. */
export async function deleteEncryption(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM seals WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/** Objects whose seals are not all of the root secret `kid`, at most `limit`. Two ranges of the index, so that it costs nothing when there are none. */
export async function staleEncryptions(db: D1Database, kid: string, limit: number): Promise<EncryptionRow[]> {
  const found = await db
    .prepare(
      "SELECT object_name, kind FROM seals WHERE kid < ?1 UNION ALL SELECT object_name, kind FROM seals WHERE kid > ?1 LIMIT ?2",
    )
    .bind(kid, limit)
    .all<EncryptionRow>();
  return found.results;
}

/** How many objects still keep seals of another root secret than `kid`: 0 before `ROOT_SECRET_PREVIOUS` may go. */
export async function countStaleEncryptions(db: D1Database, kid: string): Promise<number> {
  const row = await db.prepare("SELECT count(*) AS n FROM seals WHERE kid != ?1").bind(kid).first<{ n: number }>();
  return row?.n ?? 0;
}
