/** A tenant's end users: who there is, the short-lived tokens that phones and browsers act with, signing out, deletion. */

import { CHUNK_ADVICE_BYTES, MAX_REQUEST_BYTES, PROMPT_BYTES, UPLOAD_BYTES } from "../core/limits.ts";
import { FORMATS } from "../core/media/sniff.ts";
import { toRfc3339 } from "../core/time.ts";
import { pageOf } from "../core/wire/common.ts";
import { me } from "../core/wire/me.ts";
import {
  newUserToken,
  signedOut,
  USER_SCOPES,
  type UserScope,
  user,
  userParams,
  userToken,
} from "../core/wire/user.ts";
import { auditedCall } from "../http/audit.ts";
import { type Api, type Caller, rootsOf } from "../http/context.ts";
import { answer, body, declare } from "../http/define-route.ts";
import { accountAddress, callOf, ownHash, userAddress } from "../http/idempotency.ts";
import { tenantObject, userObject } from "../http/objects.ts";
import { pageOfUsers, userPage } from "../http/page.ts";
import { apiError, unwrap } from "../http/problem.ts";
import { signUserToken } from "../http/user-tokens.ts";

const tags = ["Users"];
const makeToken = declare({
  method: "post",
  path: "/v1/users/{id}/tokens",
  access: "chat_or_upload_or_render",
  tags,
  summary: "A short-lived token for a user's phone or browser",
  description:
    "It acts as this one user, may do no more than the key that made it, and ends with that key, with its time, or with a sign-out.",
  request: { params: userParams, body: body(newUserToken) },
  responses: { 201: answer(userToken, "The token.") },
});

const signOut = declare({
  method: "post",
  path: "/v1/users/{id}/sign_out",
  access: "chat",
  flow: "stops",
  tags,
  summary: "Sign a user out everywhere",
  description: "Ends all tokens and stream tickets that this user has. New ones can be made at once.",
  request: { params: userParams },
  responses: { 200: answer(signedOut, "Done.") },
});

const list = declare({
  method: "get",
  path: "/v1/users",
  access: "read",
  tags,
  summary: "Your users, newest first",
  description: "Everybody in whose name something was made. Who was deleted is not listed.",
  request: { query: userPage },
  responses: { 200: answer(pageOf(user), "A page of users.") },
});

const read = declare({
  method: "get",
  path: "/v1/users/{id}",
  access: "read",
  tags,
  summary: "One user, or what became of it",
  request: { params: userParams },
  responses: { 200: answer(user, "The user; a deleted one for 30 days, with the receipt.") },
});

const erase = declare({
  method: "delete",
  path: "/v1/users/{id}",
  access: "keys",
  tags,
  summary: "Delete a user and everything of it",
  description:
    "Nothing can be read or made from now on, for 30 days. Records, files, events and deliveries go within moments; a turn that Nemo works on may still be charged.",
  request: { params: userParams },
  responses: { 202: answer(user, "The job: read the user again for its receipt.") },
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
    const { scopes: wanted, expires_in_seconds: seconds } = c.req.valid("json");
    const { tenant, mode, keyId } = c.var.caller;
    const scopes = grantable(c.var.caller, wanted);
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

/** The scopes a token gets: those asked for, or all that a user may have; never one that its key lacks. */
function grantable(
  caller: Caller,
  wanted: readonly UserScope[] = USER_SCOPES.filter((scope) => caller.scopes.includes(scope)),
): UserScope[] {
  const missing = wanted.filter((scope) => !caller.scopes.includes(scope));
  if (missing.length === 0 && wanted.length > 0) return [...new Set(wanted)];
  const own = `this key has ${caller.scopes.join(", ")}`;
  throw apiError(
    "missing_scope",
    `A user token gets only scopes of the key that makes it, out of ${USER_SCOPES.join(", ")}; ${own}.`,
  );
}

/* `GET /v1/me`: who the credential is and what it may do. */

const readMe = declare({
  method: "get",
  path: "/v1/me",
  access: "any",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "Who this key or token is",
  responses: { 200: answer(me, "The credential, its limits, and where its events stand.") },
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
