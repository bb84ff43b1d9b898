/** Generators in D1: a tenant's saved recipes, found by id or slug within one tenant and mode. */
import type { Scope } from "../core/address.ts";
import type { GeneratorId } from "../core/ids.ts";
import { GENERATOR_VERSIONS, GENERATORS_PER_SCOPE, IDEMPOTENCY_TTL_MS } from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { GeneratorWire, RecipeWire } from "../core/wire/generator.ts";

type Row = {
  id: GeneratorId;
  slug: string;
  version: number;
  made_by: GeneratorWire["made_by"];
  recipe: string;
  created_at: number;
  updated_at: number;
  fingerprint: string | null;
};

/** A generator to store. `idempotency` as the call gave it; the time in ms since epoch. */
export type NewGeneratorRecord = {
  readonly id: GeneratorId;
  readonly slug: string;
  readonly madeBy: GeneratorWire["made_by"];
  readonly recipe: RecipeWire;
  readonly at: EpochMs;
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null;
};

const DELETE_EXPIRED_KEY = `UPDATE generators SET idempotency_key = NULL, fingerprint = NULL
  WHERE tenant = ?1 AND mode = ?2 AND idempotency_key = ?3 AND created_at <= ?4`;
const INSERT = `INSERT INTO generators
    (id, tenant, mode, slug, version, made_by, recipe, created_at, updated_at, idempotency_key, fingerprint)
  SELECT ?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?7, ?8, ?9
  WHERE (SELECT count(*) FROM generators WHERE tenant = ?2 AND mode = ?3) < ?10
  ON CONFLICT DO NOTHING`;
const SAVE_VERSION = `INSERT INTO generator_versions (generator, version, recipe, created_at)
  SELECT id, version, recipe, updated_at FROM generators WHERE id = ?1
  ON CONFLICT DO NOTHING`;
const DELETE_OLD_VERSIONS = "DELETE FROM generator_versions WHERE generator = ?1 AND version <= ?2";
const BY_IDEMPOTENCY_KEY = "SELECT * FROM generators WHERE tenant = ?1 AND mode = ?2 AND idempotency_key = ?3";
const BY_ID = "SELECT * FROM generators WHERE id = ?3 AND tenant = ?1 AND mode = ?2";
const BY_SLUG = "SELECT * FROM generators WHERE tenant = ?1 AND mode = ?2 AND slug = ?3";
const VERSION = "SELECT recipe, created_at FROM generator_versions WHERE generator = ?1 AND version = ?2";
const PAGE = "SELECT * FROM generators WHERE tenant = ?1 AND mode = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";
const CHANGE = `UPDATE generators SET recipe = ?4, version = version + 1, updated_at = ?5
  WHERE id = ?3 AND tenant = ?1 AND mode = ?2 AND version = ?6`;
const REMOVE = "DELETE FROM generators WHERE id = ?3 AND tenant = ?1 AND mode = ?2";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "gen_~";

/**
 * Stores a generator, or returns the one that the same Idempotency-Key created in the last 24 hours. Fails for a slug
 * in use, for a key of another request, and above `GENERATORS_PER_SCOPE`.
 */
export async function insertGenerator(
  db: D1Database,
  { tenant, mode }: Scope,
  made: NewGeneratorRecord,
): Promise<Result<GeneratorWire, "slug_taken" | "other_request" | "too_many">> {
  const { id, slug, madeBy, recipe, at, idempotency } = made;
  const key = idempotency?.key ?? null;
  const values = [id, tenant, mode, slug, madeBy, JSON.stringify(recipe), at, key, idempotency?.fingerprint ?? null];
  await db.batch([
    db.prepare(DELETE_EXPIRED_KEY).bind(tenant, mode, key, at - IDEMPOTENCY_TTL_MS),
    db.prepare(INSERT).bind(...values, GENERATORS_PER_SCOPE),
    db.prepare(SAVE_VERSION).bind(id),
  ]);
  const stored = await one(db, BY_ID, tenant, mode, id);
  if (stored !== null) return ok(show(stored));
  const replayed = key === null ? null : await one(db, BY_IDEMPOTENCY_KEY, tenant, mode, key);
  if (replayed !== null)
    return replayed.fingerprint === idempotency?.fingerprint ? ok(show(replayed)) : err("other_request");
  return err((await one(db, BY_SLUG, tenant, mode, slug)) === null ? "too_many" : "slug_taken");
}

/** The generator with this id or slug, in its current or an earlier version; null when there is none. */
export async function readGenerator(
  db: D1Database,
  { tenant, mode }: Scope,
  idOrSlug: string,
  version: number | null = null,
): Promise<GeneratorWire | null> {
  const row = await one(db, idOrSlug.startsWith("gen_") ? BY_ID : BY_SLUG, tenant, mode, idOrSlug);
  if (row === null || version === null || version === row.version) return row === null ? null : show(row);
  const earlier = await db.prepare(VERSION).bind(row.id, version).first<{ recipe: string; created_at: number }>();
  return earlier === null ? null : show({ ...row, version, recipe: earlier.recipe, updated_at: earlier.created_at });
}

/** Generators with ids below `after`, newest first, at most `limit`. */
export async function listGenerators(
  db: D1Database,
  { tenant, mode }: Scope,
  limit: number,
  after: string | null,
): Promise<GeneratorWire[]> {
  const found = await db
    .prepare(PAGE)
    .bind(tenant, mode, after ?? LAST_ID, limit)
    .all<Row>();
  return found.results.map(show);
}

/**
 * Stores the next version of a generator if `version` is the current one, otherwise null. The 100 versions before it
 * are retained.
 */
export async function changeGenerator(
  db: D1Database,
  { tenant, mode }: Scope,
  id: string,
  version: number,
  recipe: RecipeWire,
  at: EpochMs,
): Promise<GeneratorWire | null> {
  const [changed] = await db.batch([
    db.prepare(CHANGE).bind(tenant, mode, id, JSON.stringify(recipe), at, version),
    db.prepare(SAVE_VERSION).bind(id),
    db.prepare(DELETE_OLD_VERSIONS).bind(id, version - GENERATOR_VERSIONS),
  ]);
  if (changed?.meta.changes === 0) return null;
  const row = await one(db, BY_ID, tenant, mode, id);
  return row === null ? null : show(row);
}

/** Deletes a generator with its versions; false when there is none. Videos retain the prompt that was sent for them. */
export async function removeGenerator(db: D1Database, { tenant, mode }: Scope, id: string): Promise<boolean> {
  const removed = await db.prepare(REMOVE).bind(tenant, mode, id).run();
  return removed.meta.changes > 0;
}

const one = (db: D1Database, sql: string, ...values: unknown[]): Promise<Row | null> =>
  db
    .prepare(sql)
    .bind(...values)
    .first<Row>();

const show = (row: Row): GeneratorWire => ({
  ...(JSON.parse(row.recipe) as RecipeWire), // written by insertGenerator and changeGenerator only
  id: row.id,
  slug: row.slug,
  version: row.version,
  made_by: row.made_by,
  created_at: toRfc3339(row.created_at),
  updated_at: toRfc3339(row.updated_at),
});
