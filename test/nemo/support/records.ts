/** Records of a turn as ADK servers write them, with made-up values. */

type Part = Record<string, unknown>;

let made = 0;

/** One event; `more` adds or replaces outer keys. */
export function adk(parts: readonly unknown[], more: Record<string, unknown> = {}): Record<string, unknown> {
  made++;
  return {
    content: { parts, role: "model" },
    invocationId: "e-77",
    author: "nemo_agent",
    actions: { stateDelta: {}, artifactDelta: {}, requestedAuthConfigs: {} },
    id: `ev${made}`,
    timestamp: 1795000000.12,
    ...more,
  };
}

export const text = (words: string): Part => ({ text: words });
export const call = (id: string, name: string): Part => ({ functionCall: { id, name, args: { prompt: "sunset" } } });
export const response = (id: string, name: string, answer: unknown = { status: "success" }): Part => ({
  functionResponse: { id, name, response: answer },
});

/** A record on the wire. */
export const data = (record: unknown): string =>
  `data: ${typeof record === "string" ? record : JSON.stringify(record)}\n\n`;
