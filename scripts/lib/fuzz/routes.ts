/**
 * Sends generated requests to every route of the OpenAPI document, on a gateway of its own with the sandbox as upstream. The
 * document must describe each response: status, content type and body; none may be a 5xx.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { apiWith } from "../api.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { ROOT } from "../root.ts";
import { makeKey, makeTenant } from "../tenant.ts";
import {
  type ApiDocument,
  Generator,
  type Operation,
  type Pool,
  type Request,
  type Route,
  routesOf,
} from "./generate.ts";
import { below, pick, randomFrom, seedOf } from "./mutate.ts";

const STATE = join(ROOT, `.state/fuzz-routes-${process.pid}`);
/** Concurrent requests. */
const CONCURRENCY = 6;
/** Timeout of a response; a stream is closed after its first chunk. */
const ANSWER_MS = 60_000;
/** Number of ids kept per prefix. */
const IDS_KEPT = 30;
/** Routes whose responses contain ids of any user. */
const OF_ANY_USER = /^\/v1\/(users|audit_log|usage)/;
/** A run is stopped after this many faults. */
const MOST_FAULTS = 50;
/** More than any run can use, so that quotas do not hide faults. */
const QUOTAS = {
  concurrent_turns: 10_000,
  renders_per_day: 100_000,
  bytes_per_day: 1_000_000_000_000,
  new_users_per_day: 1_000_000,
};

export type RoutesReport = {
  readonly faults: readonly string[];
  /** The number of responses by status. */
  readonly statuses: string;
  /** Routes without a successful response: what they do was not tested. */
  readonly untouched: readonly string[];
};

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Ids from responses, by prefix; the oldest are dropped. */
class Ids {
  readonly byPrefix = new Map<string, string[]>();
  readonly owners = new Map<string, string>();
  links: readonly string[] = [];
  readonly #kept: ReadonlySet<string>;

  /** `kept`: ids that no request may use, such as that of the key in use. */
  constructor(kept: readonly string[]) {
    this.#kept = new Set(kept);
  }

  /** Collects the ids in a response: its own and those of other resources. */
  learn(text: string, user: string | null): void {
    const body = jsonOf(text);
    const items = Array.isArray(body?.data) ? body.data : [body];
    for (const item of items) {
      if (typeof item !== "object" || item === null) continue;
      for (const [name, value] of Object.entries(item)) if (/^id$|_id$/.test(name)) this.#add(value, user);
    }
    for (const [, link = ""] of text.matchAll(/https?:\/\/[^/"]+(\/f\/[^"\\]+)/g))
      this.links = [...this.links, link].slice(-IDS_KEPT);
  }

  #add(value: unknown, user: string | null): void {
    const id = String(value);
    const prefix = /^([a-z]{3})_[0-9a-z]{12,60}$/.exec(id)?.[1];
    const known = this.byPrefix.get(prefix ?? "") ?? [];
    if (prefix === undefined || this.#kept.has(id) || known.includes(id)) return;
    if (user !== null) this.owners.set(id, user);
    this.byPrefix.set(prefix, [...known, id].slice(-IDS_KEPT));
  }

  forget(path: string): void {
    for (const [prefix, known] of this.byPrefix)
      this.byPrefix.set(
        prefix,
        known.filter((id) => !path.includes(id)),
      );
  }
}

