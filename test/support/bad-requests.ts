/**
 * Requests that must be rejected, generated from the OpenAPI document: each declared part of a route (body, fields, headers, ids,
 * query) with every kind of error, the allowed codes, and what the error must name. Pure, like document.ts.
 */
import type { ErrorCode } from "../../src/core/errors.ts";
import { HEADER_CHARS, IDEMPOTENCY_KEY_CHARS, JSON_BODY_BYTES, JSON_DEPTH, USER_CHARS } from "../../src/core/limits.ts";
import {
  type ApiDocument,
  bodySchemaOf,
  type Headers,
  pathOf,
  type Resources,
  type Route,
  requestOf,
} from "./document.ts";

/** The document, existing ids, and their user. */
export type Fixture = { readonly document: ApiDocument; readonly resources: Resources; readonly user: string };

export type BadRequest = {
  readonly what: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly says: readonly ErrorCode[];
  /** A field of `errors`, or text of the detail that names the error or the limit. Null if nothing must be named. */
  readonly names: string | null;
};
type Change = Partial<BadRequest> & Pick<BadRequest, "what" | "says">;

/** Text that breaks careless handling of paths, SQL and terminals. */
const TRICKS = [
  "../",
  "..%2f..%2fkeys",
  "%2e%2e%2f",
  "\u0000",
  "'; drop table keys; --",
  '" or 1=1',
  "{{7*7}}",
  "🎬‮",
  "*",
];
const LONG = "x".repeat(HEADER_CHARS + 1);
const BIG_BYTES = 10_000_000;
/** 10 MB of JSON. */
export const BIG_JSON: Uint8Array<ArrayBuffer> = Uint8Array.from(
  new TextEncoder().encode(`{"name":"${"x".repeat(BIG_BYTES - 11)}"}`),
);

/** Bytes that are not text, sent as JSON. */
const BINARY: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "gzip without a word of it": Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  "UTF-16": Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0),
  "a picture": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  "bytes of anything": Uint8Array.of(0x0b, 0x02, 0x80, 0x7b, 0x7d, 0x03),
};

/** Every request to this route that must be rejected. */
export function badRequests(route: Route, fixture: Fixture): BadRequest[] {
  const path = pathOf(route, fixture.resources, fixture.user);
  const good = { path, names: null, ...requestOf(route, fixture.document, fixture.resources) };
  const changes = [...bodies(route, fixture), ...headers(route), ...ids(route, fixture), ...queries(route, path)];
  return changes.map((change) => ({ ...good, ...change, headers: { ...good.headers, ...change.headers } }));
}

/** Whether the route reads JSON: one that declares another kind of body does not, one that declares none accepts an empty object. */
export const readsJson = ({ method, operation }: Route): boolean => {
  const content = operation.requestBody?.content;
  return content === undefined ? method === "post" : content["application/json"] !== undefined;
};

const JSON_TYPE: Headers = { "Content-Type": "application/json" };

function bodies(route: Route, { document, resources }: Fixture): Change[] {
  const { body } = requestOf(route, document, resources);
  if (!readsJson(route)) return otherBodies(route);
  const good = body ?? "{}";
  const malformed = (what: string, sent: BadRequest["body"], names: string): Change => ({
    what,
    headers: JSON_TYPE,
    body: sent,
    says: ["malformed_json"],
    names,
  });
  const invalid = (what: string, sent: string, names: string): Change => ({
    what,
    headers: JSON_TYPE,
    body: sent,
    says: ["invalid_request"],
    names,
  });
  const inside = (more: string): string => (good === "{}" ? `{${more}}` : `${good.slice(0, -1)},${more}}`);
  const properties = bodySchemaOf(route, document)?.properties ?? {};
  return [
    ...["text/plain", "text/html", "application/x-www-form-urlencoded"]
      .filter((type) => !(type in (route.operation.requestBody?.content ?? {})))
      .map(
        (type): Change => ({
          what: `text that is no JSON, as ${type}`,
          headers: { "Content-Type": type },
          body: `zz=${good}`,
          says: ["unsupported_content_type"],
          names: "application/json",
        }),
      ),
    ...["", "application/json"].map(
      (type): Change => ({
        what: `gzip, as ${type || "nothing"}`,
        headers: { "Content-Type": type, "Content-Encoding": "gzip" },
        body: good,
        says: ["unsupported_content_type"],
        names: "Content-Encoding",
      }),
    ),
    ...Object.entries(BINARY).map(
      ([what, sent]): Change => ({
        what,
        headers: JSON_TYPE,
        body: sent,
        says: ["unsupported_content_type"],
        names: "application/json",
      }),
    ),
    malformed("cut JSON", good.slice(0, -1), "position"),
    malformed("not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), "UTF-8"),
    malformed("deep JSON", `{"a":${"[".repeat(JSON_DEPTH)}${"]".repeat(JSON_DEPTH)}}`, String(JSON_DEPTH)),
    malformed("a bomb of brackets", "[".repeat(JSON_BODY_BYTES), String(JSON_DEPTH)),
    malformed("a field twice", inside('"zz":1,"zz":2'), '"zz"'),
    { what: "10 MB", headers: JSON_TYPE, body: BIG_JSON, says: ["request_too_large"], names: String(JSON_BODY_BYTES) },
    ...["[]", "5", '"text"', "true"].map((sent) => invalid(`${sent} as the body`, sent, "/")),
    invalid("an unknown field", inside('"zz":1'), "/zz"),
    ...Object.keys(properties).map((name) => {
      const fields = { ...(JSON.parse(good) as object), [name]: { zz: {} } };
      return invalid(`a wrong ${name}`, JSON.stringify(fields), `/${name}`);
    }),
  ];
}

function otherBodies({ operation }: Route): Change[] {
  const types = Object.keys(operation.requestBody?.content ?? {});
  if (types.length === 0 || types.includes("application/octet-stream")) return []; // bytes may have any content type
  const headers = { "Content-Type": "text/html" };
  return [{ what: "body as text/html", headers, says: ["unsupported_content_type"], names: types[0] ?? "" }];
}

function headers({ method, operation }: Route): Change[] {
  const header = (name: string, value: string, says: ErrorCode, names: string): Change => ({
    what: `${name} of ${value.length} characters${value.length > 5 ? "" : `: ${JSON.stringify(value)}`}`,
    headers: { [name]: value },
    says: [says],
    names,
  });
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`X-Long-${n}`, LONG.slice(1)]));
  const all: Change[] = [
    header("X-Long", LONG, "header_too_large", String(HEADER_CHARS)),
    { what: "headers above 64 kB", headers: many, says: ["header_too_large"], names: String(HEADER_CHARS) },
  ];
  if (operation["x-scope"] === "public") return all;
  for (const user of ["u".repeat(USER_CHARS + 1), "..", "a\u0001", "a\u007f"])
    all.push(header("X-User-Id", user, "invalid_request", "header:X-User-Id"));
  if (method === "post")
    for (const key of ["k".repeat(IDEMPOTENCY_KEY_CHARS + 1), "a b"])
      all.push(header("Idempotency-Key", key, "invalid_header", "header:Idempotency-Key"));
  return all;
}

