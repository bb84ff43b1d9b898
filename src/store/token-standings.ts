/** The `token_standings` table: how every kept Nemo token stands, told by the object that keeps it. Holds no token. */
import type { Mode } from "../core/ids.ts";
import { TOKEN_WARNING_MS } from "../core/limits.ts";
import type { ToldStanding } from "../core/nemo-token.ts";
import type { EpochMs } from "../core/time.ts";

/** How many tokens of one mode stand how. */
export type TokenCounts = {
  readonly ready: number;
  readonly expiring: number;
  readonly rejected: number;
  readonly rationed: number;
};

const PUT = `INSERT INTO token_standings (object_name, source, mode, state, until) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, source) DO UPDATE SET state = excluded.state, until = excluded.until`;
const KNOWN = "(SELECT count(*) FROM token_standings WHERE mode = ?1";
/** An anonymous token that has ended is nobody's trouble: its user gets another with the next call. */
const COUNT = `SELECT
  ${KNOWN} AND state = 'ready' AND until IS NULL) + ${KNOWN} AND state = 'ready' AND until > ?3) AS ready,
  ${KNOWN} AND state = 'ready' AND until > ?2 AND until <= ?3) AS expiring,
  ${KNOWN} AND state = 'rejected') + ${KNOWN} AND state = 'ready' AND until <= ?2 AND source != 'anonymous') AS rejected,
  ${KNOWN} AND state = 'rationed' AND until > ?2) AS rationed`;

/** Says how an object's token stands; null: it keeps none of this source. */
export async function putStanding(
  db: D1Database,
  { objectName, source, mode }: { readonly objectName: string; readonly source: string; readonly mode: Mode },
  standing: ToldStanding | null,
): Promise<void> {
  if (standing !== null) await db.prepare(PUT).bind(objectName, source, mode, standing.state, standing.until).run();
  else
    await db
      .prepare("DELETE FROM token_standings WHERE object_name = ?1 AND source = ?2")
      .bind(objectName, source)
      .run();
}

/** Forgets all tokens of an object. */
export async function deleteStandings(db: D1Database, objectName: string): Promise<void> {
  await db.prepare("DELETE FROM token_standings WHERE object_name = ?1").bind(objectName).run();
}

/** Tokens of a mode by state, as `GET /v1/nemo_token` would show them at that moment. */
export async function countTokens(db: D1Database, mode: Mode, now: EpochMs): Promise<TokenCounts> {
  const row = await db
    .prepare(COUNT)
    .bind(mode, now, now + TOKEN_WARNING_MS)
    .first<TokenCounts>();
  if (row === null) throw new Error("a count returned no row");
  return row;
}
