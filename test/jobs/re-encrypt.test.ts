/** A rotation of the root secret: the sweep wakes objects with values of the old one, until the old one can be removed. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { userNameOwner } from "../../src/core/address.ts";
import { encrypt, kidOf, kidOfEncrypted } from "../../src/core/crypto.ts";
import { reEncryptSweep } from "../../src/jobs/cron.ts";
import { countStaleEncryptions } from "../../src/store/status.ts";
import { someToken } from "../support/live-nemo.ts";
import {
  call,
  env,
  freshAddress,
  good,
  killObject,
  newProject,
  random,
  tenantRpc,
  tenantStub,
  until,
  userRpc,
  userStub,
} from "../support/objects.ts";

const OLD = env.ROOT_SECRET;
const NEW = "another-root-secret-0123456789-0123456789-0123456789";
afterEach(() => {
  env.ROOT_SECRET = OLD;
  delete env.ROOT_SECRET_PREVIOUS;
});

describe("after a rotation of the root secret", () => {
  it("every encrypted value is re-encrypted, and is decrypted without the old secret", async () => {
    const [issued, provided] = [freshAddress(), freshAddress()];
    good(await userRpc(issued).openSession(call()));
    good(await userRpc(issued).readCredits());
    const named = freshAddress();
    const name = await encrypt("ada", userNameOwner(named), { current: OLD, previous: null }, random);
    await newProject(userRpc(named), { user: name });
    good(await userRpc(provided).putToken(call(), { token: someToken(), expires_at: null }));
    const { endpoint } = good(
      await tenantRpc(issued).createEndpoint(call(), { url: "http://127.0.0.1:9/in", types: ["*"] }),
    );
    const rows = async () =>
      (await env.DB.prepare("SELECT count(*) AS n FROM encrypted_objects").first<{ n: number }>())?.n;
    await until(async () => (await rows()) === 4);
    expect(await countStaleEncryptions(env.DB, await kidOf(OLD))).toBe(0);

    // A new secret comes with a deployment, which restarts every object.
    const restart = (ROOT_SECRET: string, previous: string | undefined) => {
      env.ROOT_SECRET = ROOT_SECRET;
      if (previous === undefined) delete env.ROOT_SECRET_PREVIOUS;
      else env.ROOT_SECRET_PREVIOUS = previous;
      return Promise.all([userStub(issued), userStub(provided), userStub(named), tenantStub(issued)].map(killObject));
    };
    await restart(NEW, OLD);
    expect(await countStaleEncryptions(env.DB, await kidOf(NEW))).toBe(4);
    expect(await reEncryptSweep(env)).toBe(4);
    await until(async () => (await countStaleEncryptions(env.DB, await kidOf(NEW))) === 0);
    expect(await reEncryptSweep(env)).toBe(0);

    await restart(NEW, undefined);
    for (const address of [issued, provided]) good(await userRpc(address).readCredits());
    expect(await userRpc(named).readName()).toBe("ada");
    expect(await userRpc(provided).readToken()).toMatchObject({ source: "user" });
    const secret = await runInDurableObject(tenantStub(issued), (_, { storage }) =>
      storage.sql.exec<{ secret: string }>("SELECT secret FROM secrets WHERE owner = ?", endpoint.id).one(),
    );
    expect(kidOfEncrypted(secret.secret)).toBe(await kidOf(NEW));
  });
});
