/** A client of the gateway's REST API for the scripts: JSON in, JSON out; a problem document becomes an error with its text. */
import * as z from "zod";

const problem = z.object({ code: z.string(), detail: z.string(), request_id: z.string(), hint: z.string().optional() });

/** An unsuccessful response, in one line. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
  readonly status: number;
  readonly code: string;

  constructor(call: string, status: number, code: string, detail: string) {
    super(`${call} answered ${status} ${code}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

/** Converts an unsuccessful response into an error. Reads the body. */
async function errorOf(call: string, answer: Response): Promise<ResponseError> {
  const text = await answer.text();
  try {
    const { code, detail, request_id, hint } = problem.parse(JSON.parse(text));
    return new ResponseError(
      call,
      answer.status,
      code,
      `${detail} (request ${request_id}${hint ? `, next: ${hint}` : ""})`,
    );
  } catch {
    return new ResponseError(call, answer.status, "no_problem_document", text.slice(0, 500));
  }
}

export type Call = {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

export type Api = {
  readonly url: string;
  /** The response of a successful call; any other throws a ResponseError. A path may also be a whole URL of the gateway. */
  readonly send: (path: string, call?: Call) => Promise<Response>;
  /** The same, with the body checked by a schema. */
  readonly get: <T>(path: string, schema: z.ZodType<T>, call?: Call) => Promise<T>;
};

/** An API client with one credential: a key, or the admin token. */
export function apiWith(url: string, credential: string): Api {
  const send = async (path: string, call: Call = {}): Promise<Response> => {
    const method = call.method ?? "GET";
    const answer = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(call.json === undefined ? {} : { "content-type": "application/json" }),
        ...call.headers,
      },
      body: call.bytes ?? (call.json === undefined ? null : JSON.stringify(call.json)),
      signal: call.signal ?? null,
    });
    if (!answer.ok) throw await errorOf(`${method} ${path}`, answer);
    return answer;
  };
  const get = async <T>(path: string, schema: z.ZodType<T>, call: Call = {}): Promise<T> =>
    schema.parse(await (await send(path, call)).json());
  return { url, send, get };
}
