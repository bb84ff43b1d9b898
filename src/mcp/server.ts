/**
 * The MCP server of one request: the tools that the caller may use. Loaded with the first request to `/mcp`, so that it costs
 * nothing at the start.
 */
import { createMcpHandler, McpServer, type ServerContext } from "@modelcontextprotocol/server";
import type { Ctx } from "../http/context.ts";
import { logBug } from "../log.ts";
import { callTool } from "./call.ts";
import { addResources } from "./resources.ts";
import { shownSchema } from "./schema.ts";
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

/** The schemas of the tools, converted once per isolate. */
const schemas = new Map(
  TOOLS.map(({ name, input, output }) => [name, [shownSchema(input), shownSchema(output)] as const]),
);

/** Answers one JSON-RPC message. `message` is the parsed body, undefined if there was none. */
export function serveMessage(c: Ctx, request: Request, message: unknown): Promise<Response> {
  const handler = createMcpHandler(() => serverFor(c), {
    onerror: (error) => reportError(c, error),
  });
  return handler.fetch(request, message === undefined ? {} : { parsedBody: message });
}

/** The library reports rejected requests too, with messages of its own; only exceptions are bugs. */
function reportError(c: Ctx, error: Error): void {
  if (error.constructor !== Error && !(error.name in EXPECTED))
    logBug("mcp", error, { request_id: c.get("requestId") });
}
const EXPECTED: Readonly<Record<string, true>> = {
  ProtocolError: true,
  UnsupportedProtocolVersionError: true,
  MissingRequiredClientCapabilityError: true,
  SdkError: true,
};

function serverFor(c: Ctx): McpServer {
  const mayRead = c.get("caller").scopes.includes("read");
  const server = new McpServer(INFO, {
    capabilities: {
      tools: UNCHANGING,
      ...(mayRead ? { resources: UNCHANGING, prompts: UNCHANGING, completions: {} } : {}),
    },
    instructions: INSTRUCTIONS,
    cacheHints: {
      "tools/list": LISTS,
      "prompts/list": LISTS,
      "resources/templates/list": LISTS,
    },
  });
  for (const tool of TOOLS) if (isOpenTo(tool, c)) register(server, c, tool);
  if (mayRead) addResources(server, c);
  return server;
}

function register(server: McpServer, c: Ctx, tool: Tool): void {
  const [inputSchema, outputSchema] = schemas.get(tool.name) ?? [shownSchema(tool.input), shownSchema(tool.output)];
  const { name, title, description, annotations } = tool;
  server.registerTool(name, { title, description, annotations, inputSchema, outputSchema }, (args, context) =>
    callTool(c, tool, args, reportOf(context)),
  );
}

/** Sends progress to a client that asked for it. A client that has gone gets none. */
function reportOf({ mcpReq }: ServerContext): ToolCall["report"] {
  const token = mcpReq._meta?.progressToken;
  if (token === undefined) return null;
  return (progress, message) => {
    const params = { progressToken: token, progress, total: 100, message };
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
}
