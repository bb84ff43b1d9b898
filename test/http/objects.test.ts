import { describe, expect, it, vi } from "vitest";
import { TENANT_METHODS } from "../../src/core/rpc/tenant.ts";
import { TOKEN_METHODS } from "../../src/core/rpc/token.ts";
import { UPLOAD_METHODS } from "../../src/core/rpc/upload.ts";
import { type Call, USER_METHODS, type UserTokenMethod } from "../../src/core/rpc/user.ts";
import { TenantObject } from "../../src/durable/tenant/object.ts";
import { TokenObject } from "../../src/durable/token/object.ts";
import { UploadObject } from "../../src/durable/upload/object.ts";
import { UserObject } from "../../src/durable/user/object.ts";
import type { Env } from "../../src/env.ts";
import { userObject } from "../../src/http/objects.ts";
import { bad, freshAddress, good, userRpc } from "../support/objects.ts";

const address = { tenant: "ten_1", mode: "test", uh: "0123456789abcdef", grant: null } as const;
const fault = (given: object) => Object.assign(new Error("platform"), given);

/** An environment whose user object runs `method`. */
const envWith = (method: () => Promise<unknown>): Env =>
  ({ USER: { getByName: () => new Proxy({}, { get: () => method }) } }) as unknown as Env; // only what is called

const call: Call = { origin: "https://a.example", named: true, idempotency: null };
const read = (env: Env) => userObject(env, address).readProject("prj_1");
const write = (env: Env) => userObject(env, address).createProject(call, { name: "p", metadata: {} });

/** What a user token may not call: the tenant's methods, and those of other objects. */
const CLOSED = [
  "addAsset",
  "admitUpload",
  "callWithToken",
  "checkUserToken",
  "eraseUser",
  "isDeleted",
  "mayStart",
  "openSession",
  "putToken",
  "readListed",
  "readUser",
  "recordUpload",
  "removeToken",
  "repairName",
  "signOut",
  "wake",
];

/** The methods that the platform lets others call: all of the class except its constructor, `alarm`, and `fetch`, which calls two. */
const methodsOf = (object: { readonly prototype: object }): string[] =>
  Object.getOwnPropertyNames(object.prototype)
    .filter((name) => !["constructor", "alarm", "fetch"].includes(name))
    .sort();

describe("the table of methods", () => {
  it.each([
    [UserObject, USER_METHODS],
    [TenantObject, TENANT_METHODS],
    [UploadObject, UPLOAD_METHODS],
    [TokenObject, TOKEN_METHODS],
  ] as const)("lists every callable method: %o", (object, methods) => {
    expect(methodsOf(object)).toEqual(Object.keys(methods).sort());
  });

  it("closes the tenant's methods to user tokens, also when the object itself is called", async () => {
    const closed = Object.entries(USER_METHODS).flatMap(([name, { token }]) => (token ? [] : [name]));
    expect(closed.sort()).toEqual(CLOSED);
    const address = freshAddress();
    const user = userRpc(address);
    const { epoch } = good(await user.openSession(call));
    const grant = { uh: address.uh, epoch, until: Date.now() + 60_000 };
    for (const name of CLOSED)
      expect(bad(await user.callWithToken(grant, name as UserTokenMethod, [])).code, name).toBe("key_required");
  });
});

describe("a call to an object", () => {
  it("is retried once if it is a read and the platform's error is retryable", async () => {
    const method = vi
      .fn()
      .mockRejectedValueOnce(fault({ retryable: true }))
      .mockResolvedValueOnce("read");
    expect(await read(envWith(method))).toBe("read");
  });

  it("is repeated once if it is a read and the instance ended: the next one has the answer", async () => {
    const reads = {
      readProject: (env: Env) => userObject(env, address).readProject("prj_1"),
      listProjects: (env: Env) => userObject(env, address).listProjects({ limit: 1, after: null }),
      readTurnEvents: (env: Env) => userObject(env, address).readTurnEvents("trn_1", 0, 1, 0),
      watchTurn: (env: Env) => userObject(env, address).watchTurn("trn_1", 0),
      watchVideo: (env: Env) => userObject(env, address).watchVideo("vid_1", 0),
      awaitTurn: (env: Env) => userObject(env, address).awaitTurn("trn_1", 0),
      awaitVideo: (env: Env) => userObject(env, address).awaitVideo("vid_1", 0),
    };
    for (const [name, ask] of Object.entries(reads)) {
      const method = vi
        .fn()
        .mockRejectedValueOnce(fault({ durableObjectReset: true }))
        .mockResolvedValueOnce("not found");
      expect(await ask(envWith(method)), name).toBe("not found");
    }
  });

  it.each(["retryable", "durableObjectReset"])("is not repeated when it writes: %s", async (kind) => {
    const method = vi.fn().mockRejectedValue(fault({ [kind]: true }));
    await expect(write(envWith(method))).rejects.toMatchObject({ problem: { code: "unavailable" } });
    expect(method).toHaveBeenCalledTimes(1);
  });

  it("is not repeated when the object is overloaded", async () => {
    const method = vi.fn().mockRejectedValue(fault({ retryable: true, overloaded: true }));
    await expect(read(envWith(method))).rejects.toMatchObject({
      problem: { code: "unavailable", retryAfterSeconds: 1 },
    });
    expect(method).toHaveBeenCalledTimes(1);
  });

  it("answers unavailable if the object was reset, and passes a bug on", async () => {
    await expect(read(envWith(() => Promise.reject(fault({ durableObjectReset: true }))))).rejects.toMatchObject({
      problem: { code: "unavailable" },
    });
    await expect(read(envWith(() => Promise.reject(new TypeError("bug"))))).rejects.toThrow("bug");
  });
});
