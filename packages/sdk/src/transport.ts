/** Sends requests: authentication, timeouts and retries. */
import { ConnectionError, errorOf, type GatewayError } from "./errors.ts";

export type ClientOptions = {
  /** Default: `NEMO_GATEWAY_API_KEY` of the environment. Never use a key in a web page. */
  readonly apiKey?: string;
  /** A user token, for browsers and apps. A function is called again when the token has expired. */
  readonly userToken?: string | (() => Promise<string>);
  /** Default: `NEMO_GATEWAY_URL` of the environment. */
  readonly baseURL?: string;
  /** Your own id of the end user, for all calls. */
  readonly user?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds until an answer must have arrived, per attempt. Default: 60,000. */
  readonly timeout?: number;
  /** Retries after the first attempt. Default: 2. */
  readonly maxRetries?: number;
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Allows an API key in a web page, where every visitor can read it. The gateway rejects it unless the origin is listed. */
  readonly dangerouslyAllowBrowser?: boolean;
};

export type RequestOptions = {
  /** Default: a new one for each call of a POST, kept over its retries. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly maxRetries?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Your own id of the end user, for this call. */
  readonly user?: string;
};

export type QueryValue = string | number | boolean | null | undefined;

export type RequestSpec = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  /** From `/v1` on, or a whole URL of the gateway. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Any other body. It is sent again by a retry, so it is not a stream. */
  readonly body?: Blob | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
};

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 2;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8_000;
/** A longer `Retry-After` is left to the caller. */
export const LONGEST_RETRY_AFTER_MS = 60_000;

export class Transport {
  readonly #options: ClientOptions;
  readonly #fetch: typeof globalThis.fetch;
  /** Answers that may not have been read yet: how to abort one, and how to leave its caller's signal. */
  readonly #open = new WeakMap<Response, { readonly abort: (reason: unknown) => void; readonly detach: () => void }>();
  readonly baseURL: string;
  #token: string | null = null;

