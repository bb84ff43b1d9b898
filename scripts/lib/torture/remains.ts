/**
 * Checks what a stopped gateway left on disk: the databases of its objects, of D1 and of R2 as Miniflare stores them.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

/** A job that was due this long before the end counts as left over. Far above the cron's interval in a scaled run. */
const LATE_MS = 15_000;

const jobRow = z.object({ kind: z.string(), key: z.string(), due_at: z.number() });
const watchdogRow = z.object({ object_name: z.string(), kind: z.string(), due_at: z.number() });
const uploadRecord = z.object({ id: z.string(), status: z.string(), multipart: z.string().nullable() });

type StoppedGateway = { readonly state: string; readonly stoppedAt: number };

/** Every database in one of Miniflare's folders. */
function databases(state: string, folder: string): string[] {
  const path = join(state, "v3", folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .map((name) => join(path, name));
}

/** The rows of a query; none if the table does not exist. */
function rowsOf<T>(database: string, table: string, schema: z.ZodType<T>, where = ""): T[] {
  const db = new DatabaseSync(database);
  try {
    const known = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").all(table);
    return known.length === 0 ? [] : z.array(schema).parse(db.prepare(`SELECT * FROM ${table} ${where}`).all());
  } finally {
    db.close();
  }
}

const OBJECTS = ["User", "Tenant", "Upload", "Token"] as const;
const objects = (state: string, kind: (typeof OBJECTS)[number]): string[] =>
  databases(state, `do/nemo-gateway-${kind}Object`);

/** Jobs that are left over. */
function leftJobs({ state, stoppedAt }: StoppedGateway): string[] {
  const late = stoppedAt - LATE_MS;
  const jobs = OBJECTS.flatMap((kind) =>
    objects(state, kind).flatMap((path) =>
      rowsOf(path, "jobs", jobRow)
        .filter((row) => row.due_at < late)
        .map((row) => `a ${kind} object has the job ${row.kind} ${row.key} overdue since ${stoppedAt - row.due_at} ms`),
    ),
  );
  const watchdogs = databases(state, "d1/miniflare-D1DatabaseObject").flatMap((path) =>
    rowsOf(path, "watchdogs", watchdogRow)
      .filter((row) => row.due_at < late)
      .map((row) => `D1 lists ${row.kind} ${row.object_name} as overdue since ${stoppedAt - row.due_at} ms`),
  );
  return [...jobs, ...watchdogs];
}

const idRow = z.object({ id: z.string() });

/** Ids that may have a file: uploads and renders of every user's object, events of every tenant's. */
function owners(state: string): Set<string> {
  const ids = [
    ...objects(state, "User").flatMap((path) => ["renders", "assets"].flatMap((table) => rowsOf(path, table, idRow))),
    ...objects(state, "Tenant").flatMap((path) => rowsOf(path, "events", idRow)),
  ];
  return new Set(ids.map(({ id }) => id));
}

/** Uploads that have not ended, and the multipart uploads that they recorded. */
function openUploads(state: string): z.infer<typeof uploadRecord>[] {
  return objects(state, "Upload")
    .flatMap((path) => rowsOf(path, "meta", z.object({ value: z.string() }), "WHERE key = 'upload'"))
    .map(({ value }) => uploadRecord.parse(JSON.parse(value)));
}

/** Files in R2 that belong to no resource. */
function orphans({ state }: StoppedGateway): string[] {
  const known = owners(state);
  const uploads = openUploads(state).filter(
    ({ status }) => status !== "expired" && status !== "failed" && status !== "deleted",
  );
  for (const { id } of uploads) known.add(id);
  return databases(state, "r2/miniflare-R2BucketObject")
    .flatMap((path) => rowsOf(path, "_mf_objects", z.object({ key: z.string() })))
    .map(({ key }) => key)
    .filter((key) => !known.has(fileId(key)))
    .map((key) => `R2 has ${key}, which belongs to no resource`);
}

/** The id at the end of a key, without the extension. */
const fileId = (key: string): string => (key.split("/").at(-1) ?? "").replace(/\.\w+$/, "");

/** Multipart uploads in R2 that no job will complete or abort. */
export function lostParts({ state }: StoppedGateway): number {
  const known = new Set(openUploads(state).map(({ multipart }) => multipart));
  return databases(state, "r2/miniflare-R2BucketObject")
    .flatMap((path) => rowsOf(path, "_mf_multipart_uploads", z.object({ upload_id: z.string() }), "WHERE state = 0"))
    .filter(({ upload_id }) => !known.has(upload_id)).length;
}

/**
 * Throws for the first leftover. `begun`: the number of kills between the creation of a multipart upload in R2 and
 * its record; as many may be left, because R2's rule for unfinished uploads removes them.
 */
export function judgeRemains(stopped: StoppedGateway, begun: number): void {
  const [first] = [...leftJobs(stopped), ...orphans(stopped)];
  if (first !== undefined) throw new Error(first);
  const parts = lostParts(stopped);
  if (parts > begun) throw new Error(`R2 has ${parts} unfinished files that no upload knows, ${begun} may be`);
}