/** Invalid ids in the route's path. A user's name may be nearly any text, so only what cannot be a name is invalid there. */
function ids(route: Route, { resources, user }: Fixture): Change[] {
  if (!route.path.includes("{")) return [];
  const right = pathOf(route, resources, user);
  const isUsers = route.path.startsWith("/v1/users/{");
  const own = isUsers ? encodeURIComponent(user) : idIn(right);
  const put = (what: string, text: string): Change => ({
    what: `{id} ${what}`,
    path: right.replace(`/${own}`, `/${text}`),
    says: [isUsers ? "invalid_request" : "not_found"],
  });
  if (isUsers)
    return [
      put("with a control character", "a%00"),
      put("too long", "u".repeat(USER_CHARS + 1)),
      put("that is not NFC", "e%CC%81"),
      put("after a blank", "%20a"),
    ];
  const others = [...resources].filter(([kind]) => kind.length === 3 && !own.startsWith(kind));
  return [
    ...others.map(([kind, id]) => put(`of a ${kind}`, id)),
    put("of nothing", `${own.slice(0, 4)}${"0".repeat(own.length - 4)}`),
    ...(own.length === OWNED_ID_CHARS
      ? [put("with another's route part", `${own.slice(0, -16)}${"z".repeat(16)}`)]
      : []),
    put("in upper case", own.toUpperCase()),
    put("of 10,000 characters", own.repeat(250)),
    ...TRICKS.map((text) => put(`as ${JSON.stringify(text)}`, encodeURIComponent(text))),
    put("followed by a trick", `${own}${encodeURIComponent("' or '1'='1")}`),
    put("before %00", `${own}%00`),
  ];
}

/** Characters of an id that ends in its owner's hash. */
const OWNED_ID_CHARS = 40;
const idIn = (path: string): string => /\/([a-z]{3}_[0-9a-z]+|(?<=\/f\/)[^/?]+)/.exec(path)?.[1] ?? "";

type Parameter = NonNullable<Route["operation"]["parameters"]>[number];

function queries({ operation }: Route, path: string): Change[] {
  const declared = (operation.parameters ?? []).filter((one) => one.in === "query");
  if (declared.length === 0) return [];
  const [bare = "", given = ""] = path.split("?");
  const put = (what: string, name: string, ...values: string[]): Change => {
    const query = new URLSearchParams(given);
    query.delete(name);
    for (const value of values) query.append(name, value);
    return {
      what: `?${what}`,
      path: `${bare}?${query}`,
      says: [/^(after|last-?event-?id)$/i.test(name) ? "invalid_cursor" : "invalid_request"],
      names: `query:${name}`,
    };
  };
  return [
    put("an unknown one", "zz", "1"),
    put("__proto__", "__proto__", "1"),
    ...declared.flatMap((one) => [
      ...wrongValues(one).map((value) => put(`${one.name}=${JSON.stringify(value.slice(0, 20))}`, one.name, value)),
      ...twice(one).map((value) => put(`${one.name} twice`, one.name, value, value)),
    ]),
  ];
}

/** A valid value of a parameter, if its schema shows one. */
const twice = ({ schema }: Parameter): string[] => {
  const value = schema.enum?.[0] ?? schema.example ?? (schema.maximum === undefined ? undefined : 1);
  return value === undefined ? [] : [String(value)];
};

/** Values that a parameter's schema rejects. */
function wrongValues({ schema }: Parameter): string[] {
  const types = [schema.type].flat();
  if (types.includes("integer") || types.includes("number"))
    return [
      ...["-1", "NaN", "Infinity", "abc", ...TRICKS],
      ...(types.includes("integer") ? ["1.5", "9".repeat(20)] : []),
      ...(schema.maximum === undefined ? [] : ["1e9", String(schema.maximum + 1)]),
    ];
  return schema.enum || schema.pattern || schema.format ? ["", "x".repeat(10_000), ...TRICKS] : ["x".repeat(10_000)];
}
