/**
 * The `encrypted_objects` table: the root secret that each object's ciphertexts use. One query finds the objects that a rotation
 * has not reached.
 */

export type EncryptionRow = { readonly object_name: string; readonly kind: string };

/** Records that all ciphertexts of an object use the root secret `kid`. */
export async function writeEncryption(db: D1Database, objectName: string, kind: string, kid: string): Promise<void> {
  await db
    .prepare(
      "INSERT INTO encrypted_objects (object_name, kind, kid) VALUES (?1, ?2, ?3) ON CONFLICT (object_name, kind) DO UPDATE SET kid = excluded.kid",
    )
    .bind(objectName, kind, kid)
    .run();
}

/** Records that an object has no ciphertexts. */
export async function deleteEncryption(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM encrypted_objects WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/**
 * Objects that use another root secret than `kid`, at most `limit`. Two ranges of the index, so that the query is cheap
 * when there are none.
 */
export async function staleEncryptions(db: D1Database, kid: string, limit: number): Promise<EncryptionRow[]> {
  const found = await db
    .prepare(
      "SELECT object_name, kind FROM encrypted_objects WHERE kid < ?1 UNION ALL SELECT object_name, kind FROM encrypted_objects WHERE kid > ?1 LIMIT ?2",
    )
    .bind(kid, limit)
    .all<EncryptionRow>();
  return found.results;
}

/**
 * The number of objects that use another root secret than `kid`: must be 0 before `ROOT_SECRET_PREVIOUS` is removed.
 */
export async function countStaleEncryptions(db: D1Database, kid: string): Promise<number> {
  const row = await db
    .prepare("SELECT count(*) AS n FROM encrypted_objects WHERE kid != ?1")
    .bind(kid)
    .first<{ n: number }>();
  return row?.n ?? 0;
}
