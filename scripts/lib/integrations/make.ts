/** The Make app in integrations/make: all its files, in the layout that Make's editor extension reads. */
import { type Field, type FieldReader, labelOf } from "./fields.ts";
import { ANSWERS, eventLabel, FORMS, type FormName, inForm, isLong, nameOf, TRIGGERS } from "./forms.ts";
import { EVENTS, HELP } from "./texts.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };
type Files = Map<string, Json>;

type Module = {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly type: "action" | "search" | "universal";
  readonly crud?: "create" | "read" | "update" | "delete";
  /** The body's form; its fields follow the parameters. */
  readonly form?: FormName;
  readonly parameters?: readonly JsonObject[];
  readonly answer?: keyof typeof ANSWERS;
  readonly communication: (body: JsonObject) => JsonObject;
};

const CONNECTION = "nemoGateway";

const TYPES: Readonly<Record<Field["type"], string>> = {
  text: "text",
  integer: "integer",
  number: "number",
  boolean: "boolean",
  choice: "select",
  date: "date",
  list: "array",
  labels: "array",
  object: "collection",
  any: "any",
};

/** A field that the user fills in. */
function input(field: Field): JsonObject {
  const help = field.help || HELP[field.path.join(".")];
  const isLabels = field.type === "labels";
  return {
    name: nameOf(field),
    type: TYPES[field.type],
    label: labelOf(field.path.at(-1) ?? ""),
    ...(help ? { help } : {}),
    required: field.required,
    ...(isLong(field) ? { multiline: true } : {}),
    ...(["string", "number", "boolean"].includes(typeof field.default) ? { default: field.default as Json } : {}),
    ...(field.type === "choice" ? { options: field.choices.map((value) => ({ label: labelOf(value), value })) } : {}),
    ...(field.type === "list" ? { spec: { name: "value", type: "text", label: "File" } } : {}),
    ...(isLabels
      ? {
          spec: [
            { name: "key", type: "text", label: "Name", required: true },
            { name: "value", type: "text", label: "Value" },
          ],
        }
      : {}),
    ...(field.required || ["assets", "language"].includes(nameOf(field)) ? {} : { advanced: true }),
  };
}

/** A field that later modules can map. */
function output(field: Field): JsonObject {
  const about = { name: field.path.at(-1) ?? "", type: TYPES[field.type], label: field.label };
  if (field.type === "object") return { ...about, spec: field.fields.map(output) };
  if (field.type === "list") return { ...about, spec: { type: "text" } };
  if (field.type === "labels") return { ...about, type: "collection", spec: [] };
  return field.type === "choice" ? { ...about, type: "text" } : about;
}

/** The body of a request: each field of the form under its own name. Make leaves out what is undefined, the gateway what is empty. */
const bodyOf = (fields: readonly Field[]): JsonObject =>
  Object.fromEntries(
    fields.map((field) => {
      const value = `parameters.${nameOf(field)}`;
      return [nameOf(field), field.type === "labels" ? `{{toCollection(${value}, 'key', 'value')}}` : `{{${value}}}`];
    }),
  );

const id = (name: string, label: string): JsonObject => ({ name, type: "text", label, required: true });
const WAIT: JsonObject = {
  name: "wait",
  type: "uinteger",
  label: "Wait",
  help: "Seconds to wait for the end, at most 30. The answer has the state that was reached by then.",
  default: 0,
  advanced: true,
  validate: { max: 30 },
};
const GENERATOR: JsonObject = {
  name: "generator",
  type: "select",
  label: "Generator",
  required: true,
  options: { store: "rpc://listGenerators", nested: ["rpc://listVariables"] },
};
const answer = { output: "{{body}}" };

