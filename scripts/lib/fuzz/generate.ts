/** Generates requests from the OpenAPI document: valid ones, and ones with one or two errors. */
import { below, mutated, pick, type Random } from "./mutate.ts";

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};
export type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
};
export type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, Answer>>;
};
/** A response with a status range is a reference to the one named Problem. */
type Answer = { readonly content?: Readonly<Record<string, { schema?: Schema }>> };
export type ApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
};
export type Route = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
};

export type Request = {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
};

/** Values for requests: ids that exist or existed, by prefix, their owners, and names of users. */
export type Pool = {
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** The owner of an id; missing if no user was named. */
  readonly owners: ReadonlyMap<string, string>;
  /** Paths below /f/ that open a file. */
  readonly links: readonly string[];
  readonly users: readonly string[];
};

/** The server in front of the Worker rejects longer request lines with an error of its own. */
const PATH_CHARS = 7_000;

/** Headers that a route needs and the document does not declare as required. */
const NEEDED_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "patch /v1/uploads/{id}": { "Tus-Resumable": "1.0.0", "Upload-Offset": "0" },
};

const METHODS = ["get", "head", "post", "put", "patch", "delete"];

export const routesOf = (document: ApiDocument): Route[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );

/** Texts that parsers may fail on. None contains a fault of the sandbox. */
const TEXTS = [
  ...["", " ", "x", "null", "true", "0", "-1", "1e999", "NaN", "[]", "{}", "../..", "%2e%2e%2f", "%", "%zz", "\u0000"],
  ...[
    "a\nb",
    "\ud83d",
    "🎬🎬🎬",
    "e\u0301",
    "\u212aevin",
    "\u202egnp.exe",
    "<script>",
    "'; drop table keys; --",
    "__proto__",
  ],
  ...[
    "constructor",
    "2026-11-01",
    "2026-13-45T99:99:99Z",
    "https://example.com/a b.mp4",
    "http://127.0.0.1/",
    "*",
    "x".repeat(300),
  ],
];
const LONG_TEXTS = ["x".repeat(9_000), "é".repeat(30_000), "[".repeat(5_000), "a,".repeat(20_000)];
const NUMBERS = [0, 1, -1, 2, 0.5, 100, 101, 1e6, -0, 2 ** 31, 2 ** 53, 1e308];
const PROMPTS = [
  "make a 1 second clip of the sea",
  "export",
  "how many credits do I have?",
  "加一段音乐",
  "trim it to 1 second",
];

const oneIn = (random: Random, n: number): boolean => below(random, n) === 0;
const anyText = (random: Random): string => (oneIn(random, 40) ? pick(random, LONG_TEXTS) : pick(random, TEXTS));

/** Any JSON value, three levels deep at most. */
function anyJson(random: Random, depth = 0): unknown {
  switch (below(random, depth > 2 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return oneIn(random, 2);
    case 2:
      return pick(random, NUMBERS);
    case 3:
    case 4:
      return anyText(random);
    case 5:
      return Array.from({ length: below(random, 4) }, () => anyJson(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: below(random, 4) }, () => [anyText(random), anyJson(random, depth + 1)]),
      );
  }
}

const prefixOf = (text: unknown): string | null =>
  typeof text === "string" ? (/^\^?([a-z]{3})_/.exec(text)?.[1] ?? null) : null;

export class Generator {
  readonly #random: Random;
  readonly #document: ApiDocument;
  readonly #pool: Pool;
  /** The owner of the request's ids: null for no user, undefined while there is no id. */
  #owner: string | null | undefined;

  constructor(random: Random, document: ApiDocument, pool: Pool) {
    this.#random = random;
    this.#document = document;
    this.#pool = pool;
  }

