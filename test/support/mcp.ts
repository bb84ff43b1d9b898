/** Requests to `/mcp` in workerd: single messages of both eras, as hostile as a test wants them. */
import { call } from "./gateway.ts";

export type RpcError = { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
export type AnyToolResult = {
  readonly isError?: boolean;
  readonly content: readonly { readonly type: string; readonly text?: string; readonly uri?: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
};
export type Rpc = {
  readonly status: number;
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: RpcError;
};

/** The envelope of a request of revision 2026-07-28; `extensions`: those that the client declares. */
export const envelope = (extensions: Record<string, object> = {}) => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {}, extensions },
});

/** Sends a body as it is. An answer without a body has only a status; of an event stream the last message counts. */
export async function sendMessage(headers: Record<string, string>, body: unknown): Promise<Rpc> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const accepts = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const response = await call("/mcp", { method: "POST", body: text, headers: { ...accepts, ...headers } });
  const got = await response.text();
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  const last = isStream ? (/data: (.*)\s*$/.exec(got)?.[1] ?? "") : got;
  return { status: response.status, ...(last === "" ? {} : JSON.parse(last)) };
}

/** A request in the way of 2025. */
export const askOld = (headers: Record<string, string>, method: string, params: unknown = {}): Promise<Rpc> =>
  sendMessage(headers, { jsonrpc: "2.0", id: 1, method, params });

/** A request of revision 2026-07-28 from a client that takes tasks. */
export function askModern(
  headers: Record<string, string>,
  method: string,
  params: Record<string, unknown>,
): Promise<Rpc> {
  const name = params.name ?? params.taskId ?? params.uri;
  const named: Record<string, string> = typeof name === "string" && /^[!-~]+$/.test(name) ? { "Mcp-Name": name } : {};
  const sent = { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, ...named, ...headers };
  const _meta = envelope({ "io.modelcontextprotocol/tasks": {} });
  return sendMessage(sent, { jsonrpc: "2.0", id: 1, method, params: { _meta, ...params } });
}

/** The result of a tool; throws if the call is an error of the protocol. */
export async function toolResultOf(
  headers: Record<string, string>,
  name: string,
  args: unknown,
): Promise<AnyToolResult> {
  const { result, error } = await askOld(headers, "tools/call", { name, arguments: args });
  if (result === undefined) throw new Error(`${name}: ${error?.message}`);
  return result as AnyToolResult;
}

export const textOf = ({ content }: AnyToolResult): string => content[0]?.text ?? "";
