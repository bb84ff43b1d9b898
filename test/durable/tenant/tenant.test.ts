import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { eventId } from "../../../src/core/ids.ts";
import type { NewEvent } from "../../../src/core/rpc/tenant.ts";
import { bad, call, freshAddress, good, pendingDelivery, tenantRpc } from "../../support/objects.ts";

const newEvent = async (resource: string, sequence = 1): Promise<NewEvent> => ({
  id: await eventId(resource, `render.completed#${sequence}`),
  type: "render.completed",
  resource,
  sequence,
  at: Date.now(),
  uh: "u1",
  data: JSON.stringify({ id: resource }),
});

describe("a tenant's events", () => {
  it("are stored once each in order of arrival, even if published twice", async () => {
    const tenant = tenantRpc(freshAddress());
    const [a, b] = [await newEvent("rnd_a"), await newEvent("rnd_b")];
    await tenant.accept([a]);
    await tenant.accept([a, b]);
    const page = await tenant.listEvents(0, 10, null);
    expect(page.data.map((event) => [event.cursor, event.data.id])).toEqual([
      [1, "rnd_a"],
      [2, "rnd_b"],
    ]);
    expect(await tenant.cursor()).toBe(2);
    expect((await tenant.listEvents(1, 10, null)).data.map((event) => event.id)).toEqual([b.id]);
  });

  it("are filtered by a user's hash on request", async () => {
    const tenant = tenantRpc(freshAddress());
    const one = await newEvent("rnd_a");
    await tenant.accept([one, { ...(await newEvent("rnd_b")), uh: "u2" }]);
    expect((await tenant.listEvents(0, 10, "u2")).data).toHaveLength(1);
    expect(bad(await tenant.readEvent(one.id, "u2")).code).toBe("not_found");
    expect(good(await tenant.readEvent(one.id, "u1")).id).toBe(one.id);
  });
});

describe("an endpoint", () => {
  it("shows its secret once, and not in a repeated request", async () => {
    const tenant = tenantRpc(freshAddress());
    const body = { url: "https://hooks.nemo-gateway.dev/in", types: ["*" as const] };
    const made = good(await tenant.createEndpoint(call("k"), body));
    expect(made.secret).toMatch(/^whsec_/);
    const again = good(await tenant.createEndpoint(call("k"), body));
    expect(again).toEqual({ endpoint: made.endpoint, secret: null });
    expect(await tenant.listEndpoints()).toHaveLength(1);
  });

  it("is rejected for a forbidden address, and above twenty", async () => {
    const tenant = tenantRpc(freshAddress());
    expect(bad(await tenant.createEndpoint(call(), { url: "https://10.0.0.1/", types: ["*"] })).code).toBe(
      "address_not_allowed",
    );
    for (let n = 0; n < 20; n++)
      good(await tenant.createEndpoint(call(), { url: `https://a.nemo-gateway.dev/${n}`, types: ["*"] }));
    expect(bad(await tenant.createEndpoint(call(), { url: "https://a.nemo-gateway.dev/x", types: ["*"] })).code).toBe(
      "too_many_endpoints",
    );
  });
});

describe("a delivery", () => {
  it("is claimed once, signed, and complete after a 2xx", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const { id, secret, endpoint } = await pendingDelivery(address, await newEvent("rnd_a"), "http://127.0.0.1:9/in");
    const [job] = await tenant.workDeliveries([], 6);
    if (job === undefined) throw new Error("a due delivery was not given out");
    expect(job.id).toBe(id);
    expect(await tenant.workDeliveries([], 6)).toEqual([]);
    const body = new Webhook(secret).verify(job.body, { ...job.headers }) as {
      endpoint: string;
      type: string;
      data: unknown;
    };
    expect(body).toMatchObject({ endpoint, type: "render.completed", data: { id: "rnd_a" } });
    const outcome = { status: 204, answer: "", error: null, retryAfterMs: null, tookMs: 1 };
    await tenant.workDeliveries([{ id: job.id, attempt: job.attempt, outcome }], 0);
    expect(good(await tenant.readDelivery(job.id))).toMatchObject({
      state: "delivered",
      last_status: 204,
      due_at: null,
    });
  });

  it("is not created for an endpoint with other types", async () => {
    const tenant = tenantRpc(freshAddress());
    good(await tenant.createEndpoint(call(), { url: "http://127.0.0.1:9/in", types: ["turn.completed"] }));
    await tenant.accept([await newEvent("rnd_a")]);
    expect((await tenant.listDeliveries({ limit: 10, after: null })).data).toEqual([]);
  });
});

describe("a callback", () => {
  it("is delivered beside the endpoints, signed with the tenant's default secret, and once even if published twice", async () => {
    const tenant = tenantRpc(freshAddress());
    const published = { ...(await newEvent("rnd_a")), callback: "http://127.0.0.1:9/called" };
    await tenant.accept([published]);
    await tenant.accept([published]);
    const { data } = await tenant.listDeliveries({ limit: 10, after: null });
    expect(data.map(({ target }) => target)).toEqual([{ kind: "callback", url: "http://127.0.0.1:9/called" }]);
    expect(JSON.stringify(await tenant.listEvents(0, 10, null))).not.toContain("called");
  });
});

describe("a secret", () => {
  it("is shown once by a rotation, and not by a repeat of the call", async () => {
    const tenant = tenantRpc(freshAddress());
    const first = good(await tenant.rotateSecret(call("k"), "default"));
    expect(first).toMatchObject({ secret: expect.stringMatching(/^whsec_/), previous_until: null });
    expect(good(await tenant.rotateSecret(call("k"), "default"))).toEqual({
      secret_shown_once: true,
      previous_until: null,
    });
    const second = good(await tenant.rotateSecret(call(), "default"));
    expect(second.secret).not.toBe(first.secret);
    expect(Date.parse(second.previous_until ?? "") - Date.now()).toBeGreaterThan(23 * 3_600_000);
  });

  it("signs together with its replacement, and no other does", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const { secret, endpoint } = await pendingDelivery(address, await newEvent("rnd_a"), "http://127.0.0.1:9/in");
    const later = good(await tenant.rotateSecret(call(), endpoint)).secret ?? "";
    const [job] = await tenant.workDeliveries([], 6);
    if (job === undefined) throw new Error("a due delivery was not given out");
    for (const known of [secret, later]) new Webhook(known).verify(job.body, { ...job.headers });
    const other = good(await tenant.rotateSecret(call(), "default")).secret ?? "";
    expect(() => new Webhook(other).verify(job.body, { ...job.headers })).toThrow();
  });

  it("is one of at most four that sign at once: a further rotation removes the oldest", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const { secret, endpoint } = await pendingDelivery(address, await newEvent("rnd_a"), "http://127.0.0.1:9/in");
    const made = [secret];
    for (let n = 0; n < 4; n++) made.push(good(await tenant.rotateSecret(call(), endpoint)).secret ?? "");
    const [job] = await tenant.workDeliveries([], 6);
    if (job === undefined) throw new Error("a due delivery was not given out");
    const opens = (known: string): boolean => {
      try {
        new Webhook(known).verify(job.body, { ...job.headers });
        return true;
      } catch {
        return false;
      }
    };
    expect(made.map(opens)).toEqual([false, true, true, true, true]);
    expect(good(await tenant.readJwks(endpoint)).keys).toHaveLength(4);
  });

  it("is not created for an unknown endpoint", async () => {
    const tenant = tenantRpc(freshAddress());
    expect(bad(await tenant.rotateSecret(call(), "whk_0123456789abcdefghjk")).code).toBe("not_found");
  });
});
