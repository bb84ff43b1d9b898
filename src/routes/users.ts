/** A tenant's end users: list, user tokens, sign-out and deletion; and `GET /v1/me`. */

import { CHUNK_ADVICE_BYTES, MAX_REQUEST_BYTES, PROMPT_BYTES, UPLOAD_BYTES } from "../core/limits.ts";
import { FORMATS } from "../core/media/sniff.ts";
import { toRfc3339 } from "../core/time.ts";
import { pageSchema } from "../core/wire/common.ts";
import { me } from "../core/wire/key.ts";
import {
  newUserToken,
  signedOut,
  USER_SCOPES,
  type UserScope,
  user,
  userParams,
  userToken,
} from "../core/wire/user.ts";
import { type Api, type Caller, rootsOf } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse } from "../http/define-route.ts";
import { accountAddress, auditedCall, callOf, ownHash, userAddress } from "../http/idempotency.ts";
import { signUserToken } from "../http/middleware/auth.ts";
import { tenantObject, userObject } from "../http/objects.ts";
import { pageOfUsers, userPage } from "../http/page.ts";
import { apiError, unwrap } from "../http/problem.ts";

const tags = ["Users"];
const makeToken = defineRoute({
  method: "post",
  path: "/v1/users/{id}/tokens",
  operationId: "users.tokens.create",
  access: "chat_or_upload_or_render",
  tags,
  summary: "Create a user token",
  description:
    "Returns a short-lived token with which a phone or a browser acts as this user. The token has at most the scopes of the key that creates it. It expires at `expires_at`, when that key is revoked, or when the user is signed out.",
  request: { params: userParams, body: jsonBody(newUserToken) },
  responses: { 201: jsonResponse(userToken, "The token.") },
});

