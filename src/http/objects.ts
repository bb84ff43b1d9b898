/**
 * RPC clients of the Durable Objects.
 *
 * A platform error (reset, overloaded) becomes 503 `unavailable`; an object's own exception is a bug and is thrown as it is.
 * A method that only reads is called once more when the platform marks the error as retryable, or when the instance ended
 * during the call: the next instance can answer. A method that writes is never called again, and an overloaded object is not
 * called again.
 */
import {
  OPERATOR_TOKEN_NAME,
  type Scope,
  tenantObjectName,
  uploadObjectName,
  userObjectName,
} from "../core/address.ts";
import type { Principal, UserTarget } from "../core/auth.ts";
import { type UploadId, type UserHash, userHashOf } from "../core/ids.ts";
import { TENANT_METHODS, type TenantRpc } from "../core/rpc/tenant.ts";
import { TOKEN_METHODS, type TokenRpc } from "../core/rpc/token.ts";
import { type BodyCall, toBodyRequest, UPLOAD_METHODS, type UploadRpc } from "../core/rpc/upload.ts";
import { USER_METHODS, type UserRpc, type UserTokenMethod } from "../core/rpc/user.ts";
import { type Append, noUpload } from "../core/uploads/append.ts";
import type { Env } from "../env.ts";
import { ApiError, apiError, notFound, unwrap } from "./problem.ts";

type Stub = Record<string, (...given: unknown[]) => Promise<unknown>>;
/** Sends one call; `reads`: the method changes nothing. */
type Send = (method: string, given: unknown[], reads: boolean) => Promise<unknown>;
/** The fields that the platform sets on an error of its own. */
type PlatformError = {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;
};

/** Makes the constructor of an RPC client: one method for each name in the table. */
function clientOf<Rpc>(
  methods: Readonly<Record<keyof Rpc & string, { readonly reads: boolean }>>,
): (send: Send) => Rpc {
  const shared: Record<string, unknown> = {};
  for (const [name, { reads }] of Object.entries<{ readonly reads: boolean }>(methods))
    shared[name] = function (this: { readonly send: Send }, ...given: unknown[]) {
      return this.send(name, given, reads);
    };
  // the table has every method of the interface, and the object's class implements it
  return (send) => Object.assign(Object.create(shared), { send }) as Rpc;
}

const userClient = clientOf<UserRpc>(USER_METHODS);
const tenantClient = clientOf<TenantRpc>(TENANT_METHODS);
const uploadClient = clientOf<UploadRpc>(UPLOAD_METHODS);
const tokenClient = clientOf<TokenRpc>(TOKEN_METHODS);

/**
 * A user's object. A user token reaches the object of its own user alone, which checks the token with each call; a key whose
 * request names a user reaches that user alone.
 */
export function userObject(env: Env, { grant, named, ...address }: UserTarget): UserRpc {
  checkOtherUser(named, address.uh);
  const send = sendTo(() => env.USER.getByName(userObjectName(address)));
  if (grant === null) return userClient(send);
  if (grant.uh !== address.uh) throw notFound();
  return userClient(async (method, given, reads) => {
    const answer = send("callWithToken", [grant, method as UserTokenMethod, given], reads); // a name of the table
    return unwrap((await answer) as Awaited<ReturnType<UserRpc["callWithToken"]>>); // UserObject implements it
  });
}

/** A tenant's object. A user token is checked by its user's object first: that alone knows of a sign-out. */
export const tenantObject = (env: Env, principal: Principal): TenantRpc =>
  tenantClient(
    withTokenCheck(
      env,
      principal,
      sendTo(() => env.TENANT.getByName(tenantObjectName(principal))),
    ),
  );

/** The object that stores the tenant's own Nemo token. For API keys alone. */
export const tokenObject = (env: Env, scope: Scope): TokenRpc =>
  tokenClient(sendTo(() => env.TOKEN.getByName(tenantObjectName(scope))));

/** The object of the operator's Nemo token. */
export const operatorsToken = (env: Env): TokenRpc =>
  tokenClient(sendTo(() => env.TOKEN.getByName(OPERATOR_TOKEN_NAME)));

/**
 * How bodies reach an upload's object. `fetch` costs less, and is for bodies that come from outside. A stream that the Worker
 * itself writes goes as an argument of the call (`rpc`): broken off in a fetch, it would be reported as an exception.
 */
type BodyTransport = "fetch" | "rpc";

