/** `POST /mcp`: the Model Context Protocol over HTTP, revision 2026-07-28 and those of 2025. The server itself is in `mcp/`. */
import { mcpChallenge } from "../core/oauth.ts";
import type { Api, Ctx } from "../http/context.ts";
import { access } from "../http/middleware/auth.ts";
import { ApiError, apiError, errorsAs } from "../http/problem.ts";
import { jsonValue } from "../http/request-body.ts";

/** Codes of JSON-RPC errors. Source: www.jsonrpc.org/specification, section 5.1. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const SERVER_ERROR = -32_000;

export function mountMcp(app: Api): void {
  app.post("/mcp", access("any", "any"), serve);
}

async function serve(c: Ctx): Promise<Response> {
  checkOrigin(c);
  const message = await jsonValue(c);
  checkMessage(message);
  const { serveMessage } = await import("../mcp/server.ts");
  return serveMessage(c, requestOf(c), message);
}

/**
 * Rejects requests from web pages, except from the gateway's own origin, those of `MCP_ORIGINS`, and the tenant's: the
 * protocol requires it, against DNS rebinding.
 */
function checkOrigin(c: Ctx): void {
  const origin = c.req.header("Origin");
  const { config, caller } = c.var;
  const own = [c.var.origin, new URL(c.req.url).origin, ...config.mcpOrigins, ...caller.origins];
  if (origin === undefined || own.includes(origin)) return;
  throw apiError(
    "origin_not_allowed",
    "MCP requests from this web origin are not allowed. Connect from a program, or let the operator add the origin to MCP_ORIGINS.",
    { errors: [{ field: "header:Origin", message: "must be the gateway's own origin or one that it allows" }] },
  );
}

/** One message per request: the revisions since 2025-06-18 have no batches, and a batch would count as one request. */
function checkMessage(message: unknown): void {
  if (Array.isArray(message))
    throw apiError("invalid_request", "Send one JSON-RPC message per request; batches are not supported.");
  if (message === undefined) throw apiError("malformed_json", "Send one JSON-RPC message as the body.");
  if ((message as { jsonrpc?: unknown }).jsonrpc !== "2.0")
    throw apiError("invalid_request", 'The body is not a JSON-RPC message: it needs "jsonrpc": "2.0".');
}

const ACCEPT = "application/json, text/event-stream";

/** The request for the library, without its body. A client that accepts everything accepts both answers. */
function requestOf(c: Ctx): Request {
  const { url, signal } = c.req.raw;
  const headers = new Headers(c.req.raw.headers);
  headers.set("Content-Type", "application/json");
  if (/^$|\*\/\*/.test(headers.get("Accept") ?? "")) headers.set("Accept", ACCEPT);
  return new Request(url, { method: "POST", headers, signal });
}

/**
 * Errors before the message is read become JSON-RPC errors without an id; `data` is the problem document. A 401 says where a
 * client learns how to get access by OAuth. Mounted before the middleware that checks requests, so that its errors are
 * converted too.
 */
export const mcpErrors = errorsAs((error, problem, c) => {
  const { code, status } = errorOf(error);
  const isInvalid = c.req.header("Authorization") !== undefined;
  return {
    body: { jsonrpc: "2.0", id: null, error: { code, message: problem.detail, data: problem } },
    status,
    headers: status === 401 ? { "WWW-Authenticate": mcpChallenge(c.var.origin, isInvalid) } : {},
  };
});

/** The JSON-RPC code and the status: 400 for a message that is not one, else the problem's. */
function errorOf(error: Error): { readonly code: number; readonly status: number } {
  if (!(error instanceof ApiError)) return { code: SERVER_ERROR, status: 500 };
  if (error.problem.code === "malformed_json") return { code: PARSE_ERROR, status: 400 };
  if (error.problem.code === "invalid_request") return { code: INVALID_REQUEST, status: 400 };
  return { code: SERVER_ERROR, status: error.status };
}
