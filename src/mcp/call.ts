/** Runs one tool call: validates the arguments, makes it idempotent, limits its time, and turns errors into results. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import type * as z from "zod";
import { ERRORS, type Problem } from "../core/errors.ts";
import { MCP_CALL_MS, MCP_TEXT_CHARS } from "../core/limits.ts";
import { cut } from "../core/text.ts";
import { type Ctx, runAfterResponse } from "../http/context.ts";
import { dedupeCall } from "../http/idempotency.ts";
import { ApiError, apiError, checkInvalid } from "../http/problem.ts";
import { valuesIn } from "../http/request-body.ts";
import { log, logBug } from "../log.ts";
import { withTimeout } from "../timeout.ts";
import { INTERNAL } from "./errors.ts";
import type { FileLink, Tool, ToolAnswer, ToolCall } from "./tool.ts";

/** Runs the tool with arguments as sent. Every error is a result with `isError`. */
/** `shownAs` builds the result of a success. */
export async function callTool(
  c: Ctx,
  tool: Tool,
  sent: unknown,
  report: ToolCall["report"],
  shownAs: (answer: ToolAnswer) => CallToolResult = resultOf,
): Promise<CallToolResult> {
  const began = Date.now();
  let code: string | undefined;
  try {
    return shownAs(await withTimeout(started(c, tool, sent, report, began), MCP_CALL_MS, () => late(tool)));
  } catch (error) {
    const problem = problemIn(c, error);
    code = problem.code;
    return errorResult(problem, c.get("requestId"));
  } finally {
    const { tenant, mode, grant } = c.get("caller");
    const route = `POST /mcp ${tool.name}`;
    const ms = Date.now() - began;
    log("info", "tool", { request_id: c.get("requestId"), route, code, ms, tenant, mode, uh: grant?.uh });
  }
}

/** Starts the work, and lets it finish when the client has gone. */
function started(c: Ctx, tool: Tool, sent: unknown, report: ToolCall["report"], began: number): Promise<ToolAnswer> {
  const work = (async () => {
    const args = argumentsOf(c, tool.input, sent);
    const isRepeated = await identify(c, tool, args);
    // `defineTool` has typed `run` by the schema that has just parsed the arguments
    return tool.run({ c, isRepeated, deadline: began + MCP_CALL_MS, report }, args as never);
  })();
  runAfterResponse(c, work);
  return work;
}

/** The arguments, converted and validated like a request body. */
export function argumentsOf<S extends z.ZodObject>(c: Ctx, schema: S, sent: unknown): z.output<S> {
  const read = schema.safeParse(valuesIn(c, schema, { body: sent ?? {} }));
  if (read.success) return read.data;
  checkInvalid({ target: "json", ...read });
  throw new Error("checkInvalid throws for a failed validation");
}

/**
 * Gives a call that changes something the key of the same call within 60 s, whatever its JSON-RPC id: clients repeat a call
 * after a lost answer. The time to wait is not part of the call. True for a repeated call. An `Idempotency-Key` header is
 * ignored: clients send the same headers with every call.
 */
async function identify(c: Ctx, { name, annotations }: Tool, args: Record<string, unknown>): Promise<boolean> {
  const { keyId, grant } = c.get("caller");
  const { wait_seconds: _, ...what } = args;
  c.set("idempotencyKey", null);
  c.set("bodyText", JSON.stringify(sorted({ name, what, key: keyId, user: grant?.uh ?? c.get("user") })));
  return annotations.readOnlyHint !== true && (await dedupeCall(c));
}

/** The value with the keys of its objects in order: clients send them in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function late({ annotations, title }: Tool): never {
  const next =
    annotations.readOnlyHint === true
      ? "Try again."
      : "What was started continues. Make the same call again now: within 60 seconds of the first call it returns what that one created.";
  throw apiError("unavailable", `"${title}" was not finished in ${MCP_CALL_MS / 1_000} seconds. ${next}`);
}

function problemIn(c: Ctx, error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  logBug("bug", error, { request_id: c.get("requestId") });
  return { code: "internal", detail: INTERNAL };
}

/** The result of a failed call: what happened, whether a retry can help, and the request id. */
function errorResult({ code, detail, retryAfterSeconds, charged }: Problem, requestId: string): CallToolResult {
  const again =
    retryAfterSeconds === undefined ? "You can try again." : `Try again in ${Math.ceil(retryAfterSeconds)} s.`;
  const next = [
    ERRORS[code].retryable ? again : "Trying again with the same arguments will fail again.",
    charged === undefined ? "" : `Charged: ${charged}.`,
    `(${code}, request ${requestId})`,
  ]
    .filter((part) => part !== "")
    .join(" ");
  const said = shorten(detail, MCP_TEXT_CHARS - next.length - 2);
  return { isError: true, content: [{ type: "text", text: `${said}${/[.?!…]$/.test(said) ? "" : "."} ${next}` }] };
}

/** The text is in the data too: some clients, such as Claude Code, show the model only the data of a result that has both. */
export function resultOf({ data, text, file = null }: ToolAnswer): CallToolResult {
  const said = shorten(text, MCP_TEXT_CHARS);
  return {
    content: [{ type: "text", text: said }, ...(file === null ? [] : [linkOf(file)])],
    structuredContent: { next_step: said, ...data },
  };
}

const linkOf = ({ uri, name, mimeType, sizeBytes }: FileLink) => ({
  type: "resource_link" as const,
  uri,
  name,
  mimeType,
  ...(sizeBytes === null ? {} : { size: sizeBytes }),
});

/** The text in one line if it is too long; its rest is replaced by `…`. */
export function shorten(text: string, chars: number): string {
  const line = text.trim();
  return line.length <= chars ? line : `${cut(line, chars - 1)}…`;
}
