/** MCP clients of the gateway: the official ones of both eras, and plain requests. */
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as z from "zod";
import { type Ask, type Member, request, served } from "./client.ts";

const INFO = { name: "conformance", version: "1" };
const ADDRESS = new URL("/mcp", served.url);

/** A client of revision 2026-07-28; it validates structured results against the output schemas. */
export async function modernClient(headers: Readonly<Record<string, string>>): Promise<ModernClient> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new ModernTransport(ADDRESS, { requestInit: { headers: { ...headers } } }));
  return client;
}

/** A client of revision 2025-11-25. */
export async function oldClient(headers: Readonly<Record<string, string>>): Promise<OldClient> {
  const client = new OldClient(INFO);
  // the transport's optional sessionId is typed without undefined
  await client.connect(new OldTransport(ADDRESS, { requestInit: { headers: { ...headers } } }) as never);
  return client;
}

const error = z.object({ code: z.number(), message: z.string(), data: z.unknown() }).partial({ data: true });
const answer = z.object({ id: z.unknown(), result: z.looseObject({}).optional(), error: error.optional() });
export type RpcAnswer = z.infer<typeof answer> & { readonly response: Response };

/** The answer to a request with this body. An answer as an event stream is read to its end. */
export async function post(
  headers: Readonly<Record<string, string>>,
  body: unknown,
  ask: Ask = {},
): Promise<RpcAnswer> {
  const response = await request("POST", "/mcp", {
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...ask,
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
      ...ask.headers,
    },
  });
  const text = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const last = isStream ? (/data: (.*)\s*$/.exec(text)?.[1] ?? "") : text;
  return { ...answer.parse(JSON.parse(last)), response };
}

let ids = 0;

/** Calls a tool in the way of 2025, with a new JSON-RPC id. */
export function callRaw(member: Member, name: string, args: unknown = {}, ask: Ask = {}): Promise<RpcAnswer> {
  const params = { name, arguments: args };
  return post(member.headers, { jsonrpc: "2.0", id: ++ids, method: "tools/call", params }, ask);
}

export const toolResult = z.looseObject({
  isError: z.boolean().optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional(), uri: z.string().optional() })).min(1),
  structuredContent: z.looseObject({}).optional(),
});
export type ToolResult = z.infer<typeof toolResult>;

/** The result of a tool and its text, of at most 600 characters, which its data repeats: some clients show only the data. */
export function read(result: unknown): ToolResult & { readonly text: string } {
  const got = toolResult.parse(result);
  const text = got.content[0]?.text ?? "";
  if (text === "" || text.length > 600) throw new Error(`a text of ${text.length} characters: ${text}`);
  if (got.structuredContent !== undefined && got.structuredContent.next_step !== text)
    throw new Error(`the data does not say: ${text}`);
  return { ...got, text };
}

/** The result of a tool called with plain requests. */
export async function called(member: Member, name: string, args: unknown = {}): Promise<ReturnType<typeof read>> {
  const { result, error: failed } = await callRaw(member, name, args);
  if (failed !== undefined) throw new Error(failed.message);
  return read(result);
}

/** The result of a tool that must succeed, with its data. */
export async function calledWell(member: Member, name: string, args: unknown = {}): Promise<Record<string, unknown>> {
  const { isError, structuredContent, text } = await called(member, name, args);
  if (isError === true || structuredContent === undefined) throw new Error(text);
  return structuredContent;
}
