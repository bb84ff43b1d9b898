/** The tools. Each validates with the schemas of its REST route and does its work through the same functions. */
import * as z from "zod";
import { LONG_POLL_MAX_SECONDS, MCP_WAIT_SECONDS } from "../core/limits.ts";
import { ok } from "../core/result.ts";
import { SECOND_MS } from "../core/time.ts";
import { owned, pageQuery } from "../core/wire/common.ts";
import { generatorParams } from "../core/wire/generator.ts";
import { newProject, timeline } from "../core/wire/project.ts";
import { newRender, output } from "../core/wire/render.ts";
import { newTurn, turnsQuery } from "../core/wire/turn.ts";
import { newImport, newUpload } from "../core/wire/upload.ts";
import { usagePage, usageQuery } from "../core/wire/usage.ts";
import { newGeneratorVideo, newVideo, newVideoTurn, video } from "../core/wire/video.ts";
import { listPage, unwrapMetered } from "../http/define-route.ts";
import { addressOf, callOf, newAddress, repeatable } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest } from "../http/page.ts";
import { apiError, unwrap } from "../http/problem.ts";
import { findGenerator, GENERATOR_CURSOR, pageOfShownGenerators } from "../services/generators.ts";
import { listResources } from "../services/lists.ts";
import { createUpload, importFile, uploadLink } from "../services/uploads.ts";
import { pageOfUsage } from "../services/usage.ts";
import { continueVideo, createVideo, orderFor, orderOf } from "../services/videos.ts";
import { argumentsOf, shorten } from "./call.ts";
import {
  answerOfImport,
  answerOfRender,
  answerOfTurn,
  answerOfUpload,
  answerOfVideo,
  createdUpload,
  generatorPart,
  generatorParts,
  listedVideoPart,
  moreText,
  partOf,
  renderPart,
  turnPart,
  turnParts,
  uploadPart,
  videoPart,
  videoParts,
} from "./results.ts";
import { defineTool, type Tool, type ToolCall } from "./tool.ts";
import { awaitRender, awaitTurn, awaitVideo } from "./wait.ts";

const waitSeconds = (seconds: number) =>
  z
    .number()
    .min(0)
    .default(seconds)
    .meta({
      description: `Seconds to wait for the end, at most ${MCP_WAIT_SECONDS}; larger values count as ${MCP_WAIT_SECONDS}.`,
    });

const pollSeconds = z
  .number()
  .min(0)
  .default(0)
  .meta({
    description: `Seconds to wait while \`newest\` is the newest turn, at most ${LONG_POLL_MAX_SECONDS}; larger values count as ${LONG_POLL_MAX_SECONDS}.`,
  });

const READS = { readOnlyHint: true, openWorldHint: false } as const;
/** It sends work to Nemo, and deletes or overwrites nothing. */
const CREATES = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true } as const;

const { assets, project, language, output: videoOutput, on_question: onQuestion } = newVideo.shape;

const makeVideo = defineTool({
  name: "make_video",
  title: "Make a video",
  description:
    "Makes a video from a prompt, or with a generator from the values of its variables, and exports it to an mp4 file. It takes minutes: call wait_for_video with the id that this returns. It costs credits; the same call again within 60 seconds returns the same video.",
  scopes: ["chat", "render"],
  annotations: CREATES,
  input: z.strictObject({
    prompt: newVideo.shape.prompt.optional().meta({
      description: "What to make, in the user's words. Not with a generator.",
      example: "make a 10 second clip of a city at night with calm music",
    }),
    generator: generatorParams.shape.id
      .optional()
      .meta({ description: "The slug or id of a generator, from list_generators." }),
    variables: newGeneratorVideo.shape.variables.meta({
      description: "The values of the generator's variables, by name.",
    }),
    assets: assets.meta({ description: "Files to use: ids from import_file or create_upload, or https addresses." }),
    project: project.meta({ description: "A project to make it in. Leave it out for a new one." }),
    language,
    output: videoOutput,
    on_question: onQuestion,
    wait_seconds: waitSeconds(0),
  }),
  output: videoPart,
  async run(call, { prompt, generator, variables, wait_seconds: seconds, ...rest }) {
    const { c } = call;
    if (generator === undefined && Object.keys(variables).length > 0)
      throw apiError(
        "invalid_request",
        "/variables: is only for a generator; name one, or put the values into the prompt",
      );
    if (generator !== undefined && prompt !== undefined)
      throw apiError("invalid_request", "/prompt: a generator has its own prompt; send variables instead");
    const order =
      generator === undefined
        ? orderOf(argumentsOf(c, newVideo, { ...rest, prompt }))
        : orderFor(await findGenerator(c, generator, null), argumentsOf(c, newGeneratorVideo, { ...rest, variables }));
    const { video: made, isDuplicate } = await createVideo(c, order, call.isRepeated);
    return answerOfVideo(await awaitVideo(call, made, seconds), isDuplicate);
  },
});

