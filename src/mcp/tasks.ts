/**
 * Videos as tasks, for clients that declare the extension `io.modelcontextprotocol/tasks` with a request: the task is the video,
 * and its id the video's. A question of the agent is an elicitation, whose answer continues the video.
 */
import { type CallToolResult, type McpServer, ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import * as z from "zod";
import { SECOND_MS, toRfc3339 } from "../core/time.ts";
import { owned } from "../core/wire/common.ts";
import type { KeyScope } from "../core/wire/key.ts";
import { newVideoTurn, type VideoWire } from "../core/wire/video.ts";
import type { Ctx } from "../http/context.ts";
import { addressOf, callOf } from "../http/idempotency.ts";
import { requireScope } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { notFound, unwrap } from "../http/problem.ts";
import { continueVideo } from "../services/videos.ts";
import { argumentsOf, resultOf } from "./call.ts";
import { guarded } from "./errors.ts";
import { answerOfVideo } from "./results.ts";

export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
/** A request needs a capability that the client did not declare. Source: MCP 2026-07-28, error codes. */
const MISSING_CAPABILITY = -32_021;

const declaring = z.object({
  params: z.object({
    _meta: z.object({
      "io.modelcontextprotocol/clientCapabilities": z.object({
        extensions: z.object({ [TASKS_EXTENSION]: z.looseObject({}) }),
      }),
    }),
  }),
});

/** Whether the client of this request takes tasks as results. */
export const declaresTasks = (message: unknown): boolean => declaring.safeParse(message).success;

const taskRequest = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.enum(["tasks/get", "tasks/update", "tasks/cancel"]),
  params: z.object({ _meta: z.looseObject({}) }), // requests of 2025 have no envelope, and no such methods
});

/** The error for a task request of a client that did not declare the extension; null for any other message. */
export function undeclaredTask(message: unknown): Response | null {
  const request = taskRequest.safeParse(message);
  if (!request.success || declaresTasks(message)) return null;
  const data = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };
  const error = { code: MISSING_CAPABILITY, message: `This request needs the extension ${TASKS_EXTENSION}.`, data };
  return Response.json({ jsonrpc: "2.0", id: request.data.id, error }, { status: 400 });
}

/** The tools whose result may be a task. */
export const TASK_TOOLS: readonly string[] = ["make_video", "continue_video"];

/** The result of a tool that started a video: a task until it has ended. */
export function taskResult(video: VideoWire): CallToolResult {
  // the library's type has no results of extensions; it passes them through
  return { resultType: "task", ...taskOf(video) } as unknown as CallToolResult;
}

/** The fields that every task has. The record of a video does not expire. */
function taskOf({ id, status, message, created_at, ended_at, poll_after_seconds: seconds }: VideoWire) {
  return {
    taskId: id,
    status: statusOf(status),
    ...(message === null ? {} : { statusMessage: message }),
    createdAt: created_at,
    lastUpdatedAt: ended_at ?? toRfc3339(Date.now()),
    ttlMs: null,
    ...(seconds === null ? {} : { pollIntervalMs: seconds * SECOND_MS }),
  };
}

/** A failed video is a completed task whose result is an error: the request for it succeeded. */
function statusOf(status: VideoWire["status"]) {
  if (status === "needs_input") return "input_required";
  if (status === "completed" || status === "failed") return "completed";
  return status === "cancelled" ? "cancelled" : "working";
}

/** Adds the requests about tasks. */
export function addTasks(server: McpServer, c: Ctx): void {
  const { server: requests } = server;
  const id = z.looseObject({ taskId: z.string() });
  const anything = z.looseObject({});
  requests.setRequestHandler("tasks/get", { params: id, result: anything }, ({ taskId }) =>
    withVideo(c, "read", taskId, async (video) => shownTask(video)),
  );
  // The library moves `inputResponses` out of the parameters, and drops those that are no objects.
  requests.setRequestHandler("tasks/update", { params: id, result: anything }, ({ taskId }, { mcpReq }) =>
    withVideo(c, "chat", taskId, async (video) => {
      await answerQuestion(c, video, mcpReq.inputResponses ?? {});
      return {};
    }),
  );
  requests.setRequestHandler("tasks/cancel", { params: id, result: anything }, ({ taskId }) =>
    withVideo(c, "chat", taskId, async (video) => {
      c.set("idempotencyKey", null);
      unwrap(await userObject(c.env, addressOf(c, video.id)).cancelVideo(await callOf(c), video.id));
      return {};
    }),
  );
}

/** A handler's result for the video of a task. An unknown id, and that of another owner, are invalid parameters. */
const withVideo = (c: Ctx, scope: KeyScope, taskId: string, handle: (video: VideoWire) => Promise<object>) =>
  guarded(c, async () => {
    requireScope(c.get("caller"), scope);
    const id = owned("vid").safeParse(taskId);
    if (!id.success) throw notFound();
    const video = unwrap(await userObject(c.env, addressOf(c, id.data)).readVideo(id.data));
    return { resultType: "complete", ...(await handle(video)) };
  });

/** A task with its result or its question. */
function shownTask(video: VideoWire): object {
  const task = taskOf(video);
  if (task.status === "input_required") return { ...task, inputRequests: { [questionKey(video)]: questionOf(video) } };
  if (task.status !== "completed") return task;
  const isError = video.status === "failed" ? { isError: true } : {};
  return { ...task, result: { resultType: "complete", ...resultOf(answerOfVideo(video)), ...isError } };
}

/** Each question has its own key: a late answer to an earlier one answers no other. */
const questionKey = ({ turn_id: turn }: VideoWire): string => `answer_${turn}`;

const questionOf = ({ message }: VideoWire) => ({
  method: "elicitation/create",
  params: {
    mode: "form",
    message: message ?? "The video agent has a question.",
    requestedSchema: {
      type: "object",
      properties: { answer: { type: "string", title: "Answer", minLength: 1 } },
      required: ["answer"],
    },
  },
});

const response = z.object({
  action: z.enum(["accept", "decline", "cancel"]),
  content: z.looseObject({ answer: z.unknown() }).optional(),
});

/**
 * Continues the video with the answer to its question, once for each question. A declined question stays open, and
 * answers to other questions are ignored.
 */
async function answerQuestion(c: Ctx, video: VideoWire, responses: Readonly<Record<string, unknown>>): Promise<void> {
  const key = questionKey(video);
  if (video.status !== "needs_input" || !Object.hasOwn(responses, key)) return;
  const read = response.safeParse(responses[key]);
  if (!read.success)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${key} is not a response to an elicitation.`);
  if (read.data.action !== "accept") return;
  requireScope(c.get("caller"), "render");
  const turn = argumentsOf(c, newVideoTurn, { prompt: read.data.content?.answer });
  c.set("idempotencyKey", key);
  c.set("bodyText", JSON.stringify({ key, prompt: turn.prompt }));
  await continueVideo(c, video.id, turn);
}
