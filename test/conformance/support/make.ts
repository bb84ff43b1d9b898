/**
 * A dry run of the Make app: its requests are built from its own files and sent to a gateway, and its answers are read as they
 * say. Of Make's language it knows what the app uses, as Make's documentation describes it; what is not known throws.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/lib/root.ts";

const FOLDER = join(ROOT, "integrations/make");
const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(join(FOLDER, path), "utf8"));

export type Values = Readonly<Record<string, unknown>>;
type Component = { readonly codeFiles: Readonly<Record<string, string>> };
const app = read("makecomapp.json") as { components: Record<string, Record<string, Component>> };
const base = read("general/base.iml.json") as { baseUrl: string; headers: Values; response: { error: Values } };

/** A code file of a component: `module`, `makeVideo`, `communication`. */
export function codeOf(kind: string, name: string, part: string): Values {
  const path = app.components[kind]?.[name]?.codeFiles[part];
  if (path === undefined) throw new Error(`the Make app has no ${part} of ${kind} ${name}`);
  return read(path);
}
export const modules = (): string[] => Object.keys(app.components.module ?? {});

/* The language: names with fields and places from 1, texts, numbers, `=`, `+`, calls. */

const TOKEN = /\s*('(?:[^'\\]|\\.)*'|\d+|[\w.]+(?:\[\d+\])*|[(),+=])/y;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`not understood in the Make app: ${text}`);
    tokens.push(found[1] ?? "");
  }
  return tokens;
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === "";
const object = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string => (isEmpty(value) ? "" : String(value));

const FUNCTIONS: Readonly<Record<string, (...given: unknown[]) => unknown>> = {
  ifempty: (value, other) => (isEmpty(value) ? other : value),
  if: (condition, yes, no) => (condition ? yes : no),
  join: (list, by) => (Array.isArray(list) ? list.join(String(by)) : ""),
  min: (...all) => Math.min(...all.map(Number)),
  encodeURL: (value) => encodeURIComponent(textOf(value)),
  omit: (from, ...names) => Object.fromEntries(Object.entries(object(from)).filter(([name]) => !names.includes(name))),
  toCollection: (list, key, value) =>
    Array.isArray(list)
      ? Object.fromEntries(list.map((one) => [String(object(one)[String(key)]), object(one)[String(value)]]))
      : undefined,
};

function evaluate(text: string, scope: Values): unknown {
  const tokens = tokensOf(text);
  let at = 0;
  const name = (path: string): unknown => {
    if (path === "undefined") return undefined;
    if (path === "null") return null;
    let value: unknown = scope;
    for (const part of path.replaceAll(/\[(\d+)\]/g, ".$1").split("."))
      value = Array.isArray(value) ? value[Number(part) - 1] : object(value)[part];
    return value;
  };
  const one = (): unknown => {
    const token = tokens[at++] ?? "";
    if (token.startsWith("'")) return token.slice(1, -1);
    if (/^\d+$/.test(token)) return Number(token);
    if (tokens[at] !== "(") return name(token);
    const run = FUNCTIONS[token];
    if (run === undefined) throw new Error(`the Make app calls ${token}, which this dry run does not know`);
    const given: unknown[] = [];
    for (at++; tokens[at] !== ")"; ) {
      given.push(expression());
      if (tokens[at] === ",") at++;
    }
    at++;
    return run(...given);
  };
  const expression = (): unknown => {
    let value = one();
    while (tokens[at] === "+" || tokens[at] === "=") {
      const operator = tokens[at++];
      const other = one();
      value = operator === "+" ? textOf(value) + textOf(other) : (value ?? null) === (other ?? null);
    }
    return value;
  };
  const value = expression();
  if (at < tokens.length) throw new Error(`not understood in the Make app: ${text}`);
  return value;
}

/** A value of a code file: an expression alone keeps its type, one within a text becomes text, and what is undefined is left out. */
export function filled(value: unknown, scope: Values): unknown {
  if (typeof value === "string") {
    const [, alone] = /^\{\{((?:(?!\}\}).)*)\}\}$/.exec(value) ?? [];
    if (alone !== undefined) return evaluate(alone, scope);
    return value.replaceAll(/\{\{(.*?)\}\}/g, (_, inner: string) => textOf(evaluate(inner, scope)));
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, scope));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap<readonly [string, unknown]>(([name, given]) => {
    const made = filled(given, scope);
    if (name === "{{...}}") return Object.entries(object(made));
    return made === undefined ? [] : [[name, made] as const];
  });
  return Object.fromEntries(entries.filter(([, made]) => made !== undefined));
}

/** An error as Make would show it: its type decides what its error handlers do. */
export class MakeError extends Error {
  override readonly name = "MakeError";
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

function bodyOf(request: Values, scope: Values): { body: string | FormData | null; type: string | null } {
  if (request.body === undefined) return { body: null, type: null };
  if (request.type === "multipart/form-data") {
    const form = new FormData();
    for (const [name, part] of Object.entries(object(filled(request.body, scope)))) {
      const { value, options } = part as { value: Uint8Array<ArrayBuffer>; options: { filename: string } };
      form.append(name, new Blob([value]), options.filename);
    }
    return { body: form, type: null };
  }
  const body = filled(request.body, scope);
  if (request.type === "text") return { body: isEmpty(body) ? null : String(body), type: null };
  return { body: JSON.stringify(body), type: "application/json" };
}

/** Runs a request of the app with the values of its form; returns what the module would output, a list where it iterates. */
export async function run(request: Values, scope: Values): Promise<unknown> {
  const found: unknown[] = [];
  const { response = {}, pagination } = request as {
    response?: Values;
    pagination?: { qs: Values; condition: string };
  };
  let more: Values = {};
  for (;;) {
    const isWhole = /^(https?:|\{\{parameters\.baseUrl)/.test(String(request.url));
    const path = String(filled(request.url, scope));
    const url = new URL(isWhole ? path : `${filled(base.baseUrl, scope)}${path}`);
    for (const [name, value] of Object.entries({ ...object(filled(request.qs ?? {}, scope)), ...more }))
      if (!isEmpty(value)) url.searchParams.set(name, String(value));
    const { body, type } = bodyOf(request, scope);
    const headers = object(filled({ ...base.headers, ...object(request.headers) }, scope)) as Record<string, string>;
    const method = String(filled(request.method, scope));
    const answer = await fetch(url, {
      method,
      body: method === "GET" ? null : body,
      headers: type === null ? headers : { ...headers, "content-type": type },
    });
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    const got = isJson ? await answer.json() : new Uint8Array(await answer.arrayBuffer());
    const seen = { ...scope, body: got, statusCode: answer.status, headers: Object.fromEntries(answer.headers) };
    if (!answer.ok) {
      const errors = { ...base.response.error, ...object(response.error) };
      const error = (errors[String(answer.status)] ?? errors) as { message: string; type: string };
      throw new MakeError(error.type, String(filled(error.message, seen)));
    }
    if (response.iterate === undefined) return filled(response.output ?? response.data, seen);
    const limit = Number(filled(response.limit, seen) ?? Number.POSITIVE_INFINITY);
    for (const item of (filled(response.iterate, seen) as unknown[] | undefined) ?? [])
      if (found.length < limit) found.push(filled(response.output, { ...seen, item }));
    if (pagination === undefined || found.length >= limit || !filled(pagination.condition, seen)) return found;
    more = object(filled(pagination.qs, seen));
  }
}