  /** A request to this route. Two of three follow the document; the third has one or two errors. */
  request(route: Route): Request {
    const random = this.#random;
    const isWild = oneIn(random, 3);
    const path = this.#path(route, isWild);
    const content = this.#body(route, isWild);
    const headers: Record<string, string> = { ...this.#headers(route, isWild), ...content.headers };
    return { method: route.method.toUpperCase(), path: path.slice(0, PATH_CHARS), headers, body: content.body };
  }

  /** An id of this prefix that exists or existed, or null. Further ids have the same owner if possible. */
  #id(prefix: string): string | null {
    const { ids, owners } = this.#pool;
    const known = ids.get(prefix) ?? [];
    const same = known.filter((id) => (owners.get(id) ?? null) === this.#owner);
    const all = this.#owner !== undefined && same.length > 0 ? same : known;
    if (all.length === 0) return null;
    const id = pick(this.#random, all);
    if (this.#owner === undefined) this.#owner = owners.get(id) ?? null;
    return id;
  }

  #resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    return this.#document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {};
  }

  #path(route: Route, isWild: boolean): string {
    const random = this.#random;
    const declared = route.operation.parameters ?? [];
    const link = route.path.startsWith("/f/") && this.#pool.links.length > 0 ? pick(random, this.#pool.links) : null;
    if (link !== null && !(isWild && oneIn(random, 3))) return link;
    // Deletions are as frequent as creations. Most use ids that do not exist, or nothing would be left for other requests.
    const isSpared = route.method === "delete" && !oneIn(random, 4);
    const path = route.path.replace(/(\w+)\/\{(\w+)\}/g, (_, collection: string, name: string) => {
      const schema = declared.find((one) => one.in === "path" && one.name === name)?.schema ?? {};
      const wild = isWild && oneIn(random, 3) ? anyText(random) : null;
      // A generator's example is a slug.
      const prefix = collection === "generators" ? "gen" : (prefixOf(schema.example) ?? "");
      const known = collection === "users" ? pick(random, this.#pool.users) : isSpared ? null : this.#id(prefix);
      const value = (wild ?? known ?? String(schema.example ?? "x")).toWellFormed();
      return `${collection}/${encodeURIComponent(value === "" ? "x" : value)}`;
    });
    const query = new URLSearchParams();
    for (const { name, required, schema } of declared.filter((one) => one.in === "query")) {
      if (required !== true && !oneIn(random, 2)) continue;
      if (isWild && oneIn(random, 6) && required === true) continue;
      query.set(name, this.#queryValue(name, schema, isWild));
    }
    if (isWild && oneIn(random, 4)) query.set(anyText(random), anyText(random));
    const slash = isWild && oneIn(random, 10) ? "/" : "";
    return `${path}${slash}${query.size === 0 ? "" : `?${query}`}`;
  }

  #queryValue(name: string, schema: Schema, isWild: boolean): string {
    if (isWild && oneIn(this.#random, 3)) return anyText(this.#random);
    // Waits are short: a long one tests nothing more.
    if (name === "version") return "1";
    if (name === "wait") return String(below(this.#random, 2));
    const value = this.#value(schema, isWild);
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  #headers({ method, path, operation }: Route, isWild: boolean): Record<string, string> {
    const random = this.#random;
    const headers: Record<string, string> = { ...NEEDED_HEADERS[`${method} ${path}`] };
    const owner = this.#owner === undefined ? pick(random, this.#pool.users) : this.#owner;
    if (owner !== null && oneIn(random, 2)) headers["X-User-Id"] = owner;
    if (oneIn(random, 20)) headers["X-User-Id"] = pick(random, this.#pool.users);
    if (method === "post" && oneIn(random, 3)) headers["Idempotency-Key"] = `k${below(random, 50)}`;
    const answers = Object.values(operation.responses).flatMap(({ content }) => Object.keys(content ?? {}));
    if (answers.includes("text/event-stream") && oneIn(random, 3)) headers.Accept = "text/event-stream";
    if (!isWild) return headers;
    const wild: readonly (readonly [string, readonly string[]])[] = [
      ["Accept", ["*/*", "text/html", "image/*;q=0.1", "application/json;q=0", "text/event-stream"]],
      ["Prefer", ["wait=1", "wait", "wait=-1", "wait=x", "respond-async", "wait=1; wait=2", ",,,"]],
      [
        "Range",
        ["bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "bytes=x", "lines=1-2", "bytes=999999999999999-"],
      ],
      ["If-None-Match", ["*", '"x"', "W/", '"', "x"]],
      ["If-Match", ["*", '"x"']],
      ["Last-Event-ID", ["0", "1", "999999", "-1", "x", "1.5", ""]],
      ["X-User-Id", ["", "e\u0301", "a b", ".", "..", "x".repeat(200), "%00"]],
      ["Idempotency-Key", ["", "x".repeat(300), '"quoted"', "a b"]],
      ["Tus-Resumable", ["1.0.0", "0.2.2", "x"]],
      ["Upload-Offset", ["0", "-1", "1e3", "99999999999999999999", "x"]],
      ["Upload-Length", ["0", "10", "-1", "x", "99999999999999999999"]],
      ["Upload-Metadata", ["filename Y2xpcC5tcDQ=", "filename", "a b c", "filename !!!", ",,,", "x ,y ,z "]],
      ["Upload-Defer-Length", ["1", "2", "x"]],
      ["Upload-Concat", ["partial", "final;/v1/uploads/x", "final;", "x"]],
      ["Upload-Checksum", ["sha1 x", "sha256 AAAA", "x", "md5 "]],
      ["Upload-Complete", ["?0", "?1", "x"]],
      ["Upload-Incomplete", ["?0", "?1"]],
      ["Upload-Draft-Interop-Version", ["3", "6", "8", "9", "x"]],
      ["Content-Encoding", ["gzip", "identity", "br, gzip", "aws-chunked", "utf-8"]],
      ["Content-Digest", ["sha-256=:AAAA:", "x", "sha-256=:"]],
      ["X-HTTP-Method-Override", ["PATCH", "DELETE", "x"]],
      ["Origin", ["https://example.com", "null", "x"]],
      ["Accept-Language", ["de", "zh-CN,zh;q=0.9", ";;;", "x".repeat(100)]],
      ["Request-Id", ["abcdefgh", "x", "a b"]],
    ];
    for (let left = 1 + below(random, 2); left > 0; left--) {
      const [name, values] = pick(random, wild);
      headers[name] = pick(random, values);
    }
    // Headers that no client can send are tested over raw sockets elsewhere.
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)));
  }

  #body(route: Route, isWild: boolean): { headers: Record<string, string>; body: Request["body"] } {
    const random = this.#random;
    const declared = route.operation.requestBody?.content;
    if (route.method === "get" || route.method === "head") return { headers: {}, body: null };
    if (declared === undefined) {
      if (!isWild || route.method === "delete") return { headers: {}, body: null };
      return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(anyJson(random)) };
    }
    const type = pick(random, Object.keys(declared));
    const schema = declared[type]?.schema ?? {};
    const headers = {
      "Content-Type":
        isWild && oneIn(random, 8) ? pick(random, ["text/plain", "x", "application/json; charset=utf-16", ""]) : type,
    };
    if (headers["Content-Type"] === "") return { headers: {}, body: JSON.stringify(this.#value(schema, false)) };
    if (type === "multipart/form-data") return this.#form(schema, isWild);
    if (type === "application/x-www-form-urlencoded")
      return { headers, body: String(new URLSearchParams(this.#fields(schema, isWild))) };
    if (type !== "application/json") return { headers, body: this.#bytes(isWild) };
    const value = this.#value(schema, isWild);
    const text = JSON.stringify(isWild && oneIn(random, 8) ? anyJson(random) : this.#broken(value, isWild));
    if (!isWild || !oneIn(random, 6)) return { headers, body: text };
    return { headers, body: mutated([new TextEncoder().encode(text)], random(), route.name, 1) };
  }

  #bytes(isWild: boolean): Uint8Array {
    const file = new TextEncoder().encode("GIF89a\u0001\u0000\u0001\u0000");
    return isWild ? mutated([file], this.#random(), "bytes", 1).slice(0, 10_000) : file;
  }

  /** The fields of a schema as text, as forms have them. */
  #fields(schema: Schema, isWild: boolean): [string, string][] {
    const value = this.#broken(this.#value(schema, isWild), isWild);
    if (typeof value !== "object" || value === null) return [["x", String(value)]];
    return Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, typeof field === "string" ? field : JSON.stringify(field)]);
  }

  #form(schema: Schema, isWild: boolean): { headers: Record<string, string>; body: Uint8Array } {
    const boundary = "fuzz-boundary";
    const part = (head: string, body: string): string => `--${boundary}\r\n${head}\r\n\r\n${body}\r\n`;
    const disposition = (name: string): string =>
      `Content-Disposition: form-data; name="${name.replace(/[\r\n"]/g, "_")}"`;
    const fields = this.#fields(schema, isWild).filter(([name]) => name !== "file");
    const parts = fields.map(([name, value]) => part(disposition(name), value));
    const file = part(
      'Content-Disposition: form-data; name="file"; filename="a.gif"\r\nContent-Type: image/gif',
      "GIF89a\u0001\u0000\u0001\u0000",
    );
    const whole = new TextEncoder().encode(`${parts.join("")}${file}--${boundary}--\r\n`);
    const body = isWild && oneIn(this.#random, 2) ? mutated([whole], this.#random(), "form", 1) : whole;
    return { headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` }, body };
  }

  /** The same value with a field replaced, left out or added. */
  #broken(value: unknown, isWild: boolean): unknown {
    const random = this.#random;
    if (!isWild || typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const names = Object.keys(value);
    const name = names.length === 0 || oneIn(random, 5) ? anyText(random) : pick(random, names);
    const other = oneIn(random, 4) ? undefined : anyJson(random);
    return Object.fromEntries([...Object.entries(value), [name, other]]);
  }

  /** A value that the schema allows, as far as its keywords say. */
  #value(given: Schema, isWild: boolean, depth = 0): unknown {
    const random = this.#random;
    const schema = this.#resolve(given);
    const branches = schema.anyOf ?? schema.oneOf;
    if (branches !== undefined) return this.#value(pick(random, branches), isWild, depth + 1);
    if (schema.allOf !== undefined)
      return Object.assign({}, ...schema.allOf.map((one) => this.#value(one, isWild, depth + 1) as object));
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return pick(random, schema.enum);
    const type = typeof schema.type === "string" ? schema.type : pick(random, schema.type ?? ["string"]);
    if (type === "object") return this.#object(schema, isWild, depth);
    if (type === "array") {
      const length = Math.min(3, schema.maxItems ?? 3, Math.max(schema.minItems ?? 0, below(random, 4)));
      return Array.from({ length }, () => this.#value(schema.items ?? {}, isWild, depth + 1));
    }
    if (type === "boolean") return oneIn(random, 2);
    if (type === "null") return null;
    if (type === "integer" || type === "number") return this.#number(schema, isWild);
    return this.#text(schema, isWild);
  }

  #object(schema: Schema, isWild: boolean, depth: number): unknown {
    const required = schema.required ?? [];
    const chosen = Object.entries(schema.properties ?? {}).filter(
      ([name]) => required.includes(name) || (depth < 4 && oneIn(this.#random, 3)),
    );
    return Object.fromEntries(chosen.map(([name, field]) => [name, this.#field(name, field, isWild, depth)]));
  }

  #field(name: string, schema: Schema, isWild: boolean, depth: number): unknown {
    if (name === "prompt") return pick(this.#random, PROMPTS);
    return this.#value(schema, isWild, depth + 1);
  }

  #number(schema: Schema, isWild: boolean): number {
    if (isWild && oneIn(this.#random, 2)) return pick(this.#random, NUMBERS);
    const least = schema.minimum ?? 0;
    return least + below(this.#random, Math.min(1_000, (schema.maximum ?? least + 100) - least + 1));
  }

  #text(schema: Schema, isWild: boolean): string {
    const random = this.#random;
    if (isWild && oneIn(random, 3)) return anyText(random);
    const id = this.#id(prefixOf(schema.pattern) ?? prefixOf(schema.example) ?? "");
    return id ?? String(schema.example ?? schema.default ?? pick(random, ["first", "a text", "10"]));
  }
}
