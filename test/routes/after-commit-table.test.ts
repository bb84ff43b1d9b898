/** A request that has created something is answered with it, whatever fails after the commit: every POST route of the document. */
import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { problemOf } from "../../src/core/errors.ts";
import { TENANT_METHODS } from "../../src/core/rpc/tenant.ts";
import { TOKEN_METHODS } from "../../src/core/rpc/token.ts";
import { UPLOAD_METHODS } from "../../src/core/rpc/upload.ts";
import { USER_METHODS } from "../../src/core/rpc/user.ts";
import { type ApiDocument, pathOf, type Resources, type Route, requestOf, routesOf } from "../support/document.ts";
import { adminHeaders, call, env, jsonOf, type Member, makeMember, ORIGIN, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";
import { createResources } from "../support/resources.ts";

const app = createApp();
const OBJECTS = ["USER", "TENANT", "UPLOAD", "TOKEN"] as const;
/** Asked before anything is made: what a body without a key may be a repeat of. */
const BEFORE = /^dedupeBody$/;

type Method = (...given: unknown[]) => Promise<unknown>;
/** How one call to an object goes wrong; null: it does not. */
type Fault = (() => Promise<unknown>) | null;

/** The names of the methods that only read, of every object. */
const READS = new Set(
  [USER_METHODS, TENANT_METHODS, UPLOAD_METHODS, TOKEN_METHODS].flatMap((methods) =>
    Object.entries(methods).flatMap(([name, { reads }]) => (reads ? [name] : [])),
  ),
);

/** The bindings as a request gets them, with a word in each call to an object: its name, and how many went before it. */
function bindings(faultOf: (name: string, at: number) => Fault): typeof env {
  let at = 0;
  const stubOf = (real: Record<string, Method>) =>
    new Proxy(
      {},
      {
        get: (_, method) => {
          if (typeof method !== "string" || method === "then") return undefined;
          return (...given: unknown[]) => {
            const name = method === "callWithToken" ? String(given[1]) : method;
            return faultOf(name, at++)?.() ?? (real[method] as Method)(...given);
          };
        },
      },
    );
  const objects = OBJECTS.map((name) => {
    const getByName = (id: string) => stubOf(env[name].getByName(id) as unknown as Record<string, Method>);
    return [name, { getByName }];
  });
  return { ...env, ...Object.fromEntries(objects) };
}

/** What goes wrong with the calls after the commit. */
const FAULTS: Record<string, () => Promise<unknown>> = {
  "the object restarts": () => Promise.reject(Object.assign(new Error("restarted"), { retryable: true })),
  "the object is overloaded": () => Promise.reject(Object.assign(new Error("overloaded"), { overloaded: true })),
  "a bug": () => Promise.reject(new Error("a bug")),
  "too many watch": async () => ({ ok: false, error: problemOf("concurrency_limited", "too many") }),
  "it is gone": async () => ({ ok: false, error: problemOf("not_found", "gone") }),
  "its events are gone": async () => ({ ok: false, error: problemOf("events_expired", "gone") }),
};

/** What a caller may request beside the resource itself. */
const ASKS: Record<string, Record<string, string>> = {
  nothing: {},
  "a stream": { Accept: "text/event-stream" },
  "to wait": { Prefer: "wait=1" },
};

let member: Member;
let document: ApiDocument;
let resources: Resources;
let routes: Route[];
beforeAll(async () => {
  document = await (await call("/openapi.json")).json();
  routes = routesOf(document).filter(({ method }) => method === "post");
  member = await makeMember();
  const quotas = { concurrent_turns: 1_000, renders_per_day: 10_000 };
  await jsonOf(await send("PATCH", `/admin/tenants/${member.tenant.id}`, { quotas: { test: quotas } }, adminHeaders));
  const ask = (path: string, init: RequestInit = {}) =>
    call(path, { ...init, headers: { ...member.headers, ...(init.headers as Record<string, string>) } });
  resources = await createResources(ask);
  await until(
    async () => ((await (await ask(`/v1/videos/${resources.get("vid")}`)).json()) as { ended_at: unknown }).ended_at,
  );
});

/** One request of the route, with a word in each call to an object. */
async function ask(route: Route, more: Record<string, string>, faultOf: (name: string, at: number) => Fault) {
  const { headers, body: usual } = requestOf(route, document, resources);
  // Answered here: so many messages to the agent would fill the project's queue.
  const body = route.path === "/v1/projects/{id}/turns" ? JSON.stringify({ prompt: "status" }) : usual;
  const init = {
    method: "POST",
    headers: { ...member.headers, ...headers, ...more },
    ...(body === null ? {} : { body }),
  };
  const request = new Request(ORIGIN + pathOf(route, resources, "ada"), init);
  return app.fetch(request, bindings(faultOf), createExecutionContext());
}

/** The call that makes something: the first that is no reading. Those after it are the ones that may go wrong. */
const commitAt = (names: readonly string[]): number =>
  names.findIndex((name) => !READS.has(name) && !BEFORE.test(name));

describe("a POST that has created something", () => {
  it("is answered with it, whatever fails after the commit", async () => {
    const asking: string[] = [];
    const problem: unknown[] = [];
    for (const route of routes) {
      for (const [asked, headers] of Object.entries(ASKS)) {
        const names: string[] = [];
        await settle(route);
        const usual = await ask(route, headers, (name) => {
          names.push(name);
          return null;
        });
        await usual.body?.cancel();
        const at = commitAt(names);
        if (at < 0 || at === names.length - 1) continue; // it asks nothing more
        expect(usual.status, route.name).toBeLessThan(300);
        asking.push(`${route.name}, asked for ${asked}`);
        for (const [fault, happen] of Object.entries(FAULTS)) {
          await settle(route);
          let made = -1;
          const answer = await ask(route, headers, (name, n) => {
            if (made < 0 && commitAt([name]) === 0) made = n;
            return made >= 0 && n > made ? happen : null;
          });
          const text = await answer.text();
          const id = /"id":"([a-z]{3}_[0-9a-z]+)"/.exec(text)?.[1] ?? "none";
          const location = answer.headers.get("Location");
          const isRight = answer.status < 300 && (location === null ? id !== "none" : location.endsWith(id));
          if (!isRight) problem.push({ route: route.name, asked, fault, status: answer.status, location, text });
        }
      }
    }
    expect(problem).toEqual([]);
    expect(asking.toSorted()).toEqual([
      "post /v1/generators/{id}/videos, asked for to wait",
      "post /v1/projects/{id}/turns, asked for a stream",
      "post /v1/projects/{id}/turns, asked for to wait",
      "post /v1/videos, asked for to wait",
      "post /v1/videos/{id}/turns, asked for to wait",
    ]);
  });

  /** Lets a continued video end again: it accepts one message at a time. */
  async function settle({ path }: Route): Promise<void> {
    if (path !== "/v1/videos/{id}/turns") return;
    const { headers } = member;
    await until(async () => {
      const read = await call(`/v1/videos/${resources.get("vid")}`, { headers });
      return ((await read.json()) as { ended_at: string | null }).ended_at;
    });
  }
});
