// Generated from the gateway's OpenAPI document by npm run integrations:generate. Do not edit.
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

export type FormName = 'newVideo' | 'newGeneratorVideo' | 'newVideoTurn' | 'newProject' | 'newTurn' | 'newRender' | 'newImport' | 'newUserToken';
export type Form = { required: INodeProperties[]; optional: INodeProperties[] };

/** The parameters of each request body. */
export const FORMS: Record<FormName, Form> = {
	"newVideo": {
		"required": [
			{
				"displayName": "Prompt",
				"name": "prompt",
				"type": "string",
				"required": true,
				"typeOptions": {
					"rows": 4
				},
				"default": "",
				"placeholder": "e.g. turn this video into a new short promotional clip with music and transitions",
				"description": "What to make, in your own words"
			}
		],
		"optional": [
			{
				"displayName": "Assets",
				"name": "assets",
				"type": "string",
				"typeOptions": {
					"rows": 2
				},
				"default": "",
				"placeholder": "e.g. https://example.com/clip.mp4",
				"description": "Files to use: IDs of assets or uploads, or https addresses of files. Separate several by lines."
			},
			{
				"displayName": "Language",
				"name": "language",
				"type": "string",
				"default": "",
				"placeholder": "e.g. en",
				"description": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt."
			},
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			},
			{
				"displayName": "On Question",
				"name": "on_question",
				"type": "string",
				"default": "wait",
				"placeholder": "e.g. wait",
				"description": "What to do if the agent asks a question. <code>wait</code>: end in <code>needs_input</code> until you continue the video. <code>fail</code>: fail the video. <code>answer: …</code>: send this answer, once."
			},
			{
				"displayName": "Project",
				"name": "project",
				"type": "string",
				"default": "",
				"placeholder": "e.g. prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
				"description": "The project to use. Defaults to a new project."
			}
		]
	},
	"newGeneratorVideo": {
		"required": [],
		"optional": [
			{
				"displayName": "Assets",
				"name": "assets",
				"type": "string",
				"typeOptions": {
					"rows": 2
				},
				"default": "",
				"placeholder": "e.g. https://example.com/clip.mp4",
				"description": "Files to use: IDs of assets or uploads, or https addresses of files. Separate several by lines."
			},
			{
				"displayName": "Language",
				"name": "language",
				"type": "string",
				"default": "",
				"placeholder": "e.g. en",
				"description": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt."
			},
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			},
			{
				"displayName": "On Question",
				"name": "on_question",
				"type": "string",
				"default": "wait",
				"placeholder": "e.g. wait",
				"description": "What to do if the agent asks a question. <code>wait</code>: end in <code>needs_input</code> until you continue the video. <code>fail</code>: fail the video. <code>answer: …</code>: send this answer, once."
			},
			{
				"displayName": "Project",
				"name": "project",
				"type": "string",
				"default": "",
				"placeholder": "e.g. prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
				"description": "The project to use. Defaults to a new project."
			}
		]
	},
	"newVideoTurn": {
		"required": [
			{
				"displayName": "Prompt",
				"name": "prompt",
				"type": "string",
				"required": true,
				"typeOptions": {
					"rows": 4
				},
				"default": "",
				"placeholder": "e.g. turn this video into a new short promotional clip with music and transitions",
				"description": "What to make, in your own words"
			}
		],
		"optional": []
	},
	"newProject": {
		"required": [],
		"optional": [
			{
				"displayName": "Language",
				"name": "language",
				"type": "string",
				"default": "",
				"placeholder": "e.g. en",
				"description": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt."
			},
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			},
			{
				"displayName": "Name",
				"name": "name",
				"type": "string",
				"default": "",
				"description": "A name for the project, for your own use"
			}
		]
	},
	"newTurn": {
		"required": [
			{
				"displayName": "Prompt",
				"name": "prompt",
				"type": "string",
				"required": true,
				"typeOptions": {
					"rows": 4
				},
				"default": "",
				"placeholder": "e.g. turn this video into a new short promotional clip with music and transitions",
				"description": "What to make, in your own words"
			}
		],
		"optional": [
			{
				"displayName": "Act",
				"name": "act",
				"type": "options",
				"options": [
					{
						"name": "Suggest",
						"value": "suggest"
					},
					{
						"name": "Auto",
						"value": "auto"
					}
				],
				"default": "suggest",
				"description": "<code>auto</code>: safe actions that the agent suggests are performed, such as a render of this project. <code>suggest</code>: they are only reported as <code>action</code> events."
			},
			{
				"displayName": "Language",
				"name": "language",
				"type": "string",
				"default": "",
				"placeholder": "e.g. en",
				"description": "The language of the agent's answer, such as en or zh-CN. Defaults to the language of the prompt."
			},
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			},
			{
				"displayName": "On Session Loss",
				"name": "on_session_loss",
				"type": "options",
				"options": [
					{
						"name": "Fail",
						"value": "fail"
					},
					{
						"name": "Restart",
						"value": "restart"
					}
				],
				"default": "fail",
				"description": "If Nemo has lost the project's session. <code>fail</code>: the turn fails. <code>restart</code>: the turn continues in a new session; the timeline is lost."
			},
			{
				"displayName": "Route",
				"name": "route",
				"type": "options",
				"options": [
					{
						"name": "Auto",
						"value": "auto"
					},
					{
						"name": "Chat",
						"value": "chat"
					}
				],
				"default": "auto",
				"description": "<code>auto</code>: a prompt that is only a command (export, credits, status, upload) is answered by the gateway, without a message to Nemo. <code>chat</code>: the prompt is always sent to Nemo."
			}
		]
	},
	"newRender": {
		"required": [],
		"optional": [
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			},
			{
				"displayName": "Reuse",
				"name": "reuse",
				"type": "boolean",
				"default": true,
				"description": "Whether to return the file of an earlier render if the timeline has not changed since"
			}
		]
	},
	"newImport": {
		"required": [
			{
				"displayName": "URL",
				"name": "url",
				"type": "string",
				"required": true,
				"default": "",
				"placeholder": "e.g. https://example.com/clip.mp4",
				"description": "The https address of the file, without user info. It is never returned, and deleted when the import has ended."
			}
		],
		"optional": [
			{
				"displayName": "File Name",
				"name": "file_name",
				"type": "string",
				"default": "",
				"placeholder": "e.g. clip.mp4",
				"description": "Defaults to the name given by the server or by the address"
			},
			{
				"displayName": "Metadata",
				"name": "metadata",
				"type": "fixedCollection",
				"typeOptions": {
					"multipleValues": true
				},
				"placeholder": "Add Label",
				"default": {},
				"description": "Your own labels, returned unchanged in responses and webhooks",
				"options": [
					{
						"displayName": "Label",
						"name": "label",
						"values": [
							{
								"displayName": "Name",
								"name": "name",
								"type": "string",
								"default": "",
								"description": "The name of the label"
							},
							{
								"displayName": "Value",
								"name": "value",
								"type": "string",
								"default": "",
								"description": "The value of the label"
							}
						]
					}
				]
			}
		]
	},
	"newUserToken": {
		"required": [],
		"optional": [
			{
				"displayName": "Expires In Seconds",
				"name": "expires_in_seconds",
				"type": "number",
				"typeOptions": {
					"minValue": 60,
					"maxValue": 86400
				},
				"default": 3600,
				"description": "How long it works, in seconds"
			}
		]
	}
};

