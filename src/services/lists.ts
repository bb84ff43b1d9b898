/**
 * Lists of projects, uploads, renders and videos: of one user, or of all users of a tenant.
 *
 * For all users the tenant's object names candidates in the order in which they were entered, and the objects of their
 * users say which of them exist and what they are like now. So a page is exact however old the candidates are, and it
 * costs one call to the tenant's object and one for each user on it.
 */
import { base32, sha256 } from "../core/encoding.ts";
import { invalidFields } from "../core/errors.ts";
import { type ListedKind, type UserHash, userHashOf } from "../core/ids.ts";
import { PAGE_ENTRIES, PAGE_MAX, PAGE_OWNERS } from "../core/limits.ts";
import type { ResourceEntry } from "../core/rpc/tenant.ts";
import type { Listed, ListedOfUser, Page, PageRequest, UserRpc } from "../core/rpc/user.ts";
import { HOUR_MS } from "../core/time.ts";
import type { UploadWire } from "../core/wire/upload.ts";
import { type Ctx, runAfterResponse } from "../http/context.ts";
import { addressOf, namedAddress, ownHash } from "../http/idempotency.ts";
import { tenantObject, uploadObject, userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { ApiError } from "../http/problem.ts";

type Query = { readonly limit: number; readonly after?: string | undefined };
/** An item of a list: the resource, and the tenant's own name of its user. */
type WithUser<T> = T & { readonly user: string | null };
type ListPage<K extends ListedKind> = ReturnType<typeof shownPage<WithUser<Listed[K]>>>;

/** What a list is asked for. `id` names a resource whose user owns everything that is asked for. */
export type ListRequest<K extends ListedKind> = {
  readonly kind: K;
  readonly query: Query;
  readonly status?: string | undefined;
  readonly generator?: string | undefined;
  readonly of?: `prj_${string}` | `bat_${string}` | undefined;
  /** The page of one user. */
  readonly read: (user: UserRpc, page: PageRequest) => Promise<Page<Listed[K]>>;
};

/** How long after it was entered a resource that its owner does not have is removed: far beyond any creation. */
const FORGET_AFTER_MS = HOUR_MS;

/** The page of the user that the request names, or of all users of the key's tenant. */
export async function listResources<K extends ListedKind>(c: Ctx, request: ListRequest<K>): Promise<ListPage<K>> {
  const { after } = request.query;
  const { of } = request;
  const isForAll = ownHash(c) === null && of === undefined;
  if (after !== undefined && isTenantCursor(after) !== isForAll) throw foreignCursor();
  if (isForAll) return pageOfAll(c, request);
  const user = userObject(c.env, ownHash(c) !== null || of === undefined ? namedAddress(c) : addressOf(c, of));
  const [page, name] = await Promise.all([
    request.read(user, pageRequest(request.query)),
    c.var.user ?? user.readName(),
  ]);
  const data = await current(c, request, page.data);
  return shownPage({ ...page, data: data.map((item) => ({ ...item, user: name })) });
}

async function pageOfAll<K extends ListedKind>(c: Ctx, request: ListRequest<K>): Promise<ListPage<K>> {
  const { kind, status, generator, query } = request;
  const mark = await markOf(c, request);
  const tenant = tenantObject(c.env, c.var.caller);
  const found: { readonly position: number; readonly item: WithUser<Listed[K]> }[] = [];
  let before = query.after === undefined ? null : positionIn(query.after, mark);
  for (let read = 0; read < PAGE_ENTRIES; ) {
    const most = read === 0 ? query.limit + 1 : PAGE_MAX; // many entries do not match: read on in larger steps
    const wanted = Math.min(most, PAGE_ENTRIES - read);
    const entries = await tenant.listResources({ kind, status, generator }, before, wanted);
    found.push(...(await existing(c, request, entries)));
    if (found.length > query.limit) return pageTo(found, query.limit, mark);
    const last = entries.at(-1);
    if (entries.length < wanted || last === undefined) return shownPage(endOf(found));
    before = last.position;
    read += entries.length;
  }
  return { data: found.map(({ item }) => item), has_more: true, next_cursor: `${before}-${mark}` };
}

const endOf = <T>(found: readonly { readonly item: T }[]): Page<T> => ({
  data: found.map(({ item }) => item),
  has_more: false,
  next_cursor: null,
});

function pageTo<T>(found: readonly { readonly position: number; readonly item: T }[], limit: number, mark: string) {
  const data = found.slice(0, limit);
  return { data: data.map(({ item }) => item), has_more: true, next_cursor: `${data.at(-1)?.position}-${mark}` };
}

/** The entries that exist and match, in the same order, as their owners have them now. */
async function existing<K extends ListedKind>(
  c: Ctx,
  { kind, ...request }: ListRequest<K>,
  entries: readonly ResourceEntry[],
): Promise<{ position: number; item: WithUser<Listed[K]> }[]> {
  const { tenant, mode } = c.var.caller;
  const byOwner = new Map<UserHash, Listed[K]["id"][]>();
  for (const { id } of entries) byOwner.set(userHashOf(id), [...(byOwner.get(userHashOf(id)) ?? []), id]);
  const owners = [...byOwner];
  const read: ListedOfUser<K>[] = [];
  for (let at = 0; at < owners.length; at += PAGE_OWNERS) {
    const some = owners.slice(at, at + PAGE_OWNERS);
    read.push(
      ...(await Promise.all(
        some.map(([uh, ids]) => userObject(c.env, { tenant, mode, uh, grant: null }).readListed(kind, ids)),
      )),
    );
  }
  const items = read.flatMap(({ user, items: ofUser }) => ofUser.map((item) => ({ ...item, user })));
  const known = new Set<string>(items.map(({ id }) => id));
  const gone = entries.flatMap(({ id }) => (known.has(id) ? [] : [id]));
  if (gone.length > 0)
    runAfterResponse(c, tenantObject(c.env, c.var.caller).forgetResources(gone, Date.now() - FORGET_AFTER_MS));
  const shown = new Map((await current(c, { kind, ...request }, items)).map((item) => [item.id as string, item]));
  return entries.flatMap(({ id, position }) => {
    const item = shown.get(id);
    return item === undefined ? [] : [{ position, item }];
  });
}

/** The items with the wanted status. An upload that may have changed since its last report is read from its own object. */
async function current<K extends ListedKind, T extends Listed[K]>(
  c: Ctx,
  { kind, status }: Pick<ListRequest<K>, "kind" | "status">,
  items: readonly T[],
): Promise<T[]> {
  const read =
    kind === "upl" ? await Promise.all(items.map((item) => currentUpload(c, item as T & UploadWire))) : items;
  return read.flatMap((item) =>
    item === null || (status !== undefined && "status" in item && item.status !== status) ? [] : [item],
  );
}

/** Null for an upload that was deleted, or that is not created yet. */
async function currentUpload<T extends UploadWire>(c: Ctx, listed: T): Promise<T | null> {
  const mayChange = listed.status === "open" || (listed.status === "completed" && listed.asset_id === null);
  if (!mayChange) return listed;
  const found = await uploadObject(c.env, c.var.caller, listed.id).read();
  if (found.ok) return { ...listed, ...found.value };
  return found.error.code === "not_found" ? null : listed;
}

/* The cursor of a list of all users: a position, and a mark of the list that it belongs to. */

const TENANT_CURSOR = /^\d{1,15}-[0-9a-z]{10}$/;
const isTenantCursor = (cursor: string): boolean => TENANT_CURSOR.test(cursor);

/** Differs between tenants, modes, kinds and filters, so that the cursor of another list is rejected. */
async function markOf(c: Ctx, { kind, status, generator }: ListRequest<ListedKind>): Promise<string> {
  const { tenant, mode } = c.var.caller;
  return base32(await sha256(JSON.stringify([tenant, mode, kind, status ?? null, generator ?? null]))).slice(0, 10);
}

function positionIn(cursor: string, mark: string): number {
  const [position, given] = cursor.split("-");
  if (given !== mark) throw foreignCursor();
  return Number(position);
}

const foreignCursor = (): ApiError =>
  new ApiError({
    ...invalidFields([{ field: "query:after", message: "must be the next_cursor of a page of this list" }]),
    code: "invalid_cursor",
  });
