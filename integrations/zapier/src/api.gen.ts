// Generated from the gateway's OpenAPI document by npm run integrations:generate. Do not edit.

type Sample = Record<string, unknown>;
type InputField = {
  key: string;
  label: string;
  type: "string" | "text" | "integer" | "number" | "boolean";
  helpText?: string;
  required: boolean;
  list?: boolean;
  dict?: boolean;
  choices?: string[];
  default?: string;
  placeholder?: string;
};
type OutputField = {
  key: string;
  label: string;
  type: "string" | "integer" | "number" | "boolean" | "datetime";
  list?: boolean;
};

export type FormName = "newVideo" | "newGeneratorVideo" | "newVideoTurn" | "newProject" | "newTurn" | "newRender" | "newImport" | "newUserToken";
export type AnswerName = "video" | "turn" | "project" | "render" | "upload";
export type EventName = "video.completed" | "video.failed" | "video.needs_input" | "render.completed" | "render.failed" | "turn.completed" | "batch.completed";

/** The input fields of each request body. */
export const INPUTS: Record<FormName, InputField[]> = {
  "newVideo": [
    {
      "key": "prompt",
      "label": "Prompt",
      "type": "text",
      "helpText": "What to make, in your own words.",
      "required": true,
      "placeholder": "turn this video into a new short promotional clip with music and transitions"
    },
    {
      "key": "assets",
      "label": "Assets",
      "type": "string",
      "helpText": "Files to use: IDs of assets or uploads, or https addresses of files. Separate several by lines.",
      "required": false,
      "list": true,
      "placeholder": "https://example.com/clip.mp4"
    },
    {
      "key": "project",
      "label": "Project",
      "type": "string",
      "helpText": "The project to use. Defaults to a new project.",
      "required": false,
      "placeholder": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
    },
    {
      "key": "language",
      "label": "Language",
      "type": "string",
      "helpText": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt.",
      "required": false,
      "placeholder": "en"
    },
    {
      "key": "on_question",
      "label": "On Question",
      "type": "string",
      "helpText": "What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.",
      "required": false,
      "default": "wait"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newGeneratorVideo": [
    {
      "key": "assets",
      "label": "Assets",
      "type": "string",
      "helpText": "Files to use: IDs of assets or uploads, or https addresses of files. Separate several by lines.",
      "required": false,
      "list": true,
      "placeholder": "https://example.com/clip.mp4"
    },
    {
      "key": "project",
      "label": "Project",
      "type": "string",
      "helpText": "The project to use. Defaults to a new project.",
      "required": false,
      "placeholder": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
    },
    {
      "key": "language",
      "label": "Language",
      "type": "string",
      "helpText": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt.",
      "required": false,
      "placeholder": "en"
    },
    {
      "key": "on_question",
      "label": "On Question",
      "type": "string",
      "helpText": "What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.",
      "required": false,
      "default": "wait"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newVideoTurn": [
    {
      "key": "prompt",
      "label": "Prompt",
      "type": "text",
      "helpText": "What to make, in your own words.",
      "required": true,
      "placeholder": "turn this video into a new short promotional clip with music and transitions"
    }
  ],
  "newProject": [
    {
      "key": "name",
      "label": "Name",
      "type": "string",
      "helpText": "A name for the project, for your own use.",
      "required": false
    },
    {
      "key": "language",
      "label": "Language",
      "type": "string",
      "helpText": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt.",
      "required": false,
      "placeholder": "en"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newTurn": [
    {
      "key": "prompt",
      "label": "Prompt",
      "type": "text",
      "helpText": "What to make, in your own words.",
      "required": true,
      "placeholder": "turn this video into a new short promotional clip with music and transitions"
    },
    {
      "key": "route",
      "label": "Route",
      "type": "string",
      "helpText": "`auto`: a prompt that is only a command (export, credits, status, upload) is answered by the gateway, without a message to Nemo. `chat`: the prompt is always sent to Nemo.",
      "required": false,
      "choices": [
        "auto",
        "chat"
      ],
      "default": "auto"
    },
    {
      "key": "act",
      "label": "Act",
      "type": "string",
      "helpText": "`auto`: safe actions that the agent suggests are performed, such as a render of this project. `suggest`: they are only reported as `action` events.",
      "required": false,
      "choices": [
        "suggest",
        "auto"
      ],
      "default": "suggest"
    },
    {
      "key": "language",
      "label": "Language",
      "type": "string",
      "helpText": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt.",
      "required": false,
      "placeholder": "en"
    },
    {
      "key": "on_session_loss",
      "label": "On Session Loss",
      "type": "string",
      "helpText": "If Nemo has lost the project's session. `fail`: the turn fails. `restart`: the turn continues in a new session; the timeline is lost.",
      "required": false,
      "choices": [
        "fail",
        "restart"
      ],
      "default": "fail"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newRender": [
    {
      "key": "reuse",
      "label": "Reuse",
      "type": "boolean",
      "helpText": "Reuse the file of an earlier render if the timeline has not changed.",
      "required": false,
      "default": "true"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newImport": [
    {
      "key": "url",
      "label": "URL",
      "type": "string",
      "helpText": "The https address of the file, without user info. It is never returned, and deleted when the import has ended.",
      "required": true,
      "placeholder": "https://example.com/clip.mp4"
    },
    {
      "key": "file_name",
      "label": "File Name",
      "type": "string",
      "helpText": "Defaults to the name given by the server or by the address.",
      "required": false,
      "placeholder": "clip.mp4"
    },
    {
      "key": "metadata",
      "label": "Metadata",
      "type": "string",
      "helpText": "Your own labels, returned unchanged in responses and webhooks.",
      "required": false,
      "dict": true
    }
  ],
  "newUserToken": [
    {
      "key": "expires_in_seconds",
      "label": "Expires In Seconds",
      "type": "integer",
      "helpText": "How long it works, in seconds.",
      "required": false,
      "default": "3600"
    }
  ]
};

/** A sample and the output fields of each answer. */
export const ANSWERS: Record<AnswerName, { sample: Sample; outputFields: OutputField[] }> = {
  "video": {
    "sample": {
      "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
      "status": "completed",
      "stage": "done",
      "progress": 100,
      "elapsed_ms": 666,
      "prompt": "make a 4 second clip of the sea",
      "prompt_source": "caller",
      "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
      "generator": null,
      "batch_id": null,
      "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
      "turn_id": "trn_01m8kxwmckw57nnd60kh8b89f1k136vrvz22",
      "render_id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
      "asset_ids": [],
      "charged": "unknown",
      "credits": {
        "amount": null,
        "basis": "unknown"
      },
      "error": null,
      "metadata": {},
      "status_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
      "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events",
      "download_url": "https://gateway.example/f/…",
      "download_url_expires_at": "2026-12-06T15:00:00.000Z",
      "size_bytes": 20526,
      "duration_ms": 4000,
      "width": 1920,
      "height": 1080,
      "content_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/content",
      "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/cancel",
      "poll_after_seconds": null,
      "estimated_seconds": null,
      "created_at": "2026-11-29T15:13:31.009Z",
      "ended_at": "2026-11-29T15:13:31.675Z"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "stage",
        "label": "Stage",
        "type": "string"
      },
      {
        "key": "progress",
        "label": "Progress",
        "type": "integer"
      },
      {
        "key": "elapsed_ms",
        "label": "Elapsed (ms)",
        "type": "integer"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "prompt_source",
        "label": "Prompt Source",
        "type": "string"
      },
      {
        "key": "message",
        "label": "Message",
        "type": "string"
      },
      {
        "key": "generator__id",
        "label": "Generator ID",
        "type": "string"
      },
      {
        "key": "generator__slug",
        "label": "Generator Slug",
        "type": "string"
      },
      {
        "key": "generator__version",
        "label": "Generator Version",
        "type": "integer"
      },
      {
        "key": "batch_id",
        "label": "Batch ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "turn_id",
        "label": "Turn ID",
        "type": "string"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "asset_ids",
        "label": "Asset IDs",
        "type": "string",
        "list": true
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "credits__amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits__basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "error__code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error__title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error__detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "error__retryable",
        "label": "Error Retryable",
        "type": "boolean"
      },
      {
        "key": "error__register_url",
        "label": "Error Register URL",
        "type": "string"
      },
      {
        "key": "error__hint",
        "label": "Error Hint",
        "type": "string"
      },
      {
        "key": "status_url",
        "label": "Status URL",
        "type": "string"
      },
      {
        "key": "events_url",
        "label": "Events URL",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "content_url",
        "label": "Content URL",
        "type": "string"
      },
      {
        "key": "cancel_url",
        "label": "Cancel URL",
        "type": "string"
      },
      {
        "key": "poll_after_seconds",
        "label": "Poll After Seconds",
        "type": "integer"
      },
      {
        "key": "estimated_seconds",
        "label": "Estimated Seconds",
        "type": "integer"
      },
      {
        "key": "deduplicated",
        "label": "Deduplicated",
        "type": "boolean"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "turn": {
    "sample": {
      "id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22",
      "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
      "status": "completed",
      "intent": "chat",
      "prompt": "make a 4 second clip of the sea",
      "prompt_source": "caller",
      "channel": "api",
      "key_id": "key_01m8kxwkrfshzp1rrd7c",
      "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
      "text_complete": true,
      "charged": "yes",
      "credits": {
        "amount": 100,
        "basis": "measured"
      },
      "timeline": {
        "changed": true,
        "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)"
      },
      "evidence": {
        "stream": "closed",
        "timeline": "changed",
        "balance": "lower"
      },
      "error": null,
      "language": null,
      "metadata": {},
      "render_ids": [
        "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22"
      ],
      "events_url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events",
      "created_at": "2026-11-29T15:13:30.671Z",
      "sent_at": "2026-11-29T15:13:30.716Z",
      "ended_at": "2026-11-29T15:13:30.833Z"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "intent",
        "label": "Intent",
        "type": "string"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "prompt_source",
        "label": "Prompt Source",
        "type": "string"
      },
      {
        "key": "channel",
        "label": "Channel",
        "type": "string"
      },
      {
        "key": "key_id",
        "label": "Key ID",
        "type": "string"
      },
      {
        "key": "text",
        "label": "Text",
        "type": "string"
      },
      {
        "key": "text_complete",
        "label": "Text Complete",
        "type": "boolean"
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "credits__amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits__basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "timeline__changed",
        "label": "Timeline Changed",
        "type": "boolean"
      },
      {
        "key": "timeline__summary",
        "label": "Timeline Summary",
        "type": "string"
      },
      {
        "key": "evidence__stream",
        "label": "Evidence Stream",
        "type": "string"
      },
      {
        "key": "evidence__timeline",
        "label": "Evidence Timeline",
        "type": "string"
      },
      {
        "key": "evidence__balance",
        "label": "Evidence Balance",
        "type": "string"
      },
      {
        "key": "error__code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error__title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error__detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "error__retryable",
        "label": "Error Retryable",
        "type": "boolean"
      },
      {
        "key": "error__register_url",
        "label": "Error Register URL",
        "type": "string"
      },
      {
        "key": "error__hint",
        "label": "Error Hint",
        "type": "string"
      },
      {
        "key": "language",
        "label": "Language",
        "type": "string"
      },
      {
        "key": "render_ids",
        "label": "Render IDs",
        "type": "string",
        "list": true
      },
      {
        "key": "events_url",
        "label": "Events URL",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "sent_at",
        "label": "Sent At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "project": {
    "sample": {
      "id": "prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22",
      "name": "project",
      "language": null,
      "summary": null,
      "metadata": {},
      "turns_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/turns",
      "timeline_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/timeline",
      "renders_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/renders",
      "created_at": "2026-11-29T15:13:32.710Z"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "name",
        "label": "Name",
        "type": "string"
      },
      {
        "key": "language",
        "label": "Language",
        "type": "string"
      },
      {
        "key": "summary",
        "label": "Summary",
        "type": "string"
      },
      {
        "key": "turns_url",
        "label": "Turns URL",
        "type": "string"
      },
      {
        "key": "timeline_url",
        "label": "Timeline URL",
        "type": "string"
      },
      {
        "key": "renders_url",
        "label": "Renders URL",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      }
    ]
  },
  "render": {
    "sample": {
      "id": "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22",
      "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
      "status": "completed",
      "stage": null,
      "progress": 100,
      "output": {
        "format": "mp4",
        "quality": "high"
      },
      "file": {
        "size_bytes": 20526,
        "etag": "\"5e3fd89c397001ab8a1195aa68bac6cb\"",
        "content_type": "video/mp4",
        "sha256": "c858648825ea6d4adae92f0806b12dca2290f8ce89bc597a142f4d420ead7c28",
        "duration_ms": 4000,
        "width": 1920,
        "height": 1080,
        "codec": "h264",
        "expires_at": "2026-12-29T15:13:31.574Z"
      },
      "download_url": "https://gateway.example/f/…",
      "download_url_expires_at": "2026-12-06T15:00:00.000Z",
      "size_bytes": 20526,
      "duration_ms": 4000,
      "width": 1920,
      "height": 1080,
      "content_url": "https://gateway.example/v1/renders/rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22/content",
      "reused_from": null,
      "warnings": [],
      "attempts": [],
      "error": null,
      "metadata": {},
      "created_at": "2026-11-29T15:13:31.112Z",
      "next_check_at": null,
      "ended_at": "2026-11-29T15:13:31.574Z"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "stage",
        "label": "Stage",
        "type": "string"
      },
      {
        "key": "progress",
        "label": "Progress",
        "type": "integer"
      },
      {
        "key": "output__format",
        "label": "Output Format",
        "type": "string"
      },
      {
        "key": "output__quality",
        "label": "Output Quality",
        "type": "string"
      },
      {
        "key": "file__size_bytes",
        "label": "File Size Bytes",
        "type": "integer"
      },
      {
        "key": "file__etag",
        "label": "File Etag",
        "type": "string"
      },
      {
        "key": "file__content_type",
        "label": "File Content Type",
        "type": "string"
      },
      {
        "key": "file__sha256",
        "label": "File SHA-256",
        "type": "string"
      },
      {
        "key": "file__duration_ms",
        "label": "File Duration (ms)",
        "type": "integer"
      },
      {
        "key": "file__width",
        "label": "File Width",
        "type": "integer"
      },
      {
        "key": "file__height",
        "label": "File Height",
        "type": "integer"
      },
      {
        "key": "file__codec",
        "label": "File Codec",
        "type": "string"
      },
      {
        "key": "file__expires_at",
        "label": "File Expires At",
        "type": "datetime"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "content_url",
        "label": "Content URL",
        "type": "string"
      },
      {
        "key": "reused_from",
        "label": "Reused From",
        "type": "string"
      },
      {
        "key": "error__code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error__title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error__detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "error__retryable",
        "label": "Error Retryable",
        "type": "boolean"
      },
      {
        "key": "error__register_url",
        "label": "Error Register URL",
        "type": "string"
      },
      {
        "key": "error__hint",
        "label": "Error Hint",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "next_check_at",
        "label": "Next Check At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "upload": {
    "sample": {
      "id": "upl_01m8kxwp9tg64jqqfz568b89f1k136vrvz22",
      "status": "open",
      "source": "import",
      "filename": "clip.mp4",
      "size_bytes": null,
      "offset_bytes": 0,
      "asset_id": null,
      "error": null,
      "concat": null,
      "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwp9tg64jqqfz568b89f1k136vrvz22/content",
      "metadata": {},
      "created_at": "2026-11-29T15:13:32.992Z",
      "expires_at": "2026-11-29T15:37:32.992Z"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "source",
        "label": "Source",
        "type": "string"
      },
      {
        "key": "filename",
        "label": "Filename",
        "type": "string"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "offset_bytes",
        "label": "Offset Bytes",
        "type": "integer"
      },
      {
        "key": "asset_id",
        "label": "Asset ID",
        "type": "string"
      },
      {
        "key": "error__code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error__title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error__detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "error__retryable",
        "label": "Error Retryable",
        "type": "boolean"
      },
      {
        "key": "error__register_url",
        "label": "Error Register URL",
        "type": "string"
      },
      {
        "key": "error__hint",
        "label": "Error Hint",
        "type": "string"
      },
      {
        "key": "concat",
        "label": "Concat",
        "type": "string"
      },
      {
        "key": "content_url",
        "label": "Content URL",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "expires_at",
        "label": "Expires At",
        "type": "datetime"
      }
    ]
  }
};

/** A sample and the output fields of each event that has a trigger. */
export const EVENTS: Record<
  EventName,
  { label: string; description: string; sample: Sample; outputFields: OutputField[] }
> = {
  "video.completed": {
    "label": "Video Completed",
    "description": "A video is finished",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "video.completed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "completed",
      "stage": "done",
      "prompt": "turn this video into a new short promotional clip with music and transitions",
      "message": "Your clip is ready.",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "charged": "yes",
      "download_url": "https://gateway.example/f/sample",
      "download_url_expires_at": "2026-11-28T10:00:00.000Z",
      "size_bytes": 9500000,
      "duration_ms": 15000,
      "width": 1920,
      "height": 1080,
      "generator": null,
      "credits_amount": 12,
      "credits_basis": "measured",
      "error_code": null,
      "error_title": null,
      "error_detail": null,
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "video_id",
        "label": "Video ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "stage",
        "label": "Stage",
        "type": "string"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "message",
        "label": "Message",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "turn_id",
        "label": "Turn ID",
        "type": "string"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "asset_ids",
        "label": "Asset IDs",
        "type": "string"
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "generator",
        "label": "Generator",
        "type": "string"
      },
      {
        "key": "credits_amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits_basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "video.failed": {
    "label": "Video Failed",
    "description": "A video has failed",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "video.failed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "failed",
      "stage": "done",
      "prompt": "turn this video into a new short promotional clip with music and transitions",
      "message": "Your clip is ready.",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "render_id": null,
      "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "charged": "no",
      "download_url": null,
      "download_url_expires_at": null,
      "size_bytes": null,
      "duration_ms": null,
      "width": null,
      "height": null,
      "generator": null,
      "credits_amount": 12,
      "credits_basis": "measured",
      "error_code": "nemo_unavailable",
      "error_title": "The video service is not responding",
      "error_detail": "Try it again.",
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "video_id",
        "label": "Video ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "stage",
        "label": "Stage",
        "type": "string"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "message",
        "label": "Message",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "turn_id",
        "label": "Turn ID",
        "type": "string"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "asset_ids",
        "label": "Asset IDs",
        "type": "string"
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "generator",
        "label": "Generator",
        "type": "string"
      },
      {
        "key": "credits_amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits_basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "video.needs_input": {
    "label": "Video Needs Input",
    "description": "The agent has a question before it can finish a video",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "video.needs_input",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "needs_input",
      "stage": "timeline",
      "prompt": "turn this video into a new short promotional clip with music and transitions",
      "message": "Which of the two songs shall I take?",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "render_id": null,
      "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "charged": "yes",
      "download_url": null,
      "download_url_expires_at": null,
      "size_bytes": null,
      "duration_ms": null,
      "width": null,
      "height": null,
      "generator": null,
      "credits_amount": 12,
      "credits_basis": "measured",
      "error_code": null,
      "error_title": null,
      "error_detail": null,
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "video_id",
        "label": "Video ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "stage",
        "label": "Stage",
        "type": "string"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "message",
        "label": "Message",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "turn_id",
        "label": "Turn ID",
        "type": "string"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "asset_ids",
        "label": "Asset IDs",
        "type": "string"
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "generator",
        "label": "Generator",
        "type": "string"
      },
      {
        "key": "credits_amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits_basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "render.completed": {
    "label": "Render Completed",
    "description": "An export of a project is finished",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "render.completed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "completed",
      "reused_from": null,
      "format": "mp4",
      "quality": "high",
      "download_url": "https://gateway.example/f/sample",
      "download_url_expires_at": "2026-11-28T10:00:00.000Z",
      "size_bytes": 9500000,
      "duration_ms": 15000,
      "width": 1920,
      "height": 1080,
      "codec": "h264",
      "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
      "warnings": "",
      "error_code": null,
      "error_title": null,
      "error_detail": null,
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "reused_from",
        "label": "Reused From",
        "type": "string"
      },
      {
        "key": "format",
        "label": "Format",
        "type": "string"
      },
      {
        "key": "quality",
        "label": "Quality",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "codec",
        "label": "Codec",
        "type": "string"
      },
      {
        "key": "sha256",
        "label": "SHA-256",
        "type": "string"
      },
      {
        "key": "warnings",
        "label": "Warnings",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "render.failed": {
    "label": "Render Failed",
    "description": "An export of a project has failed",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "render.failed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "failed",
      "reused_from": null,
      "format": "mp4",
      "quality": "high",
      "download_url": null,
      "download_url_expires_at": null,
      "size_bytes": null,
      "duration_ms": null,
      "width": null,
      "height": null,
      "codec": null,
      "sha256": null,
      "warnings": "",
      "error_code": "nemo_unavailable",
      "error_title": "The video service is not responding",
      "error_detail": "Try it again.",
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "render_id",
        "label": "Render ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "reused_from",
        "label": "Reused From",
        "type": "string"
      },
      {
        "key": "format",
        "label": "Format",
        "type": "string"
      },
      {
        "key": "quality",
        "label": "Quality",
        "type": "string"
      },
      {
        "key": "download_url",
        "label": "Download URL",
        "type": "string"
      },
      {
        "key": "download_url_expires_at",
        "label": "Download URL Expires At",
        "type": "datetime"
      },
      {
        "key": "size_bytes",
        "label": "Size Bytes",
        "type": "integer"
      },
      {
        "key": "duration_ms",
        "label": "Duration (ms)",
        "type": "integer"
      },
      {
        "key": "width",
        "label": "Width",
        "type": "integer"
      },
      {
        "key": "height",
        "label": "Height",
        "type": "integer"
      },
      {
        "key": "codec",
        "label": "Codec",
        "type": "string"
      },
      {
        "key": "sha256",
        "label": "SHA-256",
        "type": "string"
      },
      {
        "key": "warnings",
        "label": "Warnings",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "turn.completed": {
    "label": "Turn Completed",
    "description": "The agent has answered a message",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "turn.completed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "completed",
      "intent": "chat",
      "prompt": "turn this video into a new short promotional clip with music and transitions",
      "channel": "api",
      "key_id": "key_01jd8m3k5xq2w4v7z9ab",
      "text": "Your clip is ready.",
      "text_complete": true,
      "charged": "yes",
      "credits_amount": 12,
      "credits_basis": "measured",
      "timeline_changed": true,
      "timeline_summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
      "render_ids": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "language": "en",
      "error_code": null,
      "error_title": null,
      "error_detail": null,
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "turn_id",
        "label": "Turn ID",
        "type": "string"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "intent",
        "label": "Intent",
        "type": "string"
      },
      {
        "key": "prompt",
        "label": "Prompt",
        "type": "string"
      },
      {
        "key": "channel",
        "label": "Channel",
        "type": "string"
      },
      {
        "key": "key_id",
        "label": "Key ID",
        "type": "string"
      },
      {
        "key": "text",
        "label": "Text",
        "type": "string"
      },
      {
        "key": "text_complete",
        "label": "Text Complete",
        "type": "boolean"
      },
      {
        "key": "charged",
        "label": "Charged",
        "type": "string"
      },
      {
        "key": "credits_amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits_basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "timeline_changed",
        "label": "Timeline Changed",
        "type": "boolean"
      },
      {
        "key": "timeline_summary",
        "label": "Timeline Summary",
        "type": "string"
      },
      {
        "key": "render_ids",
        "label": "Render IDs",
        "type": "string"
      },
      {
        "key": "language",
        "label": "Language",
        "type": "string"
      },
      {
        "key": "error_code",
        "label": "Error Code",
        "type": "string"
      },
      {
        "key": "error_title",
        "label": "Error Title",
        "type": "string"
      },
      {
        "key": "error_detail",
        "label": "Error Detail",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  },
  "batch.completed": {
    "label": "Batch Completed",
    "description": "All videos of a batch have ended",
    "sample": {
      "id": "evt_01jd8m3k5xq2w4v7z9ab",
      "type": "batch.completed",
      "occurred_at": "2026-11-21T10:02:30.000Z",
      "mode": "live",
      "sequence": 1,
      "stale": false,
      "batch_id": "bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
      "status": "completed",
      "batch_mode": "own_projects",
      "total": 10,
      "completed": 9,
      "failed": 1,
      "needs_input": 0,
      "cancelled": 0,
      "project_id": null,
      "generator": null,
      "credits_amount": 108,
      "credits_basis": "measured",
      "created_at": "2026-11-21T10:00:00.000Z",
      "ended_at": "2026-11-21T10:02:30.000Z",
      "metadata_order": "1234"
    },
    "outputFields": [
      {
        "key": "id",
        "label": "ID",
        "type": "string"
      },
      {
        "key": "type",
        "label": "Type",
        "type": "string"
      },
      {
        "key": "occurred_at",
        "label": "Occurred At",
        "type": "datetime"
      },
      {
        "key": "mode",
        "label": "Mode",
        "type": "string"
      },
      {
        "key": "sequence",
        "label": "Sequence",
        "type": "integer"
      },
      {
        "key": "stale",
        "label": "Stale",
        "type": "boolean"
      },
      {
        "key": "batch_id",
        "label": "Batch ID",
        "type": "string"
      },
      {
        "key": "status",
        "label": "Status",
        "type": "string"
      },
      {
        "key": "batch_mode",
        "label": "Batch Mode",
        "type": "string"
      },
      {
        "key": "total",
        "label": "Total",
        "type": "integer"
      },
      {
        "key": "completed",
        "label": "Completed",
        "type": "integer"
      },
      {
        "key": "failed",
        "label": "Failed",
        "type": "integer"
      },
      {
        "key": "needs_input",
        "label": "Needs Input",
        "type": "integer"
      },
      {
        "key": "cancelled",
        "label": "Cancelled",
        "type": "integer"
      },
      {
        "key": "project_id",
        "label": "Project ID",
        "type": "string"
      },
      {
        "key": "generator",
        "label": "Generator",
        "type": "string"
      },
      {
        "key": "credits_amount",
        "label": "Credits Amount",
        "type": "number"
      },
      {
        "key": "credits_basis",
        "label": "Credits Basis",
        "type": "string"
      },
      {
        "key": "created_at",
        "label": "Created At",
        "type": "datetime"
      },
      {
        "key": "ended_at",
        "label": "Ended At",
        "type": "datetime"
      }
    ]
  }
};
