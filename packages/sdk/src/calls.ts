/** How the operations of one resource are written: a method, a path, and what is sent. */
import { type CallPromise, callPromise, type PagePromise, pagePromise } from "./promises.ts";
import type { QueryValue, RequestOptions, RequestSpec, Transport } from "./transport.ts";

type Sent = { readonly query?: object; readonly json?: unknown };

export type Calls = {
  /** A call whose answer is JSON; null for an answer without a body. */
  readonly call: <T>(
    method: RequestSpec["method"],
    path: string,
    sent: Sent,
    options?: RequestOptions,
  ) => CallPromise<T>;
  /** A list, page by page. */
  readonly list: <T>(path: string, query: object, options?: RequestOptions) => PagePromise<T>;
  /** A file: the answer with its body unread. */
  readonly file: (path: string, options?: RequestOptions) => Promise<Response>;
};

export function callsOf(transport: Transport): Calls {
  const specOf = (method: RequestSpec["method"], path: string, { query, json }: Sent): RequestSpec => ({
    method,
    path,
    ...(query === undefined ? {} : { query: query as Record<string, QueryValue> }), // of the document's parameters
    ...(json === undefined ? {} : { json }),
  });
  return {
    call: (method, path, sent, options) => callPromise(() => transport.json(specOf(method, path, sent), options)),
    list: (path, query, options) =>
      pagePromise((after) => {
        const page = after === undefined ? query : { ...query, after };
        return transport.json(specOf("GET", path, { query: page }), options);
      }),
    file: (path, options) => transport.send({ method: "GET", path, headers: { accept: "*/*" } }, options),
  };
}

/** A path with ids in it. */
export const path = (parts: TemplateStringsArray, ...ids: readonly string[]): string =>
  parts.map((part, n) => part + (ids[n] === undefined ? "" : encodeURIComponent(ids[n]))).join("");
