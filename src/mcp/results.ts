/** Results of tools: parts of the REST resources, and texts that say what to do next. */
import * as z from "zod";
import { moment, pageSchema, withUser } from "../core/wire/common.ts";
import { shownGenerator } from "../core/wire/generator.ts";
import { type RenderWire, render } from "../core/wire/render.ts";
import { type TurnWire, turn } from "../core/wire/turn.ts";
import { type UploadWire, upload } from "../core/wire/upload.ts";
import { type VideoWire, video } from "../core/wire/video.ts";
import { shorten } from "./call.ts";
import type { FileLink, ToolAnswer } from "./tool.ts";

/** Characters of the agent's message in a text. Chosen: leaves room for what to do next. */
const MESSAGE_CHARS = 320;

/** The fields of a resource that the schema names. */
export function partOf<S extends z.ZodObject>(schema: S, whole: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.keys(schema.shape).flatMap((name) => (name in whole ? [[name, whole[name]]] : [])));
}

export const videoPart = video.pick({
  id: true,
  status: true,
  stage: true,
  progress: true,
  message: true,
  error: true,
  project_id: true,
  render_id: true,
  charged: true,
  credits: true,
  download_url: true,
  download_url_expires_at: true,
  size_bytes: true,
  duration_ms: true,
  width: true,
  height: true,
  estimated_seconds: true,
  deduplicated: true,
  created_at: true,
  ended_at: true,
});
/** A video in a list that can span all users. */
export const listedVideoPart = videoPart.extend(withUser.shape);
export const videoParts = pageSchema(listedVideoPart);

export const turnPart = turn.pick({
  id: true,
  project_id: true,
  status: true,
  prompt: true,
  channel: true,
  key_id: true,
  text: true,
  text_complete: true,
  charged: true,
  credits: true,
  timeline: true,
  error: true,
  render_ids: true,
  created_at: true,
  ended_at: true,
});

export const renderPart = render.pick({
  id: true,
  project_id: true,
  status: true,
  progress: true,
  output: true,
  download_url: true,
  download_url_expires_at: true,
  size_bytes: true,
  duration_ms: true,
  width: true,
  height: true,
  reused_from: true,
  error: true,
  created_at: true,
  ended_at: true,
});

export const uploadPart = upload.pick({
  id: true,
  status: true,
  filename: true,
  size_bytes: true,
  asset_id: true,
  error: true,
  expires_at: true,
});

/** An upload with the link to which its content is sent. */
export const createdUpload = uploadPart.extend({
  put_url: z
    .string()
    .nullable()
    .meta({ description: "`PUT` the file here once, without a credential. Null if it was sent." }),
  put_url_expires_at: moment.nullable(),
});

export const generatorPart = shownGenerator.pick({
  id: true,
  slug: true,
  name: true,
  description: true,
  variables: true,
  needs_file: true,
  accepts: true,
  expected_seconds: true,
  made_by: true,
});
export const generatorParts = pageSchema(generatorPart);

type Failure = NonNullable<VideoWire["error"]>;
const whyOf = (error: Failure | null): string =>
  error === null ? "" : ` ${shorten(error.detail, MESSAGE_CHARS)} (${error.code}).`;
const chargedOf = (charged: VideoWire["charged"]): string => (charged === null ? "" : ` Charged: ${charged}.`);

/** The link to a finished file; null if there is none. */
function fileOf(one: VideoWire | RenderWire): FileLink | null {
  if (one.download_url === null) return null;
  return { uri: one.download_url, name: `${one.id}.mp4`, mimeType: "video/mp4", sizeBytes: one.size_bytes };
}

/** `10 s, 1920x1080`; empty if nothing is known. */
function sizeOf({ duration_ms: ms, width, height }: VideoWire | RenderWire): string {
  const known = [ms === null ? "" : `${Math.round(ms / 100) / 10} s`, width === null ? "" : `${width}x${height}`];
  return known.filter((part) => part !== "").join(", ");
}

/** `isRepeated`: an identical call created it. */
export function answerOfVideo(one: VideoWire, isRepeated = false): ToolAnswer {
  const before = isRepeated
    ? "The same call within the last 60 seconds created this video; no second one was made. "
    : "";
  const data = { ...partOf(videoPart, one), ...(isRepeated ? { deduplicated: true } : {}) };
  return { data, text: before + videoText(one), file: fileOf(one), video: one };
}

