/**
 * `npm run examples:record`: asks a gateway with the sandbox for one answer of every operation, and writes the answers into
 * src/http/examples.ts, from where the OpenAPI document takes them.
 *
 * Run it after a change of what an operation answers. test/node/openapi.test.ts fails while an example does not fit its schema.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiDocument, pathOf, type Route, requestOf, routesOf } from "../test/support/document.ts";
import { createResources } from "../test/support/resources.ts";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

readFlags({ command: "npm run examples:record", says: "Records what the sandbox answers to every operation." });

const STATE = join(ROOT, `.state/examples-record-${process.pid}`);
const FILE = join(ROOT, "src/http/examples.ts");
const USER = "ada";
const TARGET = "http://127.0.0.1:9/in";
/** Reads first, deletions last. */
const ORDER = ["get", "post", "patch", "put", "delete"];
const POLLS = 300;

type Example = { request?: unknown; status?: number; response?: unknown };

onEnd(() => rmSync(STATE, { recursive: true, force: true }));
const gateway = await startGateway({ stateDir: STATE, vars: { TIME_SCALE: "60" } });
onEnd(gateway.stop);
const admin = apiWith(gateway.url, gateway.adminToken);
const tenant = await makeTenant(admin, "Acme");
const key = await makeKey(admin, tenant, "test", "server");

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, gateway.url), {
    ...init,
    headers: { accept: "application/json", "x-user-id": USER, authorization: `Bearer ${key}`, ...init.headers },
  });

const json = { "Content-Type": "application/json" };

/** Creates a resource; returns its id. */
async function create(path: string, body: unknown): Promise<string> {
  const answer = await ask(path, { method: "POST", headers: json, body: JSON.stringify(body) });
  const made: unknown = await answer.json();
  if (typeof made === "object" && made !== null && "id" in made) return String(made.id);
  throw new Error(`${path} answered ${JSON.stringify(made)}`);
}

async function waitForEnd(path: string): Promise<void> {
  for (let left = POLLS; left > 0; left--) {
    const { ended_at: end } = (await (await ask(path)).json()) as { ended_at?: string | null };
    if (end !== null) return;
    await sleep(100);
  }
  throw new Error(`${path} does not end`);
}

/** What would differ with every run, or must not be published. */
const plain = (text: string): string =>
  text
    .replaceAll(gateway.url, "https://gateway.example")
    .replaceAll(TARGET, "https://example.com/hooks/nemo")
    .replace(/(ngw_(?:test|live)_)[0-9A-Za-z]{20,}/g, "$1…")
    .replace(/whsec_[\w+/=]+/g, "whsec_…")
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "eyJ…")
    .replace(/(\/f\/|ticket=)[\w.~-]+/g, "$1…")
    .replace(/("x": ?")[\w-]{43}"/g, '$1…"');

const answersJson = ({ responses }: Route["operation"]): boolean =>
  Object.entries(responses).some(([status, { content }]) => status < "300" && content?.["application/json"]);

const hasLimit = ({ operation }: Route): boolean => operation.parameters?.some(({ name }) => name === "limit") === true;

async function record(route: Route, document: ApiDocument, resources: Map<string, string>): Promise<Example | string> {
  const { headers, body } = requestOf(route, document, resources);
  const path = pathOf(route, resources, USER);
  const limited = hasLimit(route) ? `${path}${path.includes("?") ? "&" : "?"}limit=1` : path;
  const answer = await ask(limited, { method: route.method.toUpperCase(), headers, body });
  const text = await answer.text();
  if (!answer.ok) return `${answer.status} ${text}`;
  if (!(answer.headers.get("content-type") ?? "").startsWith("application/json")) return {};
  const request = headers["Content-Type"] === "application/json" && body !== null ? JSON.parse(plain(body)) : {};
  const example: Example = { status: answer.status, response: JSON.parse(plain(text)) };
  return Object.keys(request).length === 0 ? example : { request, ...example };
}

const document = (await (await ask("/openapi.json")).json()) as ApiDocument;
const words = { prompt: "make a 4 second clip of the sea", filename: "sea.png", url: TARGET };
const resources = await createResources(ask, words);
await Promise.all([
  waitForEnd(`/v1/videos/${resources.get("vid")}`),
  waitForEnd(`/v1/batches/${resources.get("bat")}`),
  waitForEnd(`/v1/generator_jobs/${resources.get("gjb")}`),
]);

const routes = routesOf(document)
  .filter(({ method, operation }) => ORDER.includes(method) && answersJson(operation))
  .toSorted((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method));
const examples: Record<string, Example> = {};
const failed: string[] = [];
for (const route of routes) {
  const { operationId } = route.operation;
  if (operationId === "batches.pause")
    resources.set(
      "bat",
      await create("/v1/batches", { items: Array(9).fill({ prompt: words.prompt }), concurrency: 1 }),
    );
  // Spectral takes a variable, which has a type and a default, for a schema.
  if (operationId === "generators.list") await create("/v1/generators", { name: "Sea clip", prompt: words.prompt });
  const example = await record(route, document, resources);
  if (typeof example === "string") failed.push(`${operationId}: ${example}`);
  else if (example.response !== undefined) examples[operationId] = example;
}
const problem = await (await ask(`/v1/videos/${resources.get("vid")?.replace(/_.{4}/, "_0000")}`)).text();

const sorted = Object.fromEntries(Object.entries(examples).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const text = `/** Answers of the sandbox, by operationId. Written by \`npm run examples:record\`. */
export type RecordedExample = { readonly request?: unknown; readonly status: number; readonly response: unknown };

export const PROBLEM_EXAMPLE: unknown = ${plain(problem)};

export const EXAMPLES: Readonly<Record<string, RecordedExample>> = ${JSON.stringify(sorted)};
`;
writeFileSync(FILE, text);
spawnSync(process.execPath, [join(ROOT, "node_modules/@biomejs/biome/bin/biome"), "format", "--write", FILE]);
console.log(`${Object.keys(sorted).length} examples in ${FILE}`);
for (const line of failed) console.error(line);
await cleanUp();
process.exit(failed.length === 0 ? 0 : 1);
