/** The body of `/run_sse`: ADK's request model takes snake_case and camelCase alike (nemo-api reference section 4.1). */
import { isFields } from "./fields.ts";

export type ChatRequest = {
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly prompt: string;
  readonly streaming: boolean;
};

/** All texts of a message's parts, or null when it is no message. */
function textOf(message: unknown): string | null {
  if (!isFields(message) || !Array.isArray(message.parts)) return null;
  const texts = message.parts.map((part: unknown) =>
    isFields(part) && typeof part.text === "string" ? part.text : "",
  );
  return texts.join("\n");
}

/** The request, or the names of the fields that are missing or of a wrong type. */
export function readChatRequest(
  body: unknown,
  messageOptional: boolean,
): ChatRequest | { readonly missing: readonly string[] } {
  if (!isFields(body)) return { missing: ["app_name", "user_id", "session_id", "new_message"] };
  const text = (snake: string, camel: string): string | null => {
    const value = body[snake] ?? body[camel];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const appName = text("app_name", "appName");
  const userId = text("user_id", "userId");
  const sessionId = text("session_id", "sessionId");
  const prompt = textOf(body.new_message ?? body.newMessage) ?? (messageOptional ? "" : null);
  if (appName === null || userId === null || sessionId === null || prompt === null) {
    const fields = { app_name: appName, user_id: userId, session_id: sessionId, new_message: prompt };
    return {
      missing: Object.entries(fields)
        .filter(([, value]) => value === null)
        .map(([name]) => name),
    };
  }
  return { appName, userId, sessionId, prompt, streaming: body.streaming === true };
}