/** Compiles the document's schemas once and checks responses against them. */
function checkerOf(document: ApiDocument): (operation: Operation, answer: Response, text: string) => string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  ajv.addSchema(document, "api");
  const compiled = new Map<unknown, ValidateFunction>();
  const validator = (schema: object): ValidateFunction => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));
    const made = ajv.compile(rooted);
    compiled.set(schema, made);
    return made;
  };
  return (operation, answer, text) => {
    const { status } = answer;
    const range = operation.responses[`${String(status)[0]}XX`];
    const declared = operation.responses[String(status)] ?? (range && document.components.responses.Problem);
    if (declared === undefined) return `status ${status} is not in the document`;
    if (status >= 500 && operation.responses[String(status)] === undefined) return `answered ${status}`;
    const type = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
    const contents = declared.content;
    if (contents === undefined) return text === "" ? null : `${status} has a body that the document does not know`;
    if (text === "") return null;
    const content = contents[type] ?? contents["application/octet-stream"] ?? contents["*/*"];
    if (content === undefined)
      return `${status} came as "${type}", the document knows ${Object.keys(contents).join(", ")}`;
    if (!type.endsWith("json") || content.schema === undefined) return null;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return `${status} is not the JSON it says it is`;
    }
    const validate = validator(content.schema);
    return validate(body) ? null : `${status}: ${ajv.errorsText(validate.errors)}`;
  };
}

const isStream = (answer: Response): boolean =>
  answer.headers.get("content-type")?.startsWith("text/event-stream") ?? false;

/** Reads a response to its end; of a stream only the first chunk. */
async function textOf(answer: Response): Promise<string> {
  if (!isStream(answer)) return new TextDecoder().decode(await answer.arrayBuffer());
  const reader = answer.body?.getReader();
  await Promise.race([reader?.read(), new Promise((done) => setTimeout(done, 200))]);
  await reader?.cancel().catch(() => undefined);
  return "";
}

const shown = ({ method, path, headers, body }: Request): string => {
  const sent = typeof body === "string" ? body : body === null ? "" : `base64:${Buffer.from(body).toString("base64")}`;
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 400)} ${sent.slice(0, 400)}`;
};

/** Creates resources, so that paths have ids that exist. */
async function fill(url: string, key: string, user: string): Promise<readonly string[]> {
  const texts: string[] = [];
  const call = async (path: string, init: RequestInit & { json?: unknown } = {}): Promise<Record<string, unknown>> => {
    const { json, ...rest } = init;
    const headers = {
      Authorization: `Bearer ${key}`,
      "X-User-Id": user,
      "Content-Type": "application/json",
      ...rest.headers,
    };
    const answer = await fetch(`${url}/v1/${path}`, {
      ...rest,
      headers,
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
    texts.push(text);
    return text === "" ? {} : JSON.parse(text);
  };
  const clip = readFileSync(join(ROOT, "test/media/photo.png"));
  const project = await call("projects", { json: { name: "first" } });
  const upload = await call("uploads", { json: { filename: "photo.png", size_bytes: clip.byteLength } });
  await call(`uploads/${upload.id}/content`, { method: "PUT", body: clip, headers: { "Content-Type": "image/png" } });
  await call("uploads", { json: { filename: "open.png", size_bytes: 1_000 } });
  await call(`projects/${project.id}/turns`, {
    json: { prompt: "make a 1 second clip of the sea" },
    headers: { Prefer: "wait=30" },
  });
  await call(`projects/${project.id}/renders`, { json: {} });
  await call("videos", { json: { prompt: "make a 1 second clip of the sea" }, headers: { Prefer: "wait=60" } });
  await call("batches", { json: { items: [{ prompt: "make a 1 second clip of the sea" }] } });
  await call("generators", {
    json: { name: "mine", prompt: "make a clip about {{topic}}", variables: [{ name: "topic" }] },
  }).catch(() => call("generators", { json: { name: "mine", prompt: "make a clip" } }));
  await call("generators/make", { json: { description: "a short clip of the sea" } });
  await call("webhook_endpoints", { json: { url: "https://example.com/in" } });
  await call("hooks", { json: { target_url: "https://example.com/hook", event: "video.completed" } });
  await call("keys", { json: { name: "child" } }).catch(() => undefined);
  for (const list of ["renders", "videos", "assets", "uploads", "events", "deliveries", "keys"])
    await call(list).catch(() => undefined);
  return texts;
}

async function open(): Promise<{ gateway: Gateway; key: string; keyId: string }> {
  const gateway = await startGateway({ stateDir: STATE, vars: { TIME_SCALE: "60" } });
  const admin = apiWith(gateway.url, gateway.adminToken);
  const tenant = await makeTenant(admin, "fuzz");
  await admin.send(`/admin/tenants/${tenant}`, { method: "PATCH", json: { quotas: { test: QUOTAS } } });
  const key = await makeKey(admin, tenant, "test", "fuzz");
  const me = await fetch(`${gateway.url}/v1/keys`, { headers: { Authorization: `Bearer ${key}` } });
  return { gateway, key, keyId: /key_[0-9a-z]+/.exec(await me.text())?.[0] ?? "" };
}

/** Sends `count` requests, spread evenly over all routes of the document. */
export async function fuzzRoutes(run: { readonly seed: number; readonly count: number }): Promise<RoutesReport> {
  const { gateway, key, keyId } = await open();
  try {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as ApiDocument;
    const check = checkerOf(document);
    const routes = routesOf(document);
    const ids = new Ids([keyId]);
    for (const text of await fill(gateway.url, key, "ada")) ids.learn(text, "ada");
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    const reached = new Set<string>();
    const problems = new Map<string, string>();
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < run.count && faults.length < MOST_FAULTS) {
        const index = next++;
        const route = routes[index % routes.length] as Route;
        const random = randomFrom(seedOf(run.seed, route.name, index));
        // A deleted user stays closed, so there are many names.
        const users = [
          "ada",
          "ada",
          "bob",
          `user-${below(random, 20)}`,
          `user-${index}`,
          pick(random, ["eve", "émile"]),
        ];
        const pool: Pool = {
          ids: ids.byPrefix,
          owners: ids.owners,
          links: ids.links,
          users: route.name === "DELETE /v1/users/{id}" ? [`user-${index - 40}`] : users,
        };
        const request = new Generator(random, document, pool).request(route);
        const fault = await send(gateway.url, key, route, request, { check, ids, statuses, reached, problems });
        if (fault !== null) faults.push(`${fault}\n      ${shown(request)}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    const health = await fetch(`${gateway.url}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
    if (health === null) faults.push(`the gateway does not answer any more:\n${gateway.lastLines()}`);
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status} × ${times}`);
    const untouched = routes
      .map(({ name }) => name)
      .filter((name) => !reached.has(name))
      .map((name) => `${name}: ${problems.get(name) ?? "not asked"}`);
    return { faults, statuses: counts.join(", "), untouched };
  } finally {
    await gateway.stop();
    rmSync(STATE, { recursive: true, force: true });
  }
}