const waitForVideo = defineTool({
  name: "wait_for_video",
  title: "Wait for a video",
  description:
    "Waits until a video is ready, has failed or needs an answer, and returns it. Call it again if it is still in progress.",
  scopes: ["read"],
  annotations: READS,
  input: z.strictObject({ id: owned("vid"), wait_seconds: waitSeconds(30) }),
  output: videoPart,
  async run(call, { id, wait_seconds: seconds }) {
    const user = userObject(call.c.env, addressOf(call.c, id));
    return answerOfVideo(await awaitVideo(call, unwrap(await user.readVideo(id)), seconds));
  },
});

const getVideo = defineTool({
  name: "get_video",
  title: "Get a video",
  description: "Returns a video with its status and, when it is ready, a new link to its file.",
  scopes: ["read"],
  annotations: READS,
  input: z.strictObject({ id: owned("vid") }),
  output: videoPart,
  run: async ({ c }, { id }) => answerOfVideo(unwrap(await userObject(c.env, addressOf(c, id)).readVideo(id))),
});

const listVideos = defineTool({
  name: "list_videos",
  title: "List videos",
  description:
    "Returns videos, newest first: those of the connection's user, or of all users if the connection is an API key without X-User-Id.",
  scopes: ["read"],
  annotations: READS,
  input: listPage("vid").extend({ status: video.shape.status.optional() }),
  output: videoParts,
  async run({ c }, { status, ...query }) {
    const page = await listResources(c, {
      kind: "vid",
      query,
      status,
      read: (user, request) => user.listVideos(request, status ?? null),
    });
    const lines = page.data.map(({ id, status: is, prompt }) => `${id}: ${is}, "${shorten(prompt ?? "", 40)}"`);
    const text =
      page.data.length === 0 ? "There are no videos." : `${shorten(lines.join("; "), 450)}.${moreText(page)}`;
    return { data: { ...page, data: page.data.map((one) => partOf(listedVideoPart, one)) }, text };
  },
});

const continueTool = defineTool({
  name: "continue_video",
  title: "Continue a video",
  description:
    "Answers the agent's question about a video, or changes a finished or failed one: sends the prompt and exports again. It costs credits.",
  scopes: ["chat", "render"],
  annotations: CREATES,
  input: z.strictObject({ id: owned("vid"), prompt: newVideoTurn.shape.prompt, wait_seconds: waitSeconds(0) }),
  output: videoPart,
  async run(call, { id, prompt, wait_seconds: seconds }) {
    const made = await continueVideo(call.c, id, { prompt }, call.isRepeated);
    return answerOfVideo(await awaitVideo(call, made, seconds));
  },
});

const cancelVideo = defineTool({
  name: "cancel_video",
  title: "Cancel a video",
  description:
    "Stops a video in progress. Work that has already started may still be charged. A video that has ended does not change.",
  scopes: ["chat"],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({ id: owned("vid") }),
  output: videoPart,
  run: async ({ c }, { id }) =>
    answerOfVideo(unwrap(await userObject(c.env, addressOf(c, id)).cancelVideo(await callOf(c), id))),
});

