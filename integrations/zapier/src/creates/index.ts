/** The actions. */
import type { Bundle, Create, PlainInputField, ZObject } from "zapier-platform-core";
import { ANSWERS, INPUTS } from "../api.gen.js";
import { resume, start, waitField } from "./wait.js";

type Data = Record<string, unknown>;

/** The fields of the form that are part of the request. */
const bodyOf = (inputData: Data, ...without: string[]): Data =>
  Object.fromEntries(Object.entries(inputData).filter(([name]) => name !== "wait" && !without.includes(name)));

const segment = (value: unknown): string => encodeURIComponent(String(value ?? "").trim());

const generatorField: PlainInputField = {
  key: "generator",
  label: "Generator",
  type: "string",
  required: true,
  dynamic: "generator_list.id.name",
  altersDynamicFields: true,
  helpText: "A saved prompt with variables.",
};
const projectField: PlainInputField = {
  key: "project",
  label: "Project",
  type: "string",
  required: true,
  dynamic: "project_list.id.name",
};
const videoField: PlainInputField = {
  key: "id",
  label: "Video ID",
  type: "string",
  required: true,
  search: "find_video.id",
};

type Variable = {
  name: string;
  type: "text" | "number" | "boolean" | "choice";
  description: string | null;
  default: string | number | boolean | null;
  choices?: string[];
};

/** A field for each variable of the chosen generator. The gateway reads `var_<name>` as the variable's value. */
async function variableFields(z: ZObject, bundle: Bundle): Promise<PlainInputField[]> {
  const { generator } = bundle.inputData;
  if (generator === undefined || generator === "") return [];
  const { data } = await z.request<{ variables: Variable[] }>(`/v1/generators/${segment(generator)}`);
  return data.variables.map(({ name, type, description, default: value, choices }) => ({
    key: `var_${name}`,
    label: name,
    type: type === "number" || type === "boolean" ? type : "string",
    required: value === null,
    ...(description === null ? {} : { helpText: description }),
    ...(value === null ? {} : { placeholder: String(value) }),
    ...(type === "choice" && choices !== undefined ? { choices } : {}),
  }));
}

const makeVideo: Create = {
  key: "make_video",
  noun: "Video",
  display: { label: "Make Video", description: "Makes a video from a prompt and, if you like, from files." },
  operation: {
    inputFields: [...INPUTS.newVideo, waitField],
    perform: (z: ZObject, bundle: Bundle) => start(z, bundle, "/v1/videos", bodyOf(bundle.inputData)),
    performResume: resume,
    ...ANSWERS.video,
  },
};

const makeVideoFromGenerator: Create = {
  key: "make_video_from_generator",
  noun: "Video",
  display: {
    label: "Make Video From Generator",
    description: "Makes a video from a saved prompt and the values of its variables.",
  },
  operation: {
    inputFields: [generatorField, variableFields, ...INPUTS.newGeneratorVideo, waitField],
    perform: (z: ZObject, bundle: Bundle) =>
      start(
        z,
        bundle,
        `/v1/generators/${segment(bundle.inputData.generator)}/videos`,
        bodyOf(bundle.inputData, "generator"),
      ),
    performResume: resume,
    ...ANSWERS.video,
  },
};

const continueVideo: Create = {
  key: "continue_video",
  noun: "Video",
  display: {
    label: "Continue Video",
    description: "Answers the agent's question, or asks for a change of a finished video.",
  },
  operation: {
    inputFields: [videoField, ...INPUTS.newVideoTurn],
    perform: async (z: ZObject, bundle: Bundle) =>
      (
        await z.request({
          method: "POST",
          url: `/v1/videos/${segment(bundle.inputData.id)}/turns`,
          body: bodyOf(bundle.inputData, "id"),
        })
      ).data,
    ...ANSWERS.video,
  },
};

const sendMessage: Create = {
  key: "send_message",
  noun: "Message",
  display: {
    label: "Send Message to Project",
    description: "Sends a message to the agent, which answers or edits the project's timeline.",
  },
  operation: {
    inputFields: [projectField, ...INPUTS.newTurn, waitField],
    perform: (z: ZObject, bundle: Bundle) =>
      start(z, bundle, `/v1/projects/${segment(bundle.inputData.project)}/turns`, bodyOf(bundle.inputData, "project")),
    performResume: resume,
    ...ANSWERS.turn,
  },
};

const exportProject: Create = {
  key: "export_project",
  noun: "Export",
  display: { label: "Export Project", description: "Exports a project's timeline to a file." },
  operation: {
    inputFields: [projectField, ...INPUTS.newRender, waitField],
    perform: (z: ZObject, bundle: Bundle) =>
      start(
        z,
        bundle,
        `/v1/projects/${segment(bundle.inputData.project)}/renders`,
        bodyOf(bundle.inputData, "project"),
      ),
    performResume: resume,
    ...ANSWERS.render,
  },
};

/** Zapier gives a file as an address that works for a while: the gateway fetches it. */
const uploadFile: Create = {
  key: "upload_file",
  noun: "Upload",
  display: { label: "Upload File", description: "Uploads a file, for use in videos by its upload ID." },
  operation: {
    inputFields: INPUTS.newImport.map((field) =>
      field.key === "url"
        ? { ...field, label: "File", type: "file", helpText: "A file, or the https address of one." }
        : field,
    ),
    perform: async (z: ZObject, bundle: Bundle) =>
      (await z.request({ method: "POST", url: "/v1/uploads/import", body: bodyOf(bundle.inputData) })).data,
    ...ANSWERS.upload,
  },
};

export const creates: Record<string, Create> = Object.fromEntries(
  [makeVideo, makeVideoFromGenerator, continueVideo, sendMessage, exportProject, uploadFile].map((one) => [
    one.key,
    one,
  ]),
);