const signOut = defineRoute({
  method: "post",
  path: "/v1/users/{id}/sign_out",
  operationId: "users.sign_out",
  access: "chat",
  flow: "stops",
  tags,
  summary: "Sign out a user",
  description: "Revokes all tokens and stream tickets of this user. New ones can be created at once.",
  request: { params: userParams },
  responses: { 200: jsonResponse(signedOut, "The time of the sign-out.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/users",
  operationId: "users.list",
  access: "read",
  tags,
  summary: "List users",
  description: "Returns all users for whom something was created, newest first. Deleted users are not listed.",
  request: { query: userPage },
  responses: { 200: jsonResponse(pageSchema(user), "A page of users.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/users/{id}",
  operationId: "users.retrieve",
  access: "read",
  tags,
  summary: "Retrieve a user",
  description: "A deleted user is returned for 30 days, with the receipt of the deletion.",
  request: { params: userParams },
  responses: { 200: jsonResponse(user, "The user.") },
});

const erase = defineRoute({
  method: "delete",
  path: "/v1/users/{id}",
  operationId: "users.delete",
  access: "keys",
  tags,
  summary: "Delete a user",
  description:
    "Starts a job that deletes the user's records, files, events and deliveries. From now on and for 30 days, reads return 404 and writes fail with `user_deleted`. A turn that Nemo is working on may still be charged. A repeated call returns the same job.",
  request: { params: userParams },
  responses: { 202: jsonResponse(user, "The user, `deleting`. Retrieve the user again for the receipt.") },
});

export function mountUsers(app: Api): void {
  app.openapi(list, async (c) => c.json(await pageOfUsers(c, c.req.valid("query")), 200));

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json({ id, ...unwrap(await userObject(c.env, await userAddress(c, id)).readUser()) }, 200);
  });

  app.openapi(erase, async (c) => {
    const { id } = c.req.valid("param");
    const userTarget = await userAddress(c, id);
    const audited = await auditedCall(c, { action: "user.deleted", target: userTarget.uh }, null);
    const job = unwrap(await userObject(c.env, userTarget).eraseUser(audited));
    return c.json({ id, ...job }, 202, { Location: `/v1/users/${encodeURIComponent(id)}` });
  });

  app.openapi(makeToken, async (c) => {
    const { id } = c.req.valid("param");
    const { scopes: requested, expires_in_seconds: seconds } = c.req.valid("json");
    const { tenant, mode, keyId } = c.var.caller;
    const scopes = tokenScopes(c.var.caller, requested);
    const userTarget = await userAddress(c, id);
    const { epoch, issuedAt } = unwrap(await userObject(c.env, userTarget).openSession(await callOf(c, id)));
    const until = (Math.floor(issuedAt / 1_000) + seconds) * 1_000;
    const grant = { uh: userTarget.uh, epoch, until };
    const token = await signUserToken({ tenant, mode, keyId, scopes, grant }, issuedAt, rootsOf(c.var.config));
    return c.json({ token, user_id: id, scopes, expires_at: toRfc3339(until) }, 201);
  });

  app.openapi(signOut, async (c) => {
    const { id } = c.req.valid("param");
    const userTarget = await userAddress(c, id);
    const audited = await auditedCall(c, { action: "user.signed_out", target: userTarget.uh }, id);
    const done = unwrap(await userObject(c.env, userTarget).signOut(audited));
    return c.json({ user_id: id, ...done }, 200);
  });
}

/** The scopes of a new token: the requested ones, or all user scopes of the key. Throws if the key lacks one. */
function tokenScopes(
  caller: Caller,
  requested: readonly UserScope[] = USER_SCOPES.filter((scope) => caller.scopes.includes(scope)),
): UserScope[] {
  const missing = requested.filter((scope) => !caller.scopes.includes(scope));
  if (missing.length === 0 && requested.length > 0) return [...new Set(requested)];
  const own = `this key has ${caller.scopes.join(", ")}`;
  throw apiError(
    "missing_scope",
    `A user token can only have scopes of the key that creates it, out of ${USER_SCOPES.join(", ")}; ${own}.`,
  );
}

/* `GET /v1/me`: the credential and its rights. */

const readMe = defineRoute({
  method: "get",
  path: "/v1/me",
  operationId: "me.retrieve",
  access: "any",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "Retrieve the current credential",
  description: "Returns the tenant, user, mode and scopes of the key or token, with its limits and quotas.",
  responses: { 200: jsonResponse(me, "The credential, its limits and its current event cursor.") },
});

const LIMITS = {
  upload_bytes: UPLOAD_BYTES,
  request_bytes: MAX_REQUEST_BYTES,
  prompt_bytes: PROMPT_BYTES,
  formats: FORMATS.map((format) => format.ext),
  chunk_advice_bytes: CHUNK_ADVICE_BYTES,
};

export function mountMe(app: Api): void {
  app.openapi(readMe, async (c) => {
    const { caller } = c.var;
    const account = userObject(c.env, await accountAddress(c));
    const by = ownHash(c);
    const [token, cursor, quotas, user] = await Promise.all([
      account.readToken(),
      tenantObject(c.env, caller).cursor(),
      tenantObject(c.env, caller).readQuotas(caller.quotas, by),
      caller.grant === null ? c.var.user : account.readName(),
    ]);
    const isUser = caller.grant !== null;
    const tenant = isUser ? null : { id: caller.tenant, name: caller.tenantName };
    const scopes = [...caller.scopes];
    const shown = Object.fromEntries(
      quotas
        .filter(({ name }) => !isUser || name !== "new_users_per_day")
        .map(({ name, quota: limit, remaining, reset }) => [name, { limit, remaining, resets_in_seconds: reset }]),
    );
    return c.json(
      {
        tenant,
        user,
        mode: caller.mode,
        scopes,
        limits: LIMITS,
        quotas: shown,
        nemo_token: isUser && ["tenant", "operator"].includes(token.source) ? null : token,
        events_cursor: isUser ? null : cursor,
      },
      200,
    );
  });
}