const chat = defineTool({
  name: "chat",
  title: "Chat with the video agent",
  description:
    "Sends a message to the agent of a project, which edits the project's timeline and answers. Without a project a new one is created. Call render_project for a file. It costs credits.",
  scopes: ["chat"],
  annotations: CREATES,
  input: z.strictObject({
    project: owned("prj").optional().meta({ description: "The project. Leave it out for a new one." }),
    prompt: newTurn.shape.prompt,
    language: newTurn.shape.language,
    wait_seconds: waitSeconds(MCP_WAIT_SECONDS),
  }),
  output: turnPart,
  async run(call, { project: known, wait_seconds: seconds, ...body }) {
    const { c } = call;
    const turnBody = argumentsOf(c, newTurn, body);
    const made = await repeatable(c, call.isRepeated, async () => {
      const started =
        known === undefined ? await startProject(call, body.language) : { ok: true as const, value: known };
      if (!started.ok) return started;
      const id = started.value;
      return userObject(c.env, addressOf(c, id)).startTurn(await callOf(c), id, turnBody);
    });
    const isReplayed = "replayed" in made && made.replayed === true; // the earlier call had created the turn
    return answerOfTurn(await awaitTurn(call, unwrapMetered(c, made), seconds), isReplayed);
  },
});

/** A new project for a message, under a key of its own: the same call finds both again. */
async function startProject({ c }: ToolCall, spoken: string | undefined) {
  const key = c.get("idempotencyKey");
  c.set("idempotencyKey", `${key}\u0000project`);
  const user = userObject(c.env, await newAddress(c));
  const made = await user.createProject(await callOf(c), newProject.parse({ language: spoken }));
  c.set("idempotencyKey", key);
  return made.ok ? ok(made.value.id) : made;
}

const waitForTurn = defineTool({
  name: "wait_for_turn",
  title: "Wait for the agent's answer",
  description: "Waits until the agent has answered a message of chat, and returns the answer.",
  scopes: ["read"],
  annotations: READS,
  input: z.strictObject({ id: owned("trn"), wait_seconds: waitSeconds(30) }),
  output: turnPart,
  async run(call, { id, wait_seconds: seconds }) {
    const user = userObject(call.c.env, addressOf(call.c, id));
    return answerOfTurn(await awaitTurn(call, unwrap(await user.readTurn(id)), seconds));
  },
});

const listTurns = defineTool({
  name: "list_turns",
  title: "List the messages of a project",
  description:
    "Returns the turns of a project, newest first, of every caller: their prompts, the agent's answers, and who sent them (channel, key_id). With wait_seconds and newest it waits for a turn that is newer.",
  scopes: ["read"],
  annotations: READS,
  input: turnsQuery.omit({ wait: true }).extend({ project: owned("prj"), wait_seconds: pollSeconds }),
  output: turnParts,
  async run({ c }, { project: id, newest = null, wait_seconds: seconds, ...query }) {
    const poll = { newest, waitMs: Math.min(seconds, LONG_POLL_MAX_SECONDS) * SECOND_MS };
    const page = unwrap(await userObject(c.env, addressOf(c, id)).listTurns(id, pageRequest(query), poll));
    const lines = page.data.map(
      ({ id: turn, status: is, channel, prompt }) =>
        `${turn}: ${is}, by ${channel ?? "an unknown caller"}, "${shorten(prompt ?? "", 40)}"`,
    );
    const text = page.data.length === 0 ? "There are no turns." : `${shorten(lines.join("; "), 450)}.${moreText(page)}`;
    return { data: { ...page, data: page.data.map((one) => partOf(turnPart, one)) }, text };
  },
});

const getTimeline = defineTool({
  name: "get_timeline",
  title: "Get a timeline",
  description: "Returns the timeline of a project: its tracks and what is on them.",
  scopes: ["read"],
  annotations: READS,
  input: z.strictObject({ project: owned("prj") }),
  output: timeline,
  async run({ c }, { project: id }) {
    const found = unwrap(await userObject(c.env, addressOf(c, id)).readTimeline(id)).timeline;
    const next = found.exportable
      ? "To change it, call chat with this project; to export it, call render_project."
      : "It is empty: call chat with this project.";
    return { data: { ...found }, text: `${shorten(found.summary, 480)} ${next}` };
  },
});

