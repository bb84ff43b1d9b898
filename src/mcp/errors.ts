/** Problems as JSON-RPC errors, for requests that are not tool calls. */
import { ProtocolError, ProtocolErrorCode, specTypeSchemas } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Ctx } from "../http/context.ts";
import { ApiError } from "../http/problem.ts";
import { logBug } from "../log.ts";

/**
 * The result of a handler; a problem becomes a JSON-RPC error with the problem's code as data. Any other exception is a bug: it
 * is logged, and the client gets a fixed text.
 */
export async function guarded<T>(c: Ctx, handle: () => Promise<T>): Promise<T> {
  const requestId = c.get("requestId");
  try {
    return await handle();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    if (!(error instanceof ApiError)) {
      logBug("bug", error, { request_id: requestId });
      throw new ProtocolError(ProtocolErrorCode.InternalError, INTERNAL, { code: "internal", request_id: requestId });
    }
    const { code, detail } = error.problem;
    const rpcCode = error.status < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    throw new ProtocolError(rpcCode, detail, { code, request_id: requestId });
  }
}

/** What a client learns of a bug. */
export const INTERNAL = "An internal error occurred and was logged.";

/** The protocol's schemas of the requests with parameters. */
const REQUESTS = {
  "completion/complete": specTypeSchemas.CompleteRequest,
  "prompts/get": specTypeSchemas.GetPromptRequest,
  "prompts/list": specTypeSchemas.ListPromptsRequest,
  "resources/list": specTypeSchemas.ListResourcesRequest,
  "resources/read": specTypeSchemas.ReadResourceRequest,
  "resources/templates/list": specTypeSchemas.ListResourceTemplatesRequest,
  "tools/list": specTypeSchemas.ListToolsRequest,
};

const request = z.object({ id: z.union([z.string(), z.number()]), method: z.string() });

/**
 * The error for parameters that do not match the protocol's schema; null for any other message. The library would answer with
 * an internal error, which says that the server is at fault.
 */
export function invalidParams(message: unknown): Response | null {
  const { data } = request.safeParse(message);
  if (data === undefined || !Object.hasOwn(REQUESTS, data.method)) return null;
  const schema = REQUESTS[data.method as keyof typeof REQUESTS]; // just checked
  const read = schema["~standard"].validate(message);
  if (read instanceof Promise || read.issues === undefined) return null; // these schemas are not asynchronous
  const [issue] = read.issues;
  const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join("/");
  const error = { code: ProtocolErrorCode.InvalidParams, message: `/${path}: ${issue?.message}` };
  return Response.json({ jsonrpc: "2.0", id: data.id, error }, { status: 400 });
}
