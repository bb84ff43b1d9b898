/** A user token names no callback: no route takes one from it, in no form of a body. Routes come from the document. */
import { expect, it } from "vitest";
import { type ApiDocument, bodySchemaOf, routesOf } from "../support/document.ts";
import { call, jsonOf, makeMember, readProblem, send } from "../support/gateway.ts";

const CALLBACK = "https://hooks.example.com/in";
/** Ids of valid form; no resource needs to exist, since the body is rejected first. */
const idOf = (path: string): string =>
  path.replace(/(\w+)\/\{id\}/g, (_, of: string) => `${of}/${PREFIXES[of]}_${"0".repeat(20)}${"0".repeat(16)}`);
const PREFIXES: Record<string, string> = { projects: "prj", videos: "vid", turns: "trn" };

it("a user token is rejected by every route that accepts a callback, and a key is not", async () => {
  const document = await jsonOf<ApiDocument>(await call("/openapi.json"));
  const routes = routesOf(document).filter((route) => bodySchemaOf(route, document)?.properties?.callback_url);
  expect(routes.length).toBeGreaterThan(4);
  const { headers } = await makeMember(null);
  const made = await send("POST", "/v1/users/ada/tokens", {}, headers);
  const token = { Authorization: `Bearer ${(await jsonOf<{ token: string }>(made, 201)).token}` };
  const open = routes.filter(({ operation }) => operation["x-credentials"] === "key_or_user_token");
  expect(open.length).toBeGreaterThan(3);
  for (const { path, name } of open) {
    const at = path.startsWith("/v1/generators") ? path.replace("{id}", "slideshow") : idOf(path);
    const problem = await readProblem(await send("POST", at, { callback_url: CALLBACK }, token));
    expect(problem, name).toMatchObject({
      status: 403,
      code: "key_required",
      errors: [{ field: "/callback_url" }],
    });
    const byKey = await send("POST", at, { callback_url: CALLBACK }, headers);
    expect(byKey.status, name).not.toBe(403);
    expect((await send("POST", at, { callback_url: null }, token)).status, name).not.toBe(403);
  }
  for (const { path, name } of routes.filter((route) => !open.includes(route))) {
    const problem = await readProblem(await send("POST", idOf(path), { callback_url: CALLBACK }, token));
    expect(problem.code, name).toBe("key_required");
  }
  for (const body of [
    new URLSearchParams({ prompt: "make a clip", callback_url: CALLBACK }),
    Object.entries({ prompt: "make a clip", callback_url: CALLBACK }).reduce((form, [key, value]) => {
      form.append(key, value);
      return form;
    }, new FormData()),
  ])
    expect((await readProblem(await call("/v1/videos", { method: "POST", body, headers: token }))).code).toBe(
      "key_required",
    );
});
