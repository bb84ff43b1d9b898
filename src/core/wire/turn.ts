/** A turn: one message and everything that came of it. */
import * as z from "zod";
import { callbackUrl, charged, failure, language, metadata, moment, owned, prompt, promptSource } from "./common.ts";
import { spent } from "./token.ts";

/** `completed`, `failed` and `unknown` are ends; an end never changes. */
export const TURN_STATUSES = ["queued", "running", "settling", "completed", "failed", "unknown"] as const;
export const turnStatus = z.enum(TURN_STATUSES);
export type TurnStatus = z.infer<typeof turnStatus>;

export const turn = z
  .object({
    id: owned("trn"),
    project_id: owned("prj"),
    status: turnStatus,
    intent: z.enum(["chat", "export", "credits", "state", "upload"]).meta({
      description: "What the prompt was taken for. Anything but `chat` was answered without a message to Nemo.",
    }),
    prompt: z.string().nullable().meta({ description: "Null for a user token where a generator wrote it." }),
    prompt_source: promptSource,
    text: z.string().nullable().meta({ description: "What the agent said, all messages joined by blank lines." }),
    text_complete: z
      .boolean()
      .meta({ description: "False while it runs, and when the stream was cut before its end." }),
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
        description: "What the end rests on: how the stream ended, what the timeline showed, what the balance did.",
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

export const newTurn = z.strictObject({
  prompt,
  route: z.enum(["auto", "chat"]).default("auto").meta({
    description:
      "`auto`: a prompt that is nothing but a command (export, credits, status, upload) is answered here, without a message to Nemo. `chat`: sent as it is.",
  }),
  act: z.enum(["suggest", "auto"]).default("suggest").meta({
    description: "`auto`: what the agent suggests and is safe is done, such as a render of this project.",
  }),
  language: language.optional(),
  on_session_loss: z.enum(["fail", "restart"]).default("fail").meta({
    description: "`restart`: when Nemo has lost the project's session, go on in a new one; its timeline is lost.",
  }),
  callback_url: callbackUrl,
  metadata: metadata.default({}),
});
export type NewTurn = z.infer<typeof newTurn>;
