/** What is still stored of a tenant in D1 and R2. */
import { env } from "./objects.ts";

/** How many rows of each table of D1 are still the tenant's. */
export async function rowsOf(tenant: string): Promise<Record<string, number>> {
  const tables = await env.DB.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
    sql: string;
  }>();
  const left: Record<string, number> = {};
  for (const { name, sql } of tables.results) {
    const column = /^ +(tenant|owner|object_name) TEXT/m.exec(sql)?.[1] ?? (name === "tenants" ? "id" : null);
    if (column === null) continue;
    const n = await env.DB.prepare(`SELECT count(*) AS n FROM "${name}" WHERE "${column}" GLOB ?1`)
      .bind(`${tenant}*`)
      .first<number>("n");
    if (n) left[name] = n;
  }
  return left;
}

/** How many of the tenant's files are stored. */
export const filesOf = async (tenant: string) => (await env.MEDIA.list({ prefix: `t/${tenant}/` })).objects.length;