/** An upload's object; the rules for user tokens and for named users are those of `userObject`. */
export function uploadObject(env: Env, principal: Principal, id: UploadId, bodies: BodyTransport = "fetch"): UploadRpc {
  if (principal.grant !== null && principal.grant.uh !== userHashOf(id)) throw notFound();
  checkOtherUser(principal.named, userHashOf(id));
  const stub = () => env.UPLOAD.getByName(uploadObjectName(principal, id));
  const send = bodies === "fetch" ? withBodies(stub) : sendTo(stub);
  return uploadClient(
    principal.grant === null ? withUserCheck(env, principal, id, send) : withTokenCheck(env, principal, send),
  );
}

/** Methods that make a new upload. Its object asks the user's object by itself. */
const MAKES_UPLOAD: readonly string[] = ["create", "startImport"] satisfies (keyof UploadRpc)[];

/**
 * Checks before each call that the upload's user is not deleted. The user's object alone knows it at once: it deletes its
 * uploads one after the other, in a job.
 */
function withUserCheck(env: Env, { tenant, mode }: Scope, id: UploadId, send: Send): Send {
  return async (method, given, reads) => {
    if (MAKES_UPLOAD.includes(method)) return send(method, given, reads);
    const user = userObject(env, { tenant, mode, uh: userHashOf(id), grant: null });
    if (await user.isDeleted()) throw new ApiError(noUpload());
    return send(method, given, reads);
  };
}

/** Answers `not_found` when the request names one user and the id belongs to another. */
function checkOtherUser(named: UserHash | null | undefined, uh: UserHash): void {
  if (named === null || named === undefined || named === uh) return;
  const detail =
    "X-User-Id names another user than this id or path. Leave X-User-Id out, or send the user that the resource belongs to.";
  throw apiError("not_found", detail);
}

/** Checks a user token with its user's object, which alone knows of a sign-out. Needed where no object is called. */
export async function checkUserToken(env: Env, { tenant, mode, grant }: Principal): Promise<void> {
  if (grant === null) return;
  unwrap(await userObject(env, { tenant, mode, uh: grant.uh, grant: null }).checkUserToken(grant));
}

/** Checks a user token with its user's object before each call. */
function withTokenCheck(env: Env, { tenant, mode, grant }: Principal, send: Send): Send {
  if (grant === null) return send;
  return async (method, given, reads) => {
    await checkUserToken(env, { tenant, mode, grant });
    return send(method, given, reads);
  };
}

/** Sends `write` and `append` as requests when they have a body. Errors of the body reach the object, which may cancel it. */
function withBodies(stub: () => { readonly fetch: (request: Request) => Promise<Response> }): Send {
  const send = sendTo(stub);
  return async (method, given, reads) => {
    const call = bodyCallOf(method, given);
    if (call === null) return send(method, given, reads);
    const answer = (await send("fetch", [toBodyRequest(given[0] as ReadableStream, call)], false)) as Response;
    return answer.json();
  };
}

/** The call as `toBodyRequest` takes it; null for a call without a body. The arguments are those of `UploadRpc`. */
function bodyCallOf(method: string, [body, second]: unknown[]): BodyCall | null {
  if (!(body instanceof ReadableStream)) return null;
  if (method === "write") return { method, sizeBytes: second as number };
  return method === "append" ? { method, append: second as Append } : null;
}

/** Each call takes a new stub: after an exception a stub cannot be used again. */
const sendTo =
  (stub: () => unknown): Send =>
  async (method, given, reads) => {
    const once = async () => (stub() as Stub)[method]?.(...given); // a stub has the methods of its object's class
    try {
      return await once();
    } catch (error) {
      if (!reads || !mayCallAgain(error)) throw toUnavailable(error);
    }
    return once().catch((error: unknown) => Promise.reject(toUnavailable(error)));
  };

const platformError = (error: unknown): PlatformError => (error instanceof Error ? (error as PlatformError) : {}); // optional fields only

function mayCallAgain(error: unknown): boolean {
  const { retryable, overloaded, durableObjectReset } = platformError(error);
  return (retryable === true || durableObjectReset === true) && overloaded !== true;
}

function toUnavailable(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = platformError(error);
  if (!retryable && !overloaded && !durableObjectReset) return error;
  return apiError("unavailable", "A part of the service was restarting or overloaded; try again.", {
    retryAfterSeconds: 1,
  });
}