function videoText(one: VideoWire): string {
  const { id, status, stage, progress, message, error, charged, download_url: link } = one;
  if (status === "completed") {
    const size = sizeOf(one);
    const file = link === null ? "Its file was deleted. " : `Give the user this link: ${link}\n`;
    return `The video ${id} is ready${size === "" ? "" : ` (${size})`}. ${file}To change it, call continue_video with this id.`;
  }
  if (status === "needs_input")
    return `The agent has a question: "${shorten(message ?? "", MESSAGE_CHARS)}" Ask the user, then call continue_video with id ${id} and the answer as prompt.`;
  if (status === "failed")
    return `The video ${id} failed.${whyOf(error)}${chargedOf(charged)} To try in the same project, call continue_video with this id.`;
  if (status === "cancelled") return `The video ${id} was cancelled.${chargedOf(charged)}`;
  return `The video ${id} is in progress (${stage}, ${progress} %). Call wait_for_video with id ${id}.`;
}

export const turnParts = pageSchema(turnPart);

export function answerOfTurn(one: TurnWire, isRepeated = false): ToolAnswer {
  const before = isRepeated
    ? "The same call within the last 60 seconds created this turn; nothing was sent again. "
    : "";
  return { data: partOf(turnPart, one), text: before + turnText(one) };
}

function turnText({
  id,
  project_id: project,
  status,
  text,
  charged,
  error,
  ended_at: end,
  timeline,
}: TurnWire): string {
  const said = text === null || text === "" ? "" : `The agent says: "${shorten(text, MESSAGE_CHARS)}" `;
  if (end === null)
    return `${said}The turn ${id} of project ${project} is in progress. Call wait_for_turn with id ${id}.`;
  if (status === "failed") return `${said}The turn failed.${whyOf(error)}${chargedOf(charged)}`;
  const changed = timeline?.changed === true ? "The timeline has changed. " : "";
  const next = `To continue, call chat with project ${project}; to export it, call render_project.`;
  if (status === "completed") return `${said}${changed}${next}`;
  return `${said}It is unknown how the turn ended; call get_timeline with project ${project} before you send it again.`;
}

export function answerOfRender(one: RenderWire): ToolAnswer {
  return { data: partOf(renderPart, one), text: renderText(one), file: fileOf(one) };
}

function renderText(one: RenderWire): string {
  const { id, status, progress, error, download_url: link } = one;
  if (status === "failed") return `The render ${id} failed.${whyOf(error)}`;
  if (status !== "completed")
    return `The render ${id} is in progress (${progress} %). Call wait_for_render with id ${id}.`;
  const size = sizeOf(one);
  const file = link === null ? "Its file was deleted." : `Give the user this link: ${link}`;
  return `The render ${id} is ready${size === "" ? "" : ` (${size})`}. ${file}`;
}

export function answerOfImport(one: UploadWire): ToolAnswer {
  const text =
    one.status === "failed"
      ? `The import failed.${whyOf(one.error)}`
      : `The file is being imported as ${one.id}. You need not wait: call make_video with this id in assets.`;
  return { data: partOf(uploadPart, one), text };
}

type PutLink = { readonly url: string; readonly expires_at: string };

/** `link`: null for an upload that a repeated call finds completed. */
export function answerOfUpload(one: UploadWire, link: PutLink | null): ToolAnswer {
  const data = { ...partOf(uploadPart, one), put_url: link?.url ?? null, put_url_expires_at: link?.expires_at ?? null };
  const next = `call make_video with ${one.id} in assets`;
  if (link === null) return { data, text: `The file was sent already: ${next}.` };
  const how = `Send the file with PUT, exactly ${one.size_bytes} bytes, once, until ${link.expires_at}; no key is needed: curl -T FILE ${link.url}`;
  return { data, text: `${how}\nThen ${next}.` };
}

/** The query of a page, for the next call. */
export const moreText = (page: { readonly next_cursor: string | null }): string =>
  page.next_cursor === null ? "" : ` There are more: call again with after ${page.next_cursor}.`;
