/** Problems as JSON-RPC errors, for requests that are not tool calls. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
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
