/** Every writing route of the document, asked for a user who is deleted. A new route is covered without a line here. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type TenantId, userHash } from "../../src/core/ids.ts";
import { DELETE_USER } from "../../src/durable/user/deletion.ts";
import type { UserObject } from "../../src/durable/user/object.ts";
import { type ApiDocument, pathOf, requestOf, routesOf } from "../support/document.ts";
import { call, jsonOf, makeMember, readProblem, send } from "../support/gateway.ts";
import { until, userRpc, userStub } from "../support/objects.ts";
import { createResources } from "../support/resources.ts";

const USER = "ada";

/** What belongs to the tenant and stays without the user. Everything else is the user's. */
const TENANTS = /^\/v1\/(generators$|generators\/\{id\}$|hooks|keys|webhook_|deliveries\/|test\/)/;

/** What a route says that does not ask the user's object to make or change anything. */
const OTHERS: Record<string, string> = {
  "delete /v1/users/{id}": "202", // the same job
  "delete /v1/nemo_token": "204", // there is none
  // Reads come first, and find nothing.
  "post /v1/projects/{id}/assets": "not_found",
  "patch /v1/uploads/{id}": "not_found",
  "delete /v1/uploads/{id}": "not_found",
  "put /v1/uploads/{id}/content": "not_found",
};

describe("every writing route", () => {
  it("rejects a deleted user with 410, or finds nothing", async () => {
    const owner = await makeMember(null);
    const headers = { ...owner.headers, "X-User-Id": USER };
    const resources = await createResources((path, init) =>
      call(path, { ...init, headers: { ...init?.headers, ...headers } }),
    );
    const document = await jsonOf<ApiDocument>(await call("/openapi.json"));
    await jsonOf(await send("DELETE", `/v1/users/${USER}`, "", owner.headers), 202);
    const routes = routesOf(document).filter(
      (route) => !/^(get|head)$/.test(route.method) && /^\/v1\//.test(route.path) && !TENANTS.test(route.path),
    );
    const said: Record<string, string> = {};
    for (const route of routes) {
      const request = requestOf(route, document, resources);
      // 503: the moment in which the object's instance ends.
      const answer = await until(async () => {
        const init = { method: route.method.toUpperCase(), body: request.body };
        const response = await call(pathOf(route, resources, USER), {
          ...init,
          headers: { ...request.headers, ...headers },
        });
        return response.status === 503 ? null : response;
      });
      said[route.name] = answer.status < 400 ? String(answer.status) : (await readProblem(answer)).code;
    }
    const wanted = routes.map((route) => [route.name, OTHERS[route.name] ?? "user_deleted"]);
    expect(said).toEqual(Object.fromEntries(wanted));
    expect(routes.length).toBeGreaterThan(10);
  });
});

describe("an upload of a user whose deletion has only begun", () => {
  it("is not found, whatever is requested of it", async () => {
    const { headers, tenant } = await makeMember(USER);
    const created = await send("POST", "/v1/uploads", { filename: "photo.jpg", size_bytes: 4 }, headers);
    const { id } = await jsonOf<{ id: string }>(created, 201);
    const tenantId = tenant.id as TenantId;
    const address = { tenant: tenantId, mode: "test", uh: await userHash(tenantId, USER) } as const;
    // The job that deletes the uploads is postponed.
    await runInDurableObject(userStub(address) as DurableObjectStub<UserObject>, async (user, { storage }) => {
      const begun = user.eraseUser();
      storage.sql.exec("UPDATE jobs SET due_at = ?1 WHERE kind = ?2", Date.now() + 3_600_000, DELETE_USER);
      expect((await begun).ok).toBe(true);
    });
    const offset = {
      "Upload-Offset": "0",
      "Tus-Resumable": "1.0.0",
      "Content-Type": "application/offset+octet-stream",
    };
    const requests: [string, string, Record<string, string>, string?][] = [
      ["PUT", `/v1/uploads/${id}/content`, { "Content-Length": "4" }, "abcd"],
      ["PATCH", `/v1/uploads/${id}`, offset, "abcd"],
      ["HEAD", `/v1/uploads/${id}`, { "Tus-Resumable": "1.0.0" }],
      ["GET", `/v1/uploads/${id}`, {}],
      ["DELETE", `/v1/uploads/${id}`, {}],
    ];
    const seen: Record<string, number> = {};
    for (const [method, path, more, body] of requests) {
      const response = await call(path, { method, headers: { ...headers, ...more }, ...(body && { body }) });
      await response.body?.cancel();
      seen[method] = response.status;
    }
    expect(seen).toEqual({ PUT: 404, PATCH: 404, HEAD: 404, GET: 404, DELETE: 404 });
    expect(await userRpc(address).readUser()).toMatchObject({ value: { state: "deleting" } });
  });
});
