/**
 * The objects behind their ports.
 *
 * A platform fault (reset, overloaded) becomes 503 `unavailable`; an object's own exception is a bug and passes as it is.
 * A read that the platform calls retryable, or that was under way when the instance ended, is asked once more: the next instance
 * knows the answer, e.g. that the user is deleted. A write never is, and an overloaded object is left alone.
 */
import {
  OPERATOR_TOKEN_NAME,
  type Scope,
  tenantObjectName,
  uploadObjectName,
  userObjectName,
} from "../core/address.ts";
import type { Principal, UserGrant, UserTarget } from "../core/auth.ts";
import { type UploadId, type UserHash, userHashOf } from "../core/ids.ts";
import type { TenantRpc } from "../core/rpc/tenant.ts";
import type { TokenRpc } from "../core/rpc/token.ts";
import type { UploadRpc } from "../core/rpc/upload.ts";
import type { UserRpc, UserTokenMethod } from "../core/rpc/user.ts";
import type { Env } from "../env.ts";
import { apiError, notFound, unwrap } from "./problem.ts";

type Port = UserRpc | TenantRpc | UploadRpc | TokenRpc;
type Remote = Record<string, (...given: unknown[]) => Promise<unknown>>;
/** One call, by the method's name. */
type Knock = (name: string, given: unknown[]) => Promise<unknown>;
/** What the platform writes on an error of its own. */
type Fault = { readonly retryable?: boolean; readonly overloaded?: boolean; readonly durableObjectReset?: boolean };

/**
 * A user's object. A user token opens its own user's alone, and is checked there with the call itself; a key that names a
 * user reaches that user alone.
 */
export function userObject(env: Env, { grant, named, ...address }: UserTarget): UserRpc {
  checkOtherUser(named, address.uh);
  const knock = knockAt(() => env.USER.getByName(userObjectName(address)));
  if (grant === null) return port(knock);
  if (grant.uh !== address.uh) throw notFound();
  return port(async (name, given) => {
    const answer = knock("callWithToken", [grant, name as UserTokenMethod, given], name); // the port's own names
    return unwrap((await answer) as Awaited<ReturnType<UserRpc["callWithToken"]>>); // UserObject implements it
  });
}

/** A tenant's object. A user token is checked at its user's object first, which alone knows of a sign-out. */
export const tenantObject = (env: Env, principal: Principal): TenantRpc =>
  port(
    admitted(
      env,
      principal,
      knockAt(() => env.TENANT.getByName(tenantObjectName(principal))),
    ),
  );

/** What keeps the tenant's own Nemo token. For API keys alone. */
export const tokenObject = (env: Env, scope: Scope): TokenRpc =>
  port(knockAt(() => env.TOKEN.getByName(tenantObjectName(scope))));

/** What looks after the operator's own Nemo token. */
export const operatorsToken = (env: Env): TokenRpc => port(knockAt(() => env.TOKEN.getByName(OPERATOR_TOKEN_NAME)));

/** An upload's object, under the same two rules. */
export function uploadObject(env: Env, principal: Principal, id: UploadId): UploadRpc {
  if (principal.grant !== null && principal.grant.uh !== userHashOf(id)) throw notFound();
  checkOtherUser(principal.named, userHashOf(id));
  return port(
    admitted(
      env,
      principal,
      knockAt(() => env.UPLOAD.getByName(uploadObjectName(principal, id))),
    ),
  );
}

/** The header says one user, the id another: nothing of either is told or changed. */
function checkOtherUser(named: UserHash | null | undefined, uh: UserHash): void {
  if (named === null || named === undefined || named === uh) return;
  const detail =
    "X-User-Id names one user and this id or path another. Leave X-User-Id out, or send the user it was made for.";
  throw apiError("not_found", detail);
}

function admitted(env: Env, { tenant, mode, grant }: Principal, knock: Knock): Knock {
  if (grant === null) return knock;
  return async (name, given) => {
    unwrap(await admit(env, { tenant, mode, uh: grant.uh, grant }, grant));
    return knock(name, given);
  };
}

const admit = (env: Env, userTarget: UserTarget, grant: UserGrant) =>
  userObject(env, { ...userTarget, grant: null }).checkUserToken(grant);

/** A port whose every method is a knock. */
const port = <P extends Port>(knock: Knock): P =>
  // every object class says `implements` its port, and a stub answers to the methods of its class
  new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...given: unknown[]) =>
          knock(String(name), given),
    },
  ) as P;

/** Calls that go to a fresh stub each: after an exception a stub is of no more use. `as` is the call's own name, where another method carries it. */
const knockAt =
  (stub: () => unknown) =>
  (name: string, given: unknown[], as = name): Promise<unknown> =>
    call(stub, name, given, isRead(as));

async function call(stub: () => unknown, name: string, given: unknown[], isSafe: boolean): Promise<unknown> {
  const once = async () => (stub() as Remote)[name]?.(...given); // as in `port`
  try {
    return await once();
  } catch (error) {
    if (!isSafe || !mayReplay(error)) throw asProblem(error);
  }
  return once().catch((error: unknown) => Promise.reject(asProblem(error)));
}

/** Methods that make and change nothing, by their names. */
export const READS = /^(read|list|watch|await|check|plan|cursor$|renderFile$)/;
const isRead = (name: string): boolean => READS.test(name);
const faultOf = (error: unknown): Fault => (error instanceof Error ? (error as Fault) : {}); // optional properties only
function mayReplay(error: unknown): boolean {
  const { retryable, overloaded, durableObjectReset } = faultOf(error);
  return (retryable === true || durableObjectReset === true) && overloaded !== true;
}

function asProblem(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = faultOf(error);
  if (!retryable && !overloaded && !durableObjectReset) return error;
  return apiError("unavailable", "The request reached a part that was restarting or overloaded; try again.", {
    retryAfterSeconds: 1,
  });
}
