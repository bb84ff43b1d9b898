/**
 * The events of a turn, as SSE frames and in JSON pages. In a frame, `event:` is the type, `id:` the cursor and `data:` the body.
 * Clients ignore unknown types.
 */
import * as z from "zod";
import { moment, owned } from "./common.ts";
import { timelineDiff } from "./timeline-diff.ts";
import { turn } from "./turn.ts";

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