/** The event types that a hook can receive. */
export const EVENTS: INodePropertyOptions[] = [
	{
		"name": "Asset Ready",
		"value": "asset.ready",
		"description": "An uploaded file was checked and can be used"
	},
	{
		"name": "Asset Rejected",
		"value": "asset.rejected",
		"description": "An uploaded file cannot be used"
	},
	{
		"name": "Batch Completed",
		"value": "batch.completed",
		"description": "All videos of a batch have ended"
	},
	{
		"name": "Credits Cap Reached",
		"value": "credits.cap_reached",
		"description": "A spending cap is reached"
	},
	{
		"name": "Credits Exhausted",
		"value": "credits.exhausted",
		"description": "The credits are used up"
	},
	{
		"name": "Credits Low",
		"value": "credits.low",
		"description": "The credits are running low"
	},
	{
		"name": "Endpoint Disabled",
		"value": "endpoint.disabled",
		"description": "A webhook endpoint was disabled after failures"
	},
	{
		"name": "Generator Job Completed",
		"value": "generator_job.completed",
		"description": "The agent has written a generator"
	},
	{
		"name": "Generator Job Failed",
		"value": "generator_job.failed",
		"description": "The agent could not write a generator"
	},
	{
		"name": "Hook Disabled",
		"value": "hook.disabled",
		"description": "A hook was disabled after failures"
	},
	{
		"name": "Render Completed",
		"value": "render.completed",
		"description": "An export of a project is finished"
	},
	{
		"name": "Render Failed",
		"value": "render.failed",
		"description": "An export of a project has failed"
	},
	{
		"name": "Timeline Changed",
		"value": "timeline.changed",
		"description": "A project's timeline has changed"
	},
	{
		"name": "Token Expiring",
		"value": "token.expiring",
		"description": "The Nemo token expires soon"
	},
	{
		"name": "Turn Completed",
		"value": "turn.completed",
		"description": "The agent has answered a message"
	},
	{
		"name": "Turn Failed",
		"value": "turn.failed",
		"description": "A message to the agent has failed"
	},
	{
		"name": "Turn Unknown",
		"value": "turn.unknown",
		"description": "It cannot be determined how a message to the agent ended"
	},
	{
		"name": "Upload Completed",
		"value": "upload.completed",
		"description": "A file was uploaded completely"
	},
	{
		"name": "Upload Expired",
		"value": "upload.expired",
		"description": "An upload was not finished in time"
	},
	{
		"name": "Upload Failed",
		"value": "upload.failed",
		"description": "An upload or import has failed"
	},
	{
		"name": "Video Cancelled",
		"value": "video.cancelled",
		"description": "A video was cancelled"
	},
	{
		"name": "Video Completed",
		"value": "video.completed",
		"description": "A video is finished"
	},
	{
		"name": "Video Failed",
		"value": "video.failed",
		"description": "A video has failed"
	},
	{
		"name": "Video Needs Input",
		"value": "video.needs_input",
		"description": "The agent has a question before it can finish a video"
	}
];
