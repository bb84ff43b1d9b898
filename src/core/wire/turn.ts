/**
 * A turn: one prompt to the agent, its result, and its events as SSE frames and in JSON pages. In a frame, `event:` is the type,
 * `id:` the cursor and `data:` the body. Clients ignore unknown types.
 */
import * as z from "zod";
import { ownedIdPattern } from "../ids.ts";
import { LONG_POLL_MAX_SECONDS } from "../limits.ts";
import {
  callbackUrl,
  charged,
  failure,
  language,
  metadata,
  moment,
  owned,
  pageQuery,
  plain,
  prompt,
  promptSource,
} from "./common.ts";
import { timelineDiff } from "./project.ts";
import { spent } from "./token.ts";

/** `completed`, `failed` and `unknown` are final. */
export const TURN_STATUSES = ["queued", "running", "settling", "completed", "failed", "unknown"] as const;
export const turnStatus = z.enum(TURN_STATUSES).meta({ id: "TurnStatus" });
export type TurnStatus = z.infer<typeof turnStatus>;

/** How a turn was requested. `workflow`: by a video, a batch or a generator job. */
const TURN_CHANNELS = ["api", "user_token", "console", "mcp", "workflow"] as const;
const turnChannel = z.enum(TURN_CHANNELS).meta({ id: "TurnChannel" });
export type TurnChannel = z.infer<typeof turnChannel>;

export const turn = z
  .object({
    id: owned("trn"),
    project_id: owned("prj"),
    status: turnStatus,
    intent: z.enum(["chat", "export", "credits", "state", "upload"]).meta({
      id: "TurnIntent",
      description:
        "How the prompt was interpreted. All values except `chat` were answered by the gateway, without a message to Nemo.",
    }),
    prompt: z
      .string()
      .nullable()
      .meta({ description: "Null for a user token if the prompt was built from a generator." }),
    prompt_source: promptSource,
    channel: turnChannel.nullable().meta({
      description:
        "How it was requested: with an API key, with a user token, in the console, over MCP, or by a video, batch or generator job (`workflow`). Null for turns from before this was recorded.",
    }),
    key_id: plain("key").nullable().meta({
      description: "The API key that requested it, or that issued the user token. Null for a user token.",
    }),
    text: z.string().nullable().meta({ description: "The agent's messages, joined by blank lines." }),
    text_complete: z.boolean().meta({ description: "False while the turn is running, and if the stream ended early." }),
    charged: charged.nullable().meta({ description: "Null until the turn has ended." }),
    credits: spent.nullable(),
    timeline: z.object({ changed: z.boolean(), summary: z.string() }).nullable(),
    evidence: z
      .object({
        stream: z.enum(["none", "closed", "error", "cut", "lost", "cancelled"]),
        timeline: z.enum(["unread", "unchanged", "changed"]),
        balance: z.enum(["unread", "equal", "lower", "shared"]),
      })
      .nullable()
      .meta({
        description: "The evidence for the final status: the end of the stream, the timeline and the credit balance.",
      }),
    error: failure.nullable(),
    language: z.string().nullable(),
    metadata,
    render_ids: z.array(owned("rnd")),
    events_url: z.string(),
    created_at: moment,
    sent_at: moment.nullable(),
    ended_at: moment.nullable(),
  })
  .meta({ id: "Turn" });
export type TurnWire = z.infer<typeof turn>;

/** The query of the list of a project's turns, which is also a long poll. */
export const turnsQuery = pageQuery(ownedIdPattern("trn")).extend({
  newest: owned("trn")
    .optional()
    .meta({ description: "The newest turn that you know. Leave it out if you know of none." }),
  wait: z.coerce
    .number()
    .min(0)
    .max(LONG_POLL_MAX_SECONDS)
    .default(0)
    .meta({ description: "Seconds to wait while `newest` is the newest turn of the project." }),
});

