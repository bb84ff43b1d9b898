/** Which forms the packages in integrations/ show, and where each comes from in the OpenAPI document. */
import type { Field } from "./fields.ts";

/**
 * Left out of every form: `callback_url` is set by the packages, `dry_run` answers in another shape, `dedupe` has no effect
 * beside an `Idempotency-Key`, `output` has one value that every deployment accepts, and variables have forms of their own.
 */
const LEFT_OUT = ["callback_url", "dry_run", "dedupe", "output", "variables", "scopes"];

/** The request bodies that have a form: the name of the form, and of the schema. */
export const FORMS = {
  newVideo: "NewVideo",
  newGeneratorVideo: "NewGeneratorVideo",
  newVideoTurn: "NewVideoTurn",
  newProject: "NewProject",
  newTurn: "NewTurn",
  newRender: "NewRender",
  newImport: "NewImport",
  newUserToken: "NewUserToken",
} as const;
export type FormName = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as FormName[]; // the keys of the object above

/** The answers that have outputs: the name, the schema, and the operation whose example is the sample. */
export const ANSWERS = {
  video: { schema: "Video", operation: "videos.retrieve" },
  turn: { schema: "Turn", operation: "turns.retrieve" },
  project: { schema: "Project", operation: "projects.create" },
  render: { schema: "Render", operation: "renders.retrieve" },
  upload: { schema: "Upload", operation: "uploads.import" },
} as const;

/** The events that Zapier and Make have a trigger for. n8n's trigger offers all types. */
export const TRIGGERS = [
  "video.completed",
  "video.failed",
  "video.needs_input",
  "render.completed",
  "render.failed",
  "turn.completed",
  "batch.completed",
] as const;

/** The fields of a form: those of the body that can be typed into one. */
export const inForm = (fields: readonly Field[]): Field[] =>
  fields.filter(({ path }) => !LEFT_OUT.includes(path.join(".")));

export const nameOf = ({ path }: Field): string => path.join("__");

/** `video.needs_input` → `Video Needs Input`. */
export const eventLabel = (type: string): string =>
  type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

/** A text that has one value for each line or paragraph of a form. */
export const isLong = ({ path }: Field): boolean => path.at(-1) === "prompt";
