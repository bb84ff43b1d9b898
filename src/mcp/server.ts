/**
 * The MCP server of one request: the tools that the caller may use. Loaded with the first request to `/mcp`, so that it costs
 * nothing at the start.
 */
import { createMcpHandler, McpServer, type ServerContext } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { VideoWire } from "../core/wire/video.ts";
import type { Ctx } from "../http/context.ts";
import { logBug } from "../log.ts";
import { callTool, resultOf } from "./call.ts";
import { invalidParams } from "./errors.ts";
import { addResources } from "./resources.ts";
import { shownSchema } from "./schema.ts";
import { addTasks, declaresTasks, TASK_TOOLS, TASKS_EXTENSION, taskResult, undeclaredTask } from "./tasks.ts";
import { isOpenTo, type Tool, type ToolCall } from "./tool.ts";
import { TOOLS } from "./tools.ts";

const INFO = { name: "nemo-gateway", title: "Nemo video", version: "1.0.0" };

const INSTRUCTIONS =
  "Makes and edits videos by an agent. make_video starts a video and returns its id at once; call wait_for_video until it is ready, then give the user the link. For editing in steps use chat, get_timeline and render_project. Every result says what to do next. make_video, chat and continue_video cost credits: never repeat such a call because an answer is late, but wait with the id.";

/** How long a client may keep lists, in ms. Chosen: they change with a deployment or with the caller's scopes. */
const LIST_TTL_MS = 300_000;
/** Lists depend on the caller, so no shared cache may keep them. */
const LISTS = { ttlMs: LIST_TTL_MS, cacheScope: "private" } as const;
/** No stream informs a client of changed lists. */
const UNCHANGING = { listChanged: false };

/** What `resultOf` adds to the data of every result. */
const nextStep = { next_step: z.string().meta({ description: "What happened, and what to do next." }) };

const schemasOf = ({ input, output }: Tool) => [shownSchema(input), shownSchema(output.extend(nextStep))] as const;
/** The schemas of the tools, converted once per isolate. */
const schemas = new Map(TOOLS.map((tool) => [tool, schemasOf(tool)]));

/** Answers one JSON-RPC message. `message` is the parsed body, undefined if there was none. */
export function serveMessage(c: Ctx, request: Request, message: unknown): Promise<Response> {
  const rejected = undeclaredTask(message) ?? invalidParams(message);
  if (rejected !== null) return Promise.resolve(rejected);
  const handler = createMcpHandler(
    ({ era }) => serverFor(c, era === "modern" ? { hasTasks: declaresTasks(message) } : null),
    {
      onerror: (error) => reportError(c, error),
    },
  );
  return handler.fetch(request, message === undefined ? {} : { parsedBody: message });
}

/** The library reports every rejected message too; only these are errors of a program. */
function reportError(c: Ctx, error: Error): void {
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  if (isBug) logBug("mcp", error, { request_id: c.get("requestId") });
}

/** `modern`: the request has revision 2026-07-28 or later; whether its client takes tasks. */
function serverFor(c: Ctx, modern: { readonly hasTasks: boolean } | null): McpServer {
  const mayRead = c.get("caller").scopes.includes("read");
  const server = new McpServer(INFO, {
    capabilities: {
      tools: UNCHANGING,
      ...(mayRead ? { resources: UNCHANGING, prompts: UNCHANGING, completions: {} } : {}),
      ...(modern === null ? {} : { extensions: { [TASKS_EXTENSION]: {} } }),
    },
    instructions: INSTRUCTIONS,
    cacheHints: {
      "tools/list": LISTS,
      "prompts/list": LISTS,
      "resources/templates/list": LISTS,
    },
  });
  for (const tool of TOOLS) if (isOpenTo(tool, c)) register(server, c, tool, modern?.hasTasks === true);
  if (mayRead) addResources(server, c);
  if (modern !== null) addTasks(server, c);
  return server;
}

/** A tool that may answer with a task has no output schema: the result of a task is read with `tasks/get`. */
function register(server: McpServer, c: Ctx, tool: Tool, hasTasks: boolean): void {
  const [inputSchema, outputSchema] = schemas.get(tool) ?? schemasOf(tool);
  const { name, title, description, annotations } = tool;
  const shown = { title, description, annotations, inputSchema };
  if (!hasTasks || !TASK_TOOLS.includes(name)) {
    server.registerTool(name, { ...shown, outputSchema }, (args, context) =>
      callTool(c, tool, args, reportOf(context)),
    );
    return;
  }
  server.registerTool(name, shown, (args, context) =>
    callTool(c, tool, args, reportOf(context), (answer) =>
      answer.video === undefined || isOver(answer.video.status) ? resultOf(answer) : taskResult(answer.video),
    ),
  );
}

const isOver = (status: VideoWire["status"]): boolean => ["completed", "failed", "cancelled"].includes(status);

/** Sends progress to a client that asked for it. A client that has gone gets none. */
function reportOf({ mcpReq }: ServerContext): ToolCall["report"] {
  const token = mcpReq._meta?.progressToken;
  if (token === undefined) return null;
  return (progress, message) => {
    const params = { progressToken: token, progress, total: 100, message };
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
}