  constructor(options: ClientOptions) {
    this.#options = { ...options };
    const apiKey =
      options.apiKey ?? (options.userToken === undefined ? environment("NEMO_GATEWAY_API_KEY") : undefined);
    if (apiKey !== undefined) this.#options = { ...this.#options, apiKey };
    if (apiKey === undefined && options.userToken === undefined)
      throw new Error("Pass apiKey or userToken, or set NEMO_GATEWAY_API_KEY.");
    if (apiKey !== undefined && isBrowser() && options.dangerouslyAllowBrowser !== true)
      throw new Error("An API key must not be used in a web page; use a user token (POST /v1/users/{id}/tokens).");
    const baseURL = options.baseURL ?? environment("NEMO_GATEWAY_URL");
    if (baseURL === undefined) throw new Error("Pass baseURL, the address of your gateway, or set NEMO_GATEWAY_URL.");
    this.baseURL = baseURL.replace(/\/+$/, "").replace(/\/v1$/, "");
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /**
   * Sends a request, with retries, and returns its successful answer with the body unread. The caller's signal also ends the
   * reading, until `detach` is called.
   */
  async send(spec: RequestSpec, options: RequestOptions = {}): Promise<Response> {
    const maxRetries = options.maxRetries ?? this.#options.maxRetries ?? DEFAULT_RETRIES;
    // One key for the call and all its retries: the gateway answers a repeated request with what the first one created.
    const key = spec.method === "POST" ? (options.idempotencyKey ?? crypto.randomUUID()) : options.idempotencyKey;
    let isRenewed = false;
    for (let attempt = 0; ; attempt++) {
      const result = await this.#once(spec, options, key);
      if (result instanceof Response) {
        if (result.ok || result.status === 304) return result;
        const error = errorOf(result, await this.#textOf(result, options).catch(() => ""));
        this.detach(result);
        options.signal?.throwIfAborted();
        if (error.code === "user_token_expired" && typeof this.#options.userToken === "function" && !isRenewed) {
          isRenewed = true;
          this.#token = null;
          attempt--;
          continue;
        }
        const wait = waitBefore(error, attempt);
        if (!error.retryable || attempt >= maxRetries || wait === null) throw error;
        await pause(wait, options.signal);
      } else {
        if (options.signal?.aborted === true) throw options.signal.reason;
        if (attempt >= maxRetries) throw result;
        await pause(backoff(attempt), options.signal);
      }
    }
  }

  /** Leaves the caller's signal, which may be that of many calls. Call when an answer has been read. */
  detach(response: Response): void {
    this.#open.get(response)?.detach();
  }

  /** Sends a request and reads its answer as JSON; null for an empty one. The timeout holds for the reading as well. */
  async json<T>(spec: RequestSpec, options: RequestOptions = {}): Promise<{ data: T; response: Response }> {
    const maxRetries = options.maxRetries ?? this.#options.maxRetries ?? DEFAULT_RETRIES;
    const call = { ...options, idempotencyKey: options.idempotencyKey ?? crypto.randomUUID() };
    for (let attempt = 0; ; attempt++) {
      const response = await this.send(spec, spec.method === "POST" ? call : options);
      try {
        const text = await this.#textOf(response, options);
        return { data: (text === "" ? null : JSON.parse(text)) as T, response }; // the document says which type it is
      } catch (cause) {
        // The connection broke within the answer.
        if (options.signal?.aborted === true) throw options.signal.reason;
        if (attempt >= maxRetries) throw new ConnectionError("The answer could not be read.", { cause });
        await pause(backoff(attempt), options.signal);
      } finally {
        this.detach(response);
      }
    }
  }

  #timeoutOf({ timeout }: RequestOptions): number {
    return timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT_MS;
  }

  /** The body. After the timeout it is an error, and the connection is closed. */
  async #textOf(response: Response, options: RequestOptions): Promise<string> {
    const ms = this.#timeoutOf(options);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`no whole answer within ${ms} ms`);
        reject(error);
        this.#open.get(response)?.abort(error);
      }, ms);
    });
    return Promise.race([response.text(), late]).finally(() => clearTimeout(timer));
  }

  /** One attempt: the answer, or why there was none. The timeout ends when the headers have arrived. */
  async #once(
    spec: RequestSpec,
    options: RequestOptions,
    key: string | undefined,
  ): Promise<Response | ConnectionError> {
    const { signal } = options;
    signal?.throwIfAborted();
    const headers = await this.#headers(spec, options, key);
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const ms = this.#timeoutOf(options);
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${ms} ms`)), ms);
    const body = spec.json === undefined ? spec.body : JSON.stringify(spec.json);
    try {
      const response = await this.#fetch(this.#urlOf(spec), {
        method: spec.method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: controller.signal,
      });
      const detach = (): void => signal?.removeEventListener("abort", abort);
      this.#open.set(response, { detach, abort: (reason) => controller.abort(reason) });
      return response;
    } catch (cause) {
      signal?.removeEventListener("abort", abort);
      const why = controller.signal.aborted && signal?.aborted !== true ? controller.signal.reason : cause;
      return new ConnectionError(`${spec.method} ${spec.path} got no answer: ${textOf(why)}`, { cause: why });
    } finally {
      clearTimeout(timer);
    }
  }

  #urlOf({ path, query = {} }: RequestSpec): string {
    const url = new URL(path.startsWith("/") ? `${this.baseURL}${path}` : path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    return url.href;
  }

  async #headers(spec: RequestSpec, options: RequestOptions, key: string | undefined): Promise<Headers> {
    const headers = new Headers(this.#options.defaultHeaders);
    if (!headers.has("accept")) headers.set("accept", "application/json");
    headers.set("authorization", `Bearer ${await this.#credential()}`);
    if (spec.json !== undefined) headers.set("content-type", "application/json");
    if (key !== undefined) headers.set("idempotency-key", key);
    const user = options.user ?? this.#options.user;
    if (user !== undefined) headers.set("x-user-id", inUtf8(user));
    for (const more of [spec.headers, options.headers])
      for (const [name, value] of Object.entries(more ?? {})) headers.set(name, value);
    return headers;
  }

  async #credential(): Promise<string> {
    const { apiKey, userToken } = this.#options;
    if (typeof userToken === "function") {
      this.#token ??= await userToken();
      return this.#token;
    }
    return userToken ?? apiKey ?? "";
  }
}

const textOf = (why: unknown): string => (why instanceof Error ? why.message : String(why));

/**
 * A header value of any script, to be sent as UTF-8. `fetch` takes one character for each byte; Workers take the text and encode
 * it themselves.
 */
const inUtf8 = (text: string): string =>
  globalThis.navigator?.userAgent === "Cloudflare-Workers"
    ? text
    : String.fromCharCode(...new TextEncoder().encode(text));

const isBrowser = (): boolean => "window" in globalThis && "document" in globalThis;

/** A variable of the environment; undefined where there is none, as in a browser. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }; // Node's, if it is there
  const value = process?.env?.[name];
  return value === "" ? undefined : value;
}

/** Full jitter: a random wait below a limit that doubles with each attempt. */
export const backoff = (attempt: number): number =>
  Math.random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);

/** The wait before the next attempt; null when the answer asks for a longer one than is waited for. */
function waitBefore(error: GatewayError, attempt: number): number | null {
  const asked = retryAfterOf(error.headers);
  if (asked === null) return backoff(attempt);
  return asked > LONGEST_RETRY_AFTER_MS ? null : asked + Math.random() * FIRST_BACKOFF_MS;
}

/** `Retry-After` in milliseconds, from seconds or a date; null without one. */
export function retryAfterOf(headers: Headers): number | null {
  const text = headers.get("retry-after");
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