const renderProject = defineTool({
  name: "render_project",
  title: "Export a project",
  description:
    "Exports the timeline of a project to an mp4 file. An unchanged timeline that was exported before reuses its file.",
  scopes: ["render"],
  annotations: CREATES,
  input: z.strictObject({
    project: owned("prj"),
    format: output.shape.format,
    quality: output.shape.quality,
    wait_seconds: waitSeconds(0),
  }),
  output: renderPart,
  async run(call, { project: id, format, quality, wait_seconds: seconds }) {
    const { c } = call;
    const body = argumentsOf(c, newRender, { output: { format, quality } });
    const user = userObject(c.env, addressOf(c, id));
    const made = await repeatable(c, call.isRepeated, async () => user.startRender(await callOf(c), id, body));
    return answerOfRender(await awaitRender(call, unwrapMetered(c, made), seconds));
  },
});

const waitForRender = defineTool({
  name: "wait_for_render",
  title: "Wait for an export",
  description: "Waits until the file of an export is ready, and returns the link to it.",
  scopes: ["read"],
  annotations: READS,
  input: z.strictObject({ id: owned("rnd"), wait_seconds: waitSeconds(30) }),
  output: renderPart,
  async run(call, { id, wait_seconds: seconds }) {
    const user = userObject(call.c.env, addressOf(call.c, id));
    return answerOfRender(await awaitRender(call, unwrap(await user.readRender(id)), seconds));
  },
});

const importTool = defineTool({
  name: "import_file",
  title: "Import a file",
  description: "Downloads a video, image or audio file from an https address, for use in videos.",
  scopes: ["upload"],
  annotations: CREATES,
  input: z.strictObject({ url: newImport.shape.url, file_name: newImport.shape.file_name }),
  output: uploadPart,
  async run({ c, isRepeated }, args) {
    const body = argumentsOf(c, newImport, args);
    return answerOfImport(unwrapMetered(c, await repeatable(c, isRepeated, () => importFile(c, body))));
  },
});

const createUploadTool = defineTool({
  name: "create_upload",
  title: "Create an upload",
  description:
    "Returns a link to which a local file of known size is sent once with PUT, without a key. For a file that has an https address use import_file.",
  scopes: ["upload"],
  annotations: CREATES,
  input: z.strictObject({ filename: newUpload.shape.filename, size_bytes: newUpload.shape.size_bytes }),
  output: createdUpload,
  async run({ c, isRepeated }, args) {
    const body = argumentsOf(c, newUpload, args);
    const made = unwrapMetered(c, await repeatable(c, isRepeated, () => createUpload(c, body)));
    return answerOfUpload(made, made.status === "open" ? await uploadLink(c, made.id) : null);
  },
});

const listGenerators = defineTool({
  name: "list_generators",
  title: "List generators",
  description:
    "Returns the generators: saved prompts with variables, for make_video. The account's own come first, then the built-in ones.",
  scopes: ["read"],
  annotations: READS,
  input: pageQuery(GENERATOR_CURSOR),
  output: generatorParts,
  async run({ c }, query) {
    const page = await pageOfShownGenerators(c, pageRequest(query));
    const names = page.data.map(({ slug, name }) => `${slug} (${shorten(name, 40)})`).join(", ");
    const text = `Generators: ${shorten(names, 400)}. Call make_video with generator and variables.${moreText(page)}`;
    return { data: { ...page, data: page.data.map((one) => partOf(generatorPart, one)) }, text };
  },
});

const getUsage = defineTool({
  name: "get_usage",
  title: "Get usage",
  description:
    "Returns counts of turns, credits, renders and bytes of the account by day, user or key; by default of the last 30 days.",
  scopes: ["read"],
  keysOnly: true,
  annotations: READS,
  input: usageQuery,
  output: usagePage,
  async run({ c }, query) {
    const page = await pageOfUsage(c, query);
    const turns = page.data.reduce((sum, one) => sum + one.turns.completed, 0);
    const credits = page.data.reduce((sum, one) => sum + one.credits.measured + one.credits.estimated, 0);
    const text = `From ${page.from} to ${page.to}: ${turns} completed turns, ${Math.round(credits * 100) / 100} credits on this page.${moreText(page)}`;
    return { data: { ...page }, text };
  },
});

/** In the order in which clients show them. */
export const TOOLS: readonly Tool[] = [
  makeVideo,
  waitForVideo,
  getVideo,
  listVideos,
  continueTool,
  cancelVideo,
  chat,
  waitForTurn,
  listTurns,
  getTimeline,
  renderProject,
  waitForRender,
  importTool,
  createUploadTool,
  listGenerators,
  getUsage,
];
