/**
 * No query to D1 reads a whole table: each statement in src/store and src/jobs is explained by SQLite's planner.
 * The statements are read out of the sources, so a new one is judged without a line here.
 */
import { describe, expect, it } from "vitest";
import { env } from "../support/objects.ts";

declare global {
  interface ImportMeta {
    /** Vite's: the files that match, read when the test is built. */
    readonly glob: (patterns: readonly string[], options: object) => Record<string, string>;
  }
}

const sources: Record<string, string> = import.meta.glob(["../../src/store/*.ts", "../../src/jobs/*.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Queries that may read or sort more than they give, each with its reason. */
const MAY_SCAN: Readonly<Record<string, string>> = {
  "SELECT count(*) AS n FROM encrypted_objects WHERE kid != ?1":
    "the operator's question how far a re-encryption has come",
  "SELECT count(*) AS n, max(recorded_at) AS last_at FROM dead_letters":
    "the operator's question, over 30 days of what should be none",
  "SELECT uh, name FROM users WHERE tenant = ?1 AND mode = ?2 AND name IS NOT NULL AND uh IN (SELECT value FROM json_each(?3))":
    "reads the list it is given, and each user of it by the key",
  "SELECT keys.*, coalesce(opener.revoked_at, invites.revoked_at) AS parent_revoked_at FROM keys LEFT JOIN keys AS opener ON opener.id = keys.parent LEFT JOIN invites ON invites.id = keys.parent WHERE keys.tenant = ?1 AND (?2 IS NULL OR keys.mode = ?2) AND keys.id < ?3 ORDER BY keys.id DESC LIMIT ?4":
    "sorts one tenant's keys, of which there are few",
};

const LITERAL = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/g;
const VERB = /^(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\s/;

/** A literal's text on one line; constants of its file put in, any other expression taken for a condition that always holds. */
function textOf(literal: string, constants: ReadonlyMap<string, string>): string {
  const filled = literal.slice(1, -1).replace(/\$\{([^}]*)\}/g, (_, name: string) => constants.get(name.trim()) ?? "1");
  return filled.replace(/\s+/g, " ").trim();
}

/** Every whole statement of a source file. One that ends in WHERE is the beginning of others. */
function statementsOf(source: string): string[] {
  const constants = new Map<string, string>();
  for (const [, name = "", literal = ""] of source.matchAll(/const (\w+) =\s*("[^"]*"|`[^`]*`)/g))
    constants.set(name, textOf(literal, constants));
  const texts = (source.match(LITERAL) ?? []).map((literal) => textOf(literal, constants));
  return texts.filter((text) => VERB.test(text) && !text.endsWith("WHERE"));
}

/** What the planner says of a statement. D1 wants every parameter bound; their values do not change the plan. */
async function planOf(statement: string): Promise<string[]> {
  const numbered = [...statement.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  const values = Array.from({ length: Math.max(0, ...numbered) }, () => "x");
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
    .bind(...values)
    .all<{ detail: string }>();
  return plan.results.map(({ detail }) => detail);
}

/** Steps that read all rows, or sort them before the first is seen. */
const isSlow = (step: string): boolean => /^SCAN (?!CONSTANT ROW|\d+-ROW)|TEMP B-TREE/.test(step);

const statements = [...new Set(Object.values(sources).flatMap(statementsOf))];

describe("the queries to D1", () => {
  it("are found in the sources", () => {
    expect(statements).toContain("SELECT * FROM tenants WHERE id = ?1");
    const prepared = Object.values(sources).flatMap((source) => source.match(/\.prepare\(/g) ?? []);
    expect(statements.length).toBeGreaterThanOrEqual(prepared.length);
  });

  it.each(statements.filter((statement) => MAY_SCAN[statement] === undefined))(
    "read by an index: %s",
    async (query) => {
      expect((await planOf(query)).filter(isSlow)).toEqual([]);
    },
  );

  it("that are exempt are still in the sources, and still need it", async () => {
    for (const statement of Object.keys(MAY_SCAN)) {
      expect(statements).toContain(statement);
      expect((await planOf(statement)).some(isSlow)).toBe(true);
    }
  });

  it("would be reported without their index", async () => {
    expect((await planOf("SELECT * FROM watchdogs WHERE created_at > ?1")).some(isSlow)).toBe(true);
    expect((await planOf("SELECT * FROM tenants WHERE id > ?1 ORDER BY name")).some(isSlow)).toBe(true);
  });
});
