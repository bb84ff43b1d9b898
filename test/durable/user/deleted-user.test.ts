/** Every RPC method of a deleted user's object: none throws, and all creations and changes are rejected. */
import { describe, expect, it } from "vitest";
import type { Problem } from "../../../src/core/errors.ts";
import type { Result } from "../../../src/core/result.ts";
import { UserObject } from "../../../src/durable/user/object.ts";
import { bad, call, freshAddress, good, newProject, userRpc } from "../../support/objects.ts";

type Methods = Record<string, (...given: unknown[]) => Promise<Result<unknown, Problem>>>;

/** Methods that find nothing in a deleted user's object, and methods that its own deletion still needs. */
const OPEN =
  /^(read(?!Credits)|list|await|watch|mayStart$|repairName$|renderFile$|callWithToken$|checkUserToken$|isDeleted$|eraseUser$|recordUpload$|removeToken$|wake$|alarm$|constructor$)/;

/** The names of every method that can be asked for from outside. */
function methodsOf(of: object): string[] {
  const parent = Object.getPrototypeOf(of);
  return parent === null || Object.getPrototypeOf(parent) === Object.prototype
    ? Object.getOwnPropertyNames(of)
    : [...Object.getOwnPropertyNames(of), ...methodsOf(parent)];
}

describe("a deleted user's object", () => {
  it("rejects every creation and change, with any credential", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    await newProject(user);
    good(await user.eraseUser());
    const writes = methodsOf(UserObject.prototype).filter((name) => !OPEN.test(name));
    for (const name of writes) {
      // A fresh port each time: in between, the instance ends.
      const ask = () => (userRpc(address) as unknown as Methods)[name]?.(call(), "vid_x", {}, {});
      const answer = (await ask()?.catch(ask)) as Result<unknown, Problem>;
      expect(bad(answer).code, name).toBe("user_deleted");
    }
    expect(writes).toEqual(expect.arrayContaining(["startVideo", "startRender", "startTurn", "putToken", "signOut"]));
  });
});
