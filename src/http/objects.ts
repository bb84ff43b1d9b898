/**
 * The objects behind their ports.
 *
 * A platform fault (reset, overloaded) becomes 503 `unavailable`; an object's own exception is a bug and passes as it is.
 * A read that the platform calls retryable is asked once more; a write never is, and an overloaded object is left alone.
 */
import { type Scope, tenantObjectName, type UserAddress, uploadObjectName, userObjectName } from "../core/address.ts";
import type { UploadId } from "../core/ids.ts";
import type { TenantPort, UploadPort, UserPort } from "../core/ports.ts";
import type { Env } from "../env.ts";
import { apiError } from "./api-error.ts";

type Port = UserPort | TenantPort | UploadPort;
type Remote = Record<string, (...given: unknown[]) => Promise<unknown>>;
/** What the platform writes on an error of its own. */
type Fault = { readonly retryable?: boolean; readonly overloaded?: boolean; readonly durableObjectReset?: boolean };

export const userObject = (env: Env, address: UserAddress): UserPort =>
  port<UserPort>(() => env.USER.getByName(userObjectName(address)));
export const tenantObject = (env: Env, scope: Scope): TenantPort =>
  port<TenantPort>(() => env.TENANT.getByName(tenantObjectName(scope)));
export const uploadObject = (env: Env, scope: Scope, id: UploadId): UploadPort =>
  port<UploadPort>(() => env.UPLOAD.getByName(uploadObjectName(scope, id)));

/** A port whose calls go to a fresh stub each: after an exception a stub is of no more use. */
function port<P extends Port>(stub: () => unknown): P {
  const calls = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...given: unknown[]) =>
          call(stub, String(name), given),
    },
  );
  return calls as P; // every object class says `implements` its port, and a stub answers to the methods of its class
}

async function call(stub: () => unknown, name: string, given: unknown[]): Promise<unknown> {
  const once = async () => (stub() as Remote)[name]?.(...given); // as in `port`
  try {
    return await once();
  } catch (error) {
    if (!isRead(name) || !mayRepeat(error)) throw asRefusal(error);
  }
  return once().catch((error: unknown) => Promise.reject(asRefusal(error)));
}

const READS = /^(read|list|cursor$|renderFile$|watchTurn$|awaitTurn$)/;
const isRead = (name: string): boolean => READS.test(name);
const faultOf = (error: unknown): Fault => (error instanceof Error ? (error as Fault) : {}); // optional properties only
const mayRepeat = (error: unknown): boolean => faultOf(error).retryable === true && faultOf(error).overloaded !== true;

function asRefusal(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = faultOf(error);
  if (!retryable && !overloaded && !durableObjectReset) return error;
  return apiError("unavailable", "The request reached a part that was restarting or overloaded; try again.", {
    retryAfterSeconds: 1,
  });
}
