/** Every writing route of the document, asked for a user who is deleted. A new route is covered without a line here. */
import { describe, expect, it } from "vitest";
import { type ApiDocument, pathOf, requestOf, routesOf } from "../support/document.ts";
import { call, jsonOf, makeMember, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";
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