const MODULES: readonly Module[] = [
  {
    id: "makeVideo",
    label: "Make a Video",
    description:
      "Makes a video from a prompt: the agent edits, the project is exported. Answers at once with the video's ID.",
    type: "action",
    crud: "create",
    form: "newVideo",
    answer: "video",
    communication: (body) => ({ url: "/videos", method: "POST", body, response: answer }),
  },
  {
    id: "makeVideoFromGenerator",
    label: "Make a Video from a Generator",
    description: "Makes a video from a saved prompt and the values of its variables.",
    type: "action",
    crud: "create",
    form: "newGeneratorVideo",
    parameters: [GENERATOR],
    answer: "video",
    communication: (body) => ({
      url: "/generators/{{encodeURL(parameters.generator)}}/videos",
      method: "POST",
      body: {
        "{{...}}": `{{omit(parameters, 'generator', ${Object.keys(body)
          .map((name) => `'${name}'`)
          .join(", ")})}}`,
        ...body,
      },
      response: answer,
    }),
  },
  {
    id: "continueVideo",
    label: "Continue a Video",
    description: "Answers the agent's question, or asks for a change of a finished video.",
    type: "action",
    crud: "update",
    form: "newVideoTurn",
    parameters: [id("id", "Video ID")],
    answer: "video",
    communication: (body) => ({
      url: "/videos/{{encodeURL(parameters.id)}}/turns",
      method: "POST",
      body,
      response: answer,
    }),
  },
  {
    id: "getVideo",
    label: "Get a Video",
    description: "Returns a video, with the link to its file once it is finished.",
    type: "action",
    crud: "read",
    parameters: [id("id", "Video ID"), WAIT],
    answer: "video",
    communication: () => ({
      url: "/videos/{{encodeURL(parameters.id)}}",
      method: "GET",
      qs: { wait: "{{parameters.wait}}" },
      response: answer,
    }),
  },
  {
    id: "cancelVideo",
    label: "Cancel a Video",
    description: "Stops a video that is in progress.",
    type: "action",
    crud: "update",
    parameters: [id("id", "Video ID")],
    answer: "video",
    communication: () => ({
      url: "/videos/{{encodeURL(parameters.id)}}/cancel",
      method: "POST",
      body: {},
      response: answer,
    }),
  },
  {
    id: "searchVideos",
    label: "Search Videos",
    description: "Returns the videos of the connection's user, newest first.",
    type: "search",
    parameters: [
      {
        name: "status",
        type: "select",
        label: "Status",
        options: ["queued", "processing", "needs_input", "completed", "failed", "cancelled"].map((value) => ({
          label: labelOf(value),
          value,
        })),
      },
      { name: "limit", type: "uinteger", label: "Limit", default: 10, required: true },
    ],
    answer: "video",
    communication: () => ({
      url: "/videos",
      method: "GET",
      qs: { status: "{{parameters.status}}", limit: "{{min(parameters.limit, 100)}}" },
      response: { iterate: "{{body.data}}", output: "{{item}}", limit: "{{parameters.limit}}" },
      pagination: { qs: { after: "{{body.next_cursor}}" }, condition: "{{body.has_more}}" },
    }),
  },
  {
    id: "downloadVideo",
    label: "Download a Video",
    description: "Returns the file of a finished video.",
    type: "action",
    crud: "read",
    parameters: [id("id", "Video ID")],
    communication: () => ({
      url: "/videos/{{encodeURL(parameters.id)}}/content",
      method: "GET",
      response: { type: "binary", output: { fileName: "{{parameters.id}}.mp4", data: "{{body}}" } },
    }),
  },
  {
    id: "uploadFile",
    label: "Upload a File",
    description: "Uploads a file of at most 95 MB. Its upload ID can be used in videos at once.",
    type: "action",
    crud: "create",
    parameters: [
      { name: "fileName", type: "filename", label: "File Name", required: true, semantic: "file:name" },
      { name: "data", type: "buffer", label: "Data", required: true, semantic: "file:data" },
    ],
    answer: "upload",
    communication: () => ({
      url: "/uploads",
      method: "POST",
      type: "multipart/form-data",
      body: { file: { value: "{{parameters.data}}", options: { filename: "{{parameters.fileName}}" } } },
      response: { output: "{{body.data[1]}}" },
    }),
  },
  {
    id: "importFile",
    label: "Import a File from a URL",
    description: "Has the gateway fetch a file from an https address.",
    type: "action",
    crud: "create",
    form: "newImport",
    answer: "upload",
    communication: (body) => ({ url: "/uploads/import", method: "POST", body, response: answer }),
  },
  {
    id: "createProject",
    label: "Create a Project",
    description: "Creates a project, for several messages on one timeline.",
    type: "action",
    crud: "create",
    form: "newProject",
    answer: "project",
    communication: (body) => ({ url: "/projects", method: "POST", body, response: answer }),
  },
  {
    id: "chat",
    label: "Send a Message to a Project",
    description: "Sends a message to the agent, which answers or edits the project's timeline.",
    type: "action",
    crud: "create",
    form: "newTurn",
    parameters: [id("project", "Project ID"), WAIT],
    answer: "turn",
    communication: (body) => ({
      url: "/projects/{{encodeURL(parameters.project)}}/turns",
      method: "POST",
      qs: { wait: "{{parameters.wait}}" },
      body,
      response: answer,
    }),
  },
  {
    id: "renderProject",
    label: "Export a Project",
    description: "Exports a project's timeline to a file.",
    type: "action",
    crud: "create",
    form: "newRender",
    parameters: [id("project", "Project ID")],
    answer: "render",
    communication: (body) => ({
      url: "/projects/{{encodeURL(parameters.project)}}/renders",
      method: "POST",
      body,
      response: answer,
    }),
  },
  {
    id: "makeApiCall",
    label: "Make an API Call",
    description: "Performs any request of the API with the connection's key.",
    type: "universal",
    parameters: [
      {
        name: "url",
        type: "text",
        label: "URL",
        help: "The path below `/v1`, with a slash first: `/me`.",
        required: true,
      },
      {
        name: "method",
        type: "select",
        label: "Method",
        required: true,
        default: "GET",
        options: ["GET", "POST", "PUT", "PATCH", "DELETE"].map((value) => ({ label: value, value })),
      },
      {
        name: "qs",
        type: "array",
        label: "Query String",
        spec: [
          { name: "key", type: "text", label: "Key" },
          { name: "value", type: "text", label: "Value" },
        ],
      },
      { name: "body", type: "any", label: "Body" },
    ],
    communication: () => ({
      url: "{{parameters.url}}",
      method: "{{parameters.method}}",
      qs: { "{{...}}": "{{toCollection(parameters.qs, 'key', 'value')}}" },
      body: "{{parameters.body}}",
      type: "text",
      headers: { "Content-Type": "application/json" },
      response: {
        output: { body: "{{body}}", headers: "{{headers}}", statusCode: "{{statusCode}}" },
      },
    }),
  },
];

