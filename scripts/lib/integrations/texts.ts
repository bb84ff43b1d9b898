/** What forms say of fields that the OpenAPI document leaves undescribed, and of every event type. */

export const HELP: Readonly<Record<string, string>> = {
  prompt: "What to make, in your own words.",
  assets: "Files to use: IDs of assets or uploads, or https addresses of files. Separate several by lines.",
  language: "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt.",
  "output.format": "The format of the file.",
  "output.quality": "The quality of the file.",
  name: "A name for the project, for your own use.",
  expires_in_seconds: "How long it works, in seconds.",
};

/** Of fields that are true or false, as n8n's rules want it. */
export const WHETHER: Readonly<Record<string, string>> = {
  reuse: "Whether to return the file of an earlier render if the timeline has not changed since",
};

/** The sentence for each event type. A type without one fails the generation. */
export const EVENTS: Readonly<Record<string, string>> = {
  "turn.completed": "The agent has answered a message",
  "turn.failed": "A message to the agent has failed",
  "turn.unknown": "It cannot be determined how a message to the agent ended",
  "timeline.changed": "A project's timeline has changed",
  "upload.completed": "A file was uploaded completely",
  "upload.expired": "An upload was not finished in time",
  "upload.failed": "An upload or import has failed",
  "asset.ready": "An uploaded file was checked and can be used",
  "asset.rejected": "An uploaded file cannot be used",
  "render.completed": "An export of a project is finished",
  "render.failed": "An export of a project has failed",
  "video.completed": "A video is finished",
  "video.failed": "A video has failed",
  "video.cancelled": "A video was cancelled",
  "video.needs_input": "The agent has a question before it can finish a video",
  "batch.completed": "All videos of a batch have ended",
  "generator_job.completed": "The agent has written a generator",
  "generator_job.failed": "The agent could not write a generator",
  "credits.low": "The credits are running low",
  "credits.exhausted": "The credits are used up",
  "credits.cap_reached": "A spending cap is reached",
  "token.expiring": "The Nemo token expires soon",
  "endpoint.disabled": "A webhook endpoint was disabled after failures",
  "hook.disabled": "A hook was disabled after failures",
};
