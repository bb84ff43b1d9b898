/** What every request has in common: address, credentials, and errors in words that people can act on. */
import type { AfterResponseMiddleware, BeforeRequestMiddleware } from "zapier-platform-core";

/** A problem of the gateway (RFC 9457). */
type Problem = {
  title?: string;
  detail?: string;
  code?: string;
  hint?: string;
  request_id?: string;
  errors?: { field: string; message: string }[];
};

/** Completes a path to an address of the user's gateway. Whole addresses are left alone, and get no key. */
export const addGateway: BeforeRequestMiddleware = (request, _z, bundle) => {
  const { baseUrl = "", apiKey = "", user = "" } = bundle?.authData ?? {};
  if (!request.url?.startsWith("/")) return request;
  return {
    ...request,
    url: `${baseUrl.trim().replace(/\/+$/, "")}${request.url}`,
    headers: {
      ...request.headers,
      Authorization: `Bearer ${apiKey.trim()}`,
      ...(user.trim() === "" ? {} : { "X-User-Id": user.trim() }),
    },
  };
};

const problemIn = (text: string): Problem => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
};

/** The detail, the fields that are wrong, the next step, and what support needs. */
function messageOf({ title, detail, errors = [], hint, code, request_id }: Problem, status: number): string {
  const fields = errors.map(({ field, message }) => `${field.replace(/^\//, "")} ${message}.`);
  const next = hint === undefined ? [] : [`Next step: ${hint}`];
  const id = request_id === undefined ? "" : ` (${code}, request ${request_id})`;
  return [detail ?? title ?? `The gateway answered ${status}.`, ...fields, ...next].join(" ") + id;
}

/** Without a Retry-After: seconds after which Zapier repeats a throttled request. */
const DEFAULT_DELAY_SECONDS = 60;

/** Turns an unsuccessful answer into the error that makes Zapier do the right thing. */
export const throwProblems: AfterResponseMiddleware = (response, z) => {
  if (response.status < 400 || response.skipThrowForStatus) return response;
  const problem = problemIn(response.content);
  const message = messageOf(problem, response.status);
  if (response.status === 401) throw new z.errors.ExpiredAuthError(message);
  if (response.status === 429) {
    const seconds = Number(response.getHeader("retry-after"));
    throw new z.errors.ThrottledError(message, seconds > 0 ? seconds : DEFAULT_DELAY_SECONDS);
  }
  throw new z.errors.Error(message, problem.code ?? "unknown", response.status);
};