const RPCS: readonly { readonly id: string; readonly label: string; readonly communication: JsonObject }[] = [
  {
    id: "listGenerators",
    label: "List Generators",
    communication: {
      url: "/generators",
      method: "GET",
      qs: { limit: 100 },
      response: {
        limit: 300,
        iterate: "{{body.data}}",
        output: { label: "{{item.name}}", value: "{{item.id}}" },
      },
      pagination: { qs: { after: "{{body.next_cursor}}" }, condition: "{{body.has_more}}" },
    },
  },
  {
    id: "listVariables",
    label: "List Variables",
    communication: {
      url: "/generators/{{encodeURL(parameters.generator)}}",
      method: "GET",
      response: {
        iterate: "{{body.variables}}",
        output: {
          name: "var_{{item.name}}",
          label: "{{item.name}}",
          type: "{{if(item.type = 'number', 'number', if(item.type = 'boolean', 'boolean', 'text'))}}",
          help: "{{ifempty(item.description, item.name)}}{{if(item.choices, ' One of: ' + join(item.choices, ', '), '')}}",
          required: "{{item.default = null}}",
        },
      },
    },
  },
];

/** Errors as people see them: what is wrong and where, what to do next, and what support needs. What is absent is empty text. */
const MESSAGE = "[{{statusCode}}] {{body.detail}} {{body.hint}} ({{body.code}}, request {{body.request_id}})";
/** Make leaves out a header that is undefined; the gateway rejects an empty one. */
const USER = (from: string): string => `{{ifempty(${from}.user, undefined)}}`;
const HEADERS = { Authorization: "Bearer {{connection.apiKey}}", "X-User-Id": USER("connection") };
const SANITIZE = ["request.headers.authorization"];
const ERRORS = {
  message: MESSAGE,
  type: "RuntimeError",
  401: { message: MESSAGE, type: "InvalidAccessTokenError" },
  403: { message: MESSAGE, type: "InvalidAccessTokenError" },
  409: { message: MESSAGE, type: "DataError" },
  422: { message: MESSAGE, type: "DataError" },
  429: { message: MESSAGE, type: "RateLimitError" },
  503: { message: MESSAGE, type: "ConnectionError" },
};

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `video.needs_input` → `VideoNeedsInput`. */
const pascal = (type: string): string => eventLabel(type).replaceAll(" ", "");

