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
import { packBodyCall, UPLOAD_METHODS, type UploadRpc } from "../core/rpc/upload.ts";
import { USER_METHODS, type UserRpc } from "../core/rpc/user.ts";
import { noUpload } from "../core/uploads/append.ts";
import type { Env } from "../env.ts";
import { ApiError, apiError, notFound, unwrap } from "./problem.ts";

type Stub = Record<string, (...given: unknown[]) => Promise<unknown>>;
/** A call as an object gets it, and how the method's result is read from the answer. */
type PackedCall = {
  readonly method: string;
  readonly given: unknown[];
  readonly unpack: (answer: unknown) => unknown;
};
/** How the calls of one client reach their object. */
type Route = {
  /** Each call takes a new stub: after an exception a stub cannot be used again. */
  readonly stub: () => unknown;
  /** Checks the caller before each call; throws the problem. */
  readonly check?: ((method: string) => Promise<void>) | undefined;
  /** Packs a call into another one; null: it goes as it is. */
  readonly pack?: (method: string, given: unknown[]) => PackedCall | null;
};
/** The fields that the platform sets on an error of its own. */
type PlatformError = {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly durableObjectReset?: boolean;
};

/** Makes the constructor of an RPC client: one method for each name in the table. */
function clientOf<Rpc>(
  methods: Readonly<Record<keyof Rpc & string, { readonly reads: boolean }>>,
): (route: Route) => Rpc {
  const shared: Record<string, unknown> = {};
  for (const [name, { reads }] of Object.entries<{ readonly reads: boolean }>(methods))
    shared[name] = async function (this: Route, ...given: unknown[]) {
      const { stub, check, pack } = this;
      if (check !== undefined) await check(name);
      const packed = pack?.(name, given) ?? null;
      const { method, given: passed } = packed ?? { method: name, given };
      const once = async () => (stub() as Stub)[method]?.(...passed); // a stub has the methods of its object's class
      let answer: unknown;
      try {
        answer = await once();
      } catch (error) {
        if (!reads || !mayCallAgain(error)) throw toUnavailable(error);
        answer = await once().catch((again: unknown) => Promise.reject(toUnavailable(again)));
      }
      return packed === null ? answer : packed.unpack(answer);
    };
  // the table has every method of the interface, and the object's class implements it
  return (route) => Object.assign(Object.create(shared), route) as Rpc;
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
  const stub = () => env.USER.getByName(userObjectName(address));
  if (grant === null) return userClient({ stub });
  if (grant.uh !== address.uh) throw notFound();
  const pack = (method: string, given: unknown[]): PackedCall => ({
    method: "callWithToken",
    given: [grant, method, given],
    unpack: (answer) => unwrap(answer as Awaited<ReturnType<UserRpc["callWithToken"]>>), // UserObject implements it
  });
  return userClient({ stub, pack });
}

/** A tenant's object. A user token is checked by its user's object first: that alone knows of a sign-out. */
export const tenantObject = (env: Env, principal: Principal): TenantRpc =>
  tenantClient({
    stub: () => env.TENANT.getByName(tenantObjectName(principal)),
    check: principal.grant === null ? undefined : () => checkUserToken(env, principal),
  });

/** The object that stores the tenant's own Nemo token. For API keys alone. */
export const tokenObject = (env: Env, scope: Scope): TokenRpc =>
  tokenClient({ stub: () => env.TOKEN.getByName(tenantObjectName(scope)) });

/** The object of the operator's Nemo token. */
export const operatorsToken = (env: Env): TokenRpc =>
  tokenClient({ stub: () => env.TOKEN.getByName(OPERATOR_TOKEN_NAME) });

/**
 * How bodies reach an upload's object. `fetch` costs less, and is for bodies that come from outside: their errors reach the
 * object, which may cancel them. A stream that the Worker itself writes goes as an argument of the call (`rpc`): broken off in
 * a fetch, it would be reported as an exception.
 */
type BodyTransport = "fetch" | "rpc";

/** An upload's object; the rules for user tokens and for named users are those of `userObject`. */
export function uploadObject(env: Env, principal: Principal, id: UploadId, bodies: BodyTransport = "fetch"): UploadRpc {
  if (principal.grant !== null && principal.grant.uh !== userHashOf(id)) throw notFound();
  checkOtherUser(principal.named, userHashOf(id));
  const stub = () => env.UPLOAD.getByName(uploadObjectName(principal, id));
  const check = (method: string) =>
    principal.grant === null ? checkUploadUser(env, principal, id, method) : checkUserToken(env, principal);
  return uploadClient(bodies === "fetch" ? { stub, check, pack: packBodyCall } : { stub, check });
}

/** Methods that make a new upload. Its object asks the user's object by itself. */
const MAKES_UPLOAD: readonly string[] = ["create", "startImport"] satisfies (keyof UploadRpc)[];

/**
 * Checks before a call that the upload's user is not deleted. The user's object alone knows it at once: it deletes its
 * uploads one after the other, in a job.
 */
async function checkUploadUser(env: Env, { tenant, mode }: Scope, id: UploadId, method: string): Promise<void> {
  if (MAKES_UPLOAD.includes(method)) return;
  const user = userObject(env, { tenant, mode, uh: userHashOf(id), grant: null });
  if (await user.isDeleted()) throw new ApiError(noUpload());
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