export const newTurn = z
  .strictObject({
    prompt,
    route: z.enum(["auto", "chat"]).default("auto").meta({
      description:
        "`auto`: a prompt that is only a command (export, credits, status, upload) is answered by the gateway, without a message to Nemo. `chat`: the prompt is always sent to Nemo.",
    }),
    act: z.enum(["suggest", "auto"]).default("suggest").meta({
      description:
        "`auto`: safe actions that the agent suggests are performed, such as a render of this project. `suggest`: they are only reported as `action` events.",
    }),
    language: language.optional(),
    on_session_loss: z.enum(["fail", "restart"]).default("fail").meta({
      description:
        "If Nemo has lost the project's session. `fail`: the turn fails. `restart`: the turn continues in a new session; the timeline is lost.",
    }),
    callback_url: callbackUrl,
    metadata: metadata.default({}),
  })
  .meta({ id: "NewTurn" });
export type NewTurn = z.infer<typeof newTurn>;

export const TERMINAL_EVENTS = ["turn.completed", "turn.failed", "turn.unknown"] as const;

export const turnEvent = z
  .discriminatedUnion("type", [
    z
      .object({ type: z.literal("turn.started"), id: owned("trn"), events_url: z.string() })
      .meta({ id: "TurnStartedEvent" }),
    z
      .object({
        type: z.literal("turn.queued"),
        id: owned("trn"),
        position: z.int(),
        ahead_ends_by: moment
          .nullable()
          .optional()
          .meta({ description: "The time by which the project's running turn has ended; null if none is running." }),
      })
      .meta({ id: "TurnQueuedEvent" }),
    z
      .object({
        type: z.literal("message"),
        message: z.int().meta({ description: "The number of the message in the turn, from 1." }),
        text: z.string().meta({
          description:
            "If `partial`, a chunk to append to the message; otherwise the complete message, which replaces the chunks.",
        }),
        partial: z.boolean(),
      })
      .meta({ id: "MessageEvent" }),
    z
      .object({
        type: z.literal("action"),
        action: z.enum(["timeline", "render", "credits", "turn", "upload"]),
        method: z.enum(["GET", "POST"]),
        path: z.string(),
      })
      .meta({ id: "ActionEvent" }),
    z
      .object({
        type: z.literal("progress"),
        stage: z.enum(["preparing", "working", "generating", "editing", "settling", "rendering"]),
        elapsed_ms: z.int(),
      })
      .meta({ id: "ProgressEvent" }),
    z
      .object({
        type: z.literal("timeline.changed"),
        summary: z.string(),
        line: z.string().meta({ description: "The changes in one line, in the caller's language." }),
        diff: timelineDiff.nullable().meta({ description: "Null if the previous timeline is unknown." }),
      })
      .meta({ id: "TimelineChangedEvent" }),
    z
      .object({ type: z.literal("project.session_replaced"), project_id: owned("prj") })
      .meta({ id: "SessionReplacedEvent" }),
    z.object({ type: z.literal("turn.completed"), turn }).meta({ id: "TurnCompletedEvent" }),
    z.object({ type: z.literal("turn.failed"), turn }).meta({ id: "TurnFailedEvent" }),
    z.object({ type: z.literal("turn.unknown"), turn }).meta({ id: "TurnUnknownEvent" }),
  ])
  .meta({ id: "TurnEvent" });
export type TurnEventWire = z.infer<typeof turnEvent>;

/** True for the last event of a turn's stream. */
export const isTerminal = (type: string): boolean => (TERMINAL_EVENTS as readonly string[]).includes(type);

/** A page of events, for clients that cannot read SSE. */
export const turnEventsPage = z
  .object({
    data: z.array(z.object({ id: z.int(), event: turnEvent }).meta({ id: "TurnEventEntry" })),
    next_after: z.int(),
    ended: z.boolean(),
  })
  .meta({ id: "TurnEventPage" });
export type TurnEventsPage = z.infer<typeof turnEventsPage>;