/** Every file of the app by its path below integrations/make, as JSON. */
export function makeFiles(reader: FieldReader): Files {
  const files: Files = new Map();
  const components: Record<string, Record<string, JsonObject>> = {
    connection: {},
    webhook: {},
    module: {},
    rpc: {},
    function: {},
    endpoint: {},
  };
  /** The extension's own names: `mappableParams` → `modules/make-video/make-video.mappable-params.iml.json`. */
  const add = (kind: string, folder: string, name: string, about: JsonObject, codes: JsonObject): void => {
    const codeFiles: Record<string, string> = {};
    for (const [code, content] of Object.entries(codes)) {
      const extension = code === "common" ? "json" : "iml.json";
      codeFiles[code] = `${folder}/${kebab(name)}/${kebab(name)}.${kebab(code)}.${extension}`;
      files.set(codeFiles[code], content);
    }
    (components[kind] ?? {})[name] = { ...about, codeFiles };
  };

  files.set("general/base.iml.json", {
    baseUrl: "{{connection.baseUrl}}/v1",
    headers: HEADERS,
    log: { sanitize: SANITIZE },
    response: { error: ERRORS },
  });
  files.set("general/common.json", {});

  add(
    "connection",
    "connections",
    CONNECTION,
    { label: "nemo-gateway", connectionType: "basic" },
    {
      communication: {
        url: "{{parameters.baseUrl}}/v1/me",
        method: "GET",
        headers: { Authorization: "Bearer {{parameters.apiKey}}", "X-User-Id": USER("parameters") },
        log: { sanitize: SANITIZE },
        response: {
          error: ERRORS,
          metadata: { type: "text", value: "{{body.tenant.name}} ({{body.mode}})" },
        },
      },
      params: [
        {
          name: "baseUrl",
          type: "url",
          label: "Gateway URL",
          help: "The address of your gateway, such as `https://gateway.example.com`.",
          required: true,
          editable: true,
        },
        {
          name: "apiKey",
          type: "password",
          label: "API Key",
          help: "A key that starts with `ngw_live_` or `ngw_test_`. Test keys make sample videos and cost nothing.",
          required: true,
          editable: true,
        },
        {
          name: "user",
          type: "text",
          label: "User",
          help: "Your own name for the user on whose behalf the connection works. It is needed to search videos.",
          editable: true,
        },
      ],
      common: {},
    },
  );

  for (const type of TRIGGERS) {
    const name = pascal(type);
    const { fields, sample } = reader.hookOf(type);
    const label = eventLabel(type);
    const hook = name.charAt(0).toLowerCase() + name.slice(1);
    add(
      "webhook",
      "webhooks",
      hook,
      { label, connection: CONNECTION, webhookType: "web" },
      {
        communication: { output: "{{body}}" },
        params: [],
        attach: {
          url: "/hooks",
          method: "POST",
          body: { target_url: "{{webhook.url}}", event: type },
          response: { data: { externalHookId: "{{body.id}}" } },
        },
        detach: { url: "/hooks/{{webhook.externalHookId}}", method: "DELETE" },
      },
    );
    add(
      "module",
      "modules",
      `watch${name}`,
      {
        label: `Watch ${label}`,
        description: `Triggers when this happens: ${EVENTS[type]}.`,
        moduleType: "instant_trigger",
        connection: CONNECTION,
        webhook: hook,
      },
      {
        communication: { output: "{{body}}" },
        staticParams: [],
        interface: fields.map(output),
        samples: sample as JsonObject, // an example of the document
      },
    );
  }

  for (const {
    id: name,
    label,
    description,
    type,
    crud,
    form,
    parameters = [],
    answer: known,
    communication,
  } of MODULES) {
    const fields = form === undefined ? [] : inForm(reader.fieldsOf(FORMS[form]));
    const shown = known === undefined ? undefined : ANSWERS[known];
    const about: JsonObject = {
      label,
      description,
      moduleType: type,
      ...(crud === undefined ? {} : { actionCrud: crud }),
      connection: CONNECTION,
    };
    const file = [
      { name: "fileName", type: "filename", label: "File Name", semantic: "file:name" },
      { name: "data", type: "buffer", label: "Data", semantic: "file:data" },
    ];
    const raw = [
      { name: "body", type: "any", label: "Body" },
      { name: "headers", type: "collection", label: "Headers" },
      { name: "statusCode", type: "integer", label: "Status Code" },
    ];
    add("module", "modules", name, about, {
      communication: communication(bodyOf(fields)),
      staticParams: [],
      mappableParams: [...parameters, ...fields.map(input)],
      interface: shown === undefined ? (type === "universal" ? raw : file) : reader.fieldsOf(shown.schema).map(output),
      samples: shown === undefined ? {} : (reader.exampleOf(shown.operation) as JsonObject), // an example of the document
      scope: [],
    });
  }

  for (const { id: name, label, communication } of RPCS)
    add("rpc", "rpcs", name, { label, connection: CONNECTION }, { communication, params: [] });

  const named = (wanted: (name: string) => boolean): string[] => Object.keys(components.module ?? {}).filter(wanted);
  files.set("modules/groups.json", [
    { label: "Videos", modules: named((name) => /video/i.test(name)) },
    { label: "Projects and files", modules: named((name) => !/video/i.test(name) && name !== "makeApiCall") },
    { label: "Other", modules: ["makeApiCall"] },
  ]);
  files.set("makecomapp.json", {
    fileVersion: 1,
    generalCodeFiles: {
      base: "general/base.iml.json",
      common: "general/common.json",
      readme: "APP-README.md",
      groups: "modules/groups.json",
    },
    components,
    origins: [],
  });
  return files;
}
