/**
 * Invites to the console: created, listed and revoked by the operator, accepted once by the person who has the link.
 *
 * Accepting is one transaction: the invite is used, its session exists, and the request's Idempotency-Key is stored, or nothing
 * is. A page that did not get the answer repeats the request with the same key and gets the same session, whose secret is
 * computed from the link's code and that key; any other request for a used invite is rejected.
 */
import { isInviteCode, issueInviteCode, keyHash, keyHint, sessionKeyOf } from "../core/auth.ts";
import { type Problem, problemOf } from "../core/errors.ts";
import { type InviteId, plainId, type TenantId } from "../core/ids.ts";
import { CONSOLE_SESSION_MS, OPEN_INVITES_PER_TENANT } from "../core/limits.ts";
import { SECOND_MS, toRfc3339 } from "../core/time.ts";
import type { CreatedInviteWire, InviteWire, NewInvite, ShownKeyWire } from "../core/wire/key.ts";
import { type Ctx, random } from "../http/context.ts";
import { entryOf, idempotencyOf, storedIdempotencyOf } from "../http/idempotency.ts";
import { authenticateKey, forgetTenant, tenantPaused } from "../http/middleware/auth.ts";
import { countLookup } from "../http/middleware/limits.ts";
import { apiError, notFound, unwrap } from "../http/problem.ts";
import { auditRow } from "../store/audit.ts";
import { makeOnce } from "../store/idempotency.ts";
import * as store from "../store/invites.ts";
import { insertKey } from "../store/keys.ts";
import { getKey } from "./keys.ts";
import { checkNotDeleting, getTenant } from "./tenants.ts";

/** A new invite with its link. A replay of the same Idempotency-Key returns the invite without the link. */
export async function createInvite(c: Ctx, to: TenantId, fields: NewInvite): Promise<CreatedInviteWire> {
  const { DB } = c.env;
  const { id: tenant } = checkNotDeleting(await getTenant(c, to));
  const { label, mode, scopes, expires_in_seconds } = fields;
  const at = Date.now();
  const expiresAt = at + expires_in_seconds * SECOND_MS;
  const code = issueInviteCode(random);
  const id = plainId("inv", at, random);
  const record = { id, hash: await keyHash(code), tenant, mode, label, scopes, createdAt: at, expiresAt };
  const detail = { scopes, expires_at: toRfc3339(expiresAt) };
  const entry = entryOf(c, { tenant, mode, at, action: "invite.created", target: id, detail });
  const check = async () =>
    (await store.countOpenInvites(DB, tenant, at)) < OPEN_INVITES_PER_TENANT ? null : tooManyInvites(tenant);
  const statements = [store.insertInvite(DB, record, OPEN_INVITES_PER_TENANT), auditRow(DB, entry)];
  const made = unwrap(await makeOnce(DB, await storedIdempotencyOf(c), { id, at, check, statements }));
  const wire = await getInvite(c, made.id);
  return made.isFirst ? { ...wire, url: `${c.var.origin}/console#invite=${code}` } : { ...wire, url_shown_once: true };
}

/** Revokes an invite, and with it the sessions that it opened and the apps that were approved in them. A repeated call changes nothing. */
export async function revokeInvite(c: Ctx, id: InviteId): Promise<InviteWire> {
  const { tenant, mode } = await getInvite(c, id);
  await store.endInvite(
    c.env.DB,
    id,
    entryOf(c, { tenant, mode, at: Date.now(), action: "invite.revoked", target: id }),
  );
  forgetTenant(tenant);
  return getInvite(c, id);
}

/** The session of the console that this invite's code opens, once. `c.var.idempotencyKey` must be set. */
export async function acceptInvite(c: Ctx, code: string): Promise<ShownKeyWire> {
  const { DB } = c.env;
  if (!isInviteCode(code))
    throw apiError("not_found", "This invite link is incomplete or mistyped; copy the whole link again.");
  await countLookup(c);
  const at = Date.now();
  const hash = await keyHash(code);
  const found = await store.findInvite(DB, hash, at);
  const idempotency = await idempotencyOf(c);
  if (found === null) throw apiError("not_found", "This invite does not exist; ask for a new one.");
  if (idempotency === null) throw new Error("an invite is accepted with an Idempotency-Key");
  const { id: invite, tenant, mode, scopes } = found.wire;
  const secret = await sessionKeyOf(code, idempotency.key, mode);
  const session = plainId("key", at, random);
  const expiresAt = at + CONSOLE_SESSION_MS;
  const hint = keyHint(secret);
  const shown = { id: session, hint, tenant, mode, name: "Console session", scopes, createdAt: at, expiresAt };
  const record = { ...shown, hash: await keyHash(secret), replaces: null, parent: invite, app: null };
  c.set("actor", invite);
  const detail = { scopes, expires_at: toRfc3339(expiresAt), session_of: invite };
  const entry = entryOf(c, { tenant, mode, at, action: "key.created", target: session, detail });
  const owner = `${tenant}:invite:${invite}`; // below the tenant's name, so that it is deleted with the tenant
  const check = async () => whyClosed(await store.findInvite(DB, hash, Date.now()));
  const statements = [store.recordAcceptance(DB, invite, at), insertKey(DB, record), auditRow(DB, entry)];
  const made = unwrap(await makeOnce(DB, { owner, ...idempotency }, { id: session, at, check, statements }));
  if (!made.isFirst) await authenticateKey(c, secret); // throws if the session has ended meanwhile
  return { ...(await getKey(c, made.id)).wire, secret };
}

/** Why an invite cannot be used; null if it can. */
function whyClosed(found: store.FoundInvite | null): Problem | null {
  const state = found?.wire.state ?? "expired";
  if (state !== "open") return problemOf("invite_closed", `This invite ${WHY[state]}; ask for a new one.`);
  if (found?.tenantState === "active") return null;
  return tenantPaused().problem;
}

const WHY = {
  accepted: "was used already: it opens one session",
  revoked: "was revoked",
  expired: "has expired",
} as const;

async function getInvite(c: Ctx, id: InviteId): Promise<InviteWire> {
  const invite = await store.readInvite(c.env.DB, id, Date.now());
  if (invite === null) throw notFound();
  return invite;
}

const tooManyInvites = (tenant: TenantId): Problem =>
  problemOf(
    "too_many_invites",
    `A tenant can have at most ${OPEN_INVITES_PER_TENANT} invites that were neither used nor revoked nor expired; revoke one first.`,
    { hint: `GET /admin/tenants/${tenant}/invites` },
  );
