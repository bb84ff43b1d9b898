/** Problems as JSON-RPC errors, for requests that are not tool calls. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Ctx } from "../http/context.ts";
import { ApiError } from "../http/problem.ts";

/** The result of a handler; a problem becomes a JSON-RPC error with the problem's code as data. */
export async function guarded<T>(c: Ctx, handle: () => Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, detail } = error.problem;
    const rpcCode = error.status < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    throw new ProtocolError(rpcCode, detail, { code, request_id: c.get("requestId") });
  }
}
