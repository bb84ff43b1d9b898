/** The three attribution headers of every request to upstream. */
import { describe, expect, it } from "vitest";
import { type UserAddress, userObjectName } from "../../../src/core/address.ts";
import type { RenderId, TurnId } from "../../../src/core/ids.ts";
import { newRender } from "../../../src/core/wire/render.ts";
import { adminHeaders, jsonOf, makeKey, send } from "../../support/gateway.ts";
import { call, endOf, env, freshAddress, good, newProject, say, until, userRpc } from "../../support/objects.ts";

type Attribution = { path: string; source: string | null; version: string | null; platform: string | null };

/** The requests that this user's sandbox has seen. */
async function requests(address: UserAddress): Promise<Attribution[]> {
  const stub = env.SANDBOX.getByName(userObjectName(address));
  const answer = await stub.fetch(new Request("https://sandbox.nemo.internal/__requests"));
  return (await jsonOf<{ requests: Attribution[] }>(answer)).requests;
}
const shown = ({ source, version, platform }: Attribution) => [source, version, platform].join(" ");

const TENANTS = { source: "my-app", version: "2.1", platform: null };
const GENERATORS = { source: "product-promo", version: "3", platform: null };

describe("attribution", () => {
  it("is the gateway's own by default, and never absent", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, good(await user.startTurn(call(), project, say("make a 1 second video"))).id as TurnId);
    const seen = await requests(address);
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen.map(shown))).toEqual(new Set(["nemo-gateway 1 unknown"]));
  });

  it("is the generator's for what is sent for one, else the tenant's, field by field", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const mine = { ...call(), attribution: TENANTS };
    const project = await newProject(user, { attribution: TENANTS });
    await endOf(user, good(await user.startTurn(mine, project, say("make a 1 second video"), GENERATORS)).id as TurnId);
    const order = newRender.parse({});
    const render = good(await user.startRender(mine, project, order, GENERATORS)).id as RenderId;
    await until(async () => good(await user.readRender(render)).ended_at);
    const seen = await requests(address);
    const of = (path: string) => new Set(seen.filter((one) => one.path.includes(path)).map(shown));
    expect(of("/run_sse")).toEqual(new Set(["product-promo 3 unknown"]));
    expect(of("/api/tasks")).toEqual(new Set(["my-app 2.1 unknown"]));
    expect(of("/api/state")).toEqual(new Set(["my-app 2.1 unknown"]));
    expect(of("/lambda")).toContain("product-promo 3 unknown");
  });

  it("of a tenant is what the operator set", async () => {
    const attribution = { source: "acme-video", version: "7", platform: "ios" };
    const tenant = await jsonOf<{ id: `ten_${string}`; attribution: unknown }>(
      await send("POST", "/admin/tenants", { name: "a", attribution }, adminHeaders),
      201,
    );
    expect(tenant.attribution).toEqual(attribution);
    const { secret } = await makeKey(tenant.id);
    const headers = { Authorization: `Bearer ${secret}` };
    const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    await jsonOf(
      await send("POST", `/v1/projects/${project.id}/turns`, { prompt: "hi" }, { ...headers, Prefer: "wait=60" }),
    );
    const seen = await requests({ tenant: tenant.id, mode: "test", uh: project.id.slice(-16) });
    expect(new Set(seen.map(shown))).toEqual(new Set(["acme-video 7 ios"]));
    for (const source of ["with space", "x\r\ny", "a".repeat(65)]) {
      const bad = await send("POST", "/admin/tenants", { name: "a", attribution: { source } }, adminHeaders);
      expect(bad.status).toBe(422);
    }
  });
});
