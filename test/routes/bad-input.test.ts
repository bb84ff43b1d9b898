/**
 * Every route of the document, with every input that its own declaration makes invalid: a problem with its code is returned,
 * names what is wrong, and nothing is stored. A new route is covered without a line here. The table is printed.
 */
import { beforeAll, expect, it } from "vitest";
import { type BadRequest, badRequests, type Fixture } from "../support/bad-requests.ts";
import { type ApiDocument, type Route, routesOf } from "../support/document.ts";
import { call, jsonOf, type Member, makeMember, readProblem } from "../support/gateway.ts";
import { createResources, endOfResources } from "../support/resources.ts";

const USER = "ada";

let owner: Member;
let fixture: Fixture;
let routes: Route[];
const named = (headers: Record<string, string>) => ({ ...owner.headers, "X-User-Id": USER, ...headers });

beforeAll(async () => {
  owner = await makeMember(null);
  const document = await jsonOf<ApiDocument>(await call("/openapi.json"));
  const ask = (path: string, init: RequestInit = {}) =>
    call(path, { ...init, headers: named(init.headers as Record<string, string>) });
  fixture = { document, resources: await createResources(ask), user: USER };
  await endOfResources(ask, fixture.resources); // what is in the lists afterwards must not be from these
  routes = routesOf(document);
});

/** The ids of all that can be listed, but events and deliveries: those follow from the rest, later. */
async function everything(): Promise<string> {
  const lists = routes.filter(
    ({ method, path, operation }) =>
      method === "get" &&
      operation.parameters?.some(({ name }) => name === "limit") === true &&
      !path.includes("{") &&
      !/events|deliveries|usage/.test(path),
  );
  const ids = lists.map(async ({ path }) => {
    const { data } = await jsonOf<{ data: { id: string }[] }>(await call(`${path}?limit=100`, { headers: named({}) }));
    return [path, ...data.map(({ id }) => id)];
  });
  return JSON.stringify(await Promise.all(ids), null, 1);
}

/** What came, when it is not what must come; null when it is. */
async function wrongWith(route: Route, bad: BadRequest): Promise<string | null> {
  const { path, headers, body, says, names } = bad;
  const response = await call(path, { method: route.method.toUpperCase(), headers: named(headers), body });
  if (route.method === "head") return response.status >= 400 && response.status < 500 ? null : String(response.status);
  if (response.status < 400 || response.status >= 500) {
    await response.body?.cancel();
    return String(response.status);
  }
  const { code, detail, errors = [] } = await readProblem(response);
  const isNamed = names === null || detail.includes(names) || errors.some(({ field }) => field.startsWith(names));
  return says.some((one) => one === code) && isNamed ? null : `${code}: ${detail}`;
}

it("a request that is invalid by itself is rejected with the reason, and stores nothing", async () => {
  const before = await everything();
  const table: string[] = [];
  const wrong: string[] = [];
  for (const route of routes) {
    for (const bad of badRequests(route, fixture)) {
      const fault = await wrongWith(route, bad);
      table.push(`${route.name} | ${bad.what} | ${bad.says.join(" or ")}`);
      if (fault !== null) wrong.push(`${table.at(-1)} | but ${fault}`);
    }
  }
  // biome-ignore lint/suspicious/noConsole: the table is what this test is read for
  console.log(table.join("\n"));
  expect(wrong).toEqual([]);
  expect(table.length).toBeGreaterThan(routes.length * 8);
  expect(await everything()).toBe(before);
});