type Seen = {
  readonly check: ReturnType<typeof checkerOf>;
  readonly ids: Ids;
  readonly statuses: Map<number, number>;
  readonly reached: Set<string>;
  /** The last error response of each route. */
  readonly problems: Map<string, string>;
};

async function send(url: string, key: string, route: Route, request: Request, seen: Seen): Promise<string | null> {
  const { method, path, headers, body } = request;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url + path, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...headers },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === null ? {} : { body: typeof body === "string" ? body : Uint8Array.from(body) }),
    });
    text = await textOf(answer);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    return `no answer: ${message} ${cause?.message ?? ""}`;
  }
  seen.statuses.set(answer.status, (seen.statuses.get(answer.status) ?? 0) + 1);
  if (answer.ok) {
    seen.reached.add(route.name);
    // These lists do not say which user an id belongs to.
    if (!OF_ANY_USER.test(route.path)) seen.ids.learn(text, headers["X-User-Id"] ?? null);
    // A deleted resource is requested again only sometimes.
    if (method === "DELETE" && route.name !== "DELETE /v1/hooks") seen.ids.forget(path);
  } else {
    seen.problems.set(route.name, `${answer.status} ${text.slice(0, 300)}`);
  }
  if (method === "HEAD" || isStream(answer)) return seen.check(route.operation, answer, "");
  return seen.check(route.operation, answer, text);
}
