/** The AI SDK (package `ai`, version 7): a video model, and a chat transport for `useChat`. */
import type { Experimental_VideoModelV4 as VideoModelV4 } from "@ai-sdk/provider";
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";
import { NemoGateway } from "./client.ts";
import type { Streamed } from "./streams.ts";
import type { ClientOptions } from "./transport.ts";
import type { Schemas, TurnEvent, Video } from "./types.ts";

/** What `providerOptions.nemo` of a call may have: fields of `POST /v1/videos`. */
export type NemoVideoOptions = Partial<
  Pick<Schemas["NewVideo"], "project" | "language" | "output" | "on_question" | "metadata">
>;

type StartOptions = Parameters<NonNullable<VideoModelV4["doStart"]>>[0];
type InputFile = NonNullable<StartOptions["image"]>;
type Warning = Awaited<ReturnType<NonNullable<VideoModelV4["doStart"]>>>["warnings"][number];

/** Creates models: `createNemo({ apiKey, baseURL }).video("default")`, or the id or slug of a generator. */
export function createNemo(options: ClientOptions = {}) {
  const client = new NemoGateway(options);
  return { video: (modelId = "default"): VideoModelV4 => videoModel(client, modelId) };
}

/** A video model: `default` takes the prompt as it is, any other id is that of a generator, whose `prompt` variable it fills. */
function videoModel(client: NemoGateway, modelId: string): VideoModelV4 {
  const responseOf = (headers?: Headers) => ({
    timestamp: new Date(),
    modelId,
    headers: headers === undefined ? undefined : Object.fromEntries(headers),
  });
  return {
    specificationVersion: "v4",
    provider: "nemo-gateway",
    modelId,
    maxVideosPerCall: 1,
    handleWebhookOption: ({ webhook }) =>
      Promise.resolve(webhook()).then(({ url, received }) => ({ webhookUrl: url, received })),
    async doStart(options) {
      const { prompt, warnings } = promptOf(options);
      const call = callOf(options.headers, options.abortSignal);
      const given = (options.providerOptions.nemo ?? {}) as NemoVideoOptions; // the caller's own, checked by the gateway
      const files = [
        options.image,
        ...(options.frameImages ?? []).map(({ image }) => image),
        ...(options.inputReferences ?? []),
      ];
      const assets = await Promise.all(
        files.filter((file) => file !== undefined).map((file) => assetOf(client, file, call)),
      );
      const shared = {
        ...given,
        ...(assets.length > 0 ? { assets } : {}),
        ...(options.webhookUrl === undefined ? {} : { callback_url: options.webhookUrl }),
      };
      const created =
        modelId === "default"
          ? client.videos.create({ ...shared, prompt }, call)
          : client.generators.createVideo(modelId, { ...shared, variables: { prompt } }, call);
      const { data, response } = await created.withResponse();
      return { operation: { id: data.id }, warnings, response: responseOf(response.headers) };
    },
    async doStatus({ operation, headers, abortSignal }) {
      const { id } = operation as { id: string }; // doStart's
      const call = callOf(headers, abortSignal);
      const { data: video, response } = await client.videos.retrieve(id, call).withResponse();
      if (video.status === "completed") {
        const url = video.download_url ?? (await client.videos.link(id, {}, call)).download_url; // fails as the file does
        const videos = [{ type: "url" as const, url, mediaType: "video/mp4" }];
        return { status: "completed", videos, warnings: [], response: responseOf(response.headers) };
      }
      const error = errorOf(video);
      if (error === null) return { status: "pending", response: responseOf(response.headers) };
      return { status: "error", error, response: responseOf(response.headers) };
    },
  };
}

/** Why a video will have no file; null while it may still get one. */
function errorOf(video: Video): string | null {
  if (video.status === "needs_input") return `The agent asks: ${video.message ?? ""}`;
  if (video.status === "cancelled") return "The video was cancelled.";
  return video.status === "failed" ? (video.error?.detail ?? "The video failed.") : null;
}

/** The prompt with what the model takes only as words, and a warning for each setting that is not exact or not supported. */
function promptOf(options: StartOptions): { prompt: string; warnings: Warning[] } {
  const said: string[] = [];
  const warnings: Warning[] = [];
  const say = (feature: string, words: string | null): void => {
    if (words === null) return;
    said.push(words);
    warnings.push({
      type: "compatibility",
      feature,
      details: "sent as a sentence of the prompt; the result may differ",
    });
  };
  say("aspectRatio", options.aspectRatio === undefined ? null : `Aspect ratio ${options.aspectRatio}.`);
  say("resolution", options.resolution === undefined ? null : `Resolution ${options.resolution}.`);
  say("duration", options.duration === undefined ? null : `Length ${options.duration} seconds.`);
  for (const feature of ["fps", "seed"] as const)
    if (options[feature] !== undefined) warnings.push({ type: "unsupported", feature });
  return { prompt: [options.prompt ?? "", said.join(" ")].filter((part) => part !== "").join("\n"), warnings };
}

/** An asset's id, or an address that the gateway imports. */
async function assetOf(client: NemoGateway, file: InputFile, call: ReturnType<typeof callOf>): Promise<string> {
  if (file.type === "url") return file.url;
  const data =
    typeof file.data === "string" ? Uint8Array.from(atob(file.data), (char) => char.charCodeAt(0)) : file.data;
  const filename = `input.${file.mediaType.split("/")[1]?.replace("jpeg", "jpg").replace("quicktime", "mov") ?? "bin"}`;
  const upload = await client.uploads.send(new Blob([new Uint8Array(data)]), { ...call, filename });
  return (await client.uploads.waitForAsset(upload.id, call)).id;
}

function callOf(headers: Record<string, string | undefined> | Headers | undefined, signal: AbortSignal | undefined) {
  const given = headers instanceof Headers ? Object.fromEntries(headers) : (headers ?? {});
  const sent = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return { headers: sent as Record<string, string>, ...(signal === undefined ? {} : { signal }) };
}

/**
 * The transport of a chat with a project's agent, for `useChat`. It talks to the gateway from the page: give the client a user
 * token, not a key. Each message of the user is one turn; the transport follows it over cut connections, and continues it after a
 * reload. Stopping the chat stops the following, not the turn: cancel that with `client.turns.cancel`.
 */
export class NemoChatTransport<M extends UIMessage = UIMessage> implements ChatTransport<M> {
  readonly #client: NemoGateway;
  readonly #project: string;
  /** A reconnection gives the turn's events from the first one on. */
  readonly resumeStreamIsReplay = true;

  constructor({ client, project }: { readonly client: NemoGateway; readonly project: string }) {
    this.#client = client;
    this.#project = project;
  }

  sendMessages: ChatTransport<M>["sendMessages"] = async ({ trigger, messages, abortSignal, headers }) => {
    const message = messages.findLast(({ role }) => role === "user");
    const prompt = (message?.parts ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    const call = callOf(headers, abortSignal);
    // One turn for a message, however often it is sent. An edited message and a regeneration are new turns.
    const key =
      trigger === "submit-message" && message !== undefined
        ? { idempotencyKey: `message-${await hashOf(`${message.id}\n${prompt}`)}` }
        : {};
    const turn = await this.#client.turns.create(this.#project, { prompt }, { ...call, ...key });
    return this.#chunksOf(turn.id, call);
  };

  reconnectToStream: ChatTransport<M>["reconnectToStream"] = async ({ abortSignal, headers }) => {
    const call = callOf(headers, abortSignal);
    const [turn] = (await this.#client.turns.list(this.#project, { limit: 1 }, call)).data;
    return turn === undefined || turn.ended_at !== null ? null : this.#chunksOf(turn.id, call);
  };

  #chunksOf(turn: string, call: ReturnType<typeof callOf>): ReadableStream<UIMessageChunk> {
    const stop = new AbortController();
    const signal = call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal]);
    const chunks = toChunks(turn, this.#client.turns.stream(turn, { ...call, signal }));
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        stop.abort(); // ends a read that waits for the next event
        await chunks.return(undefined);
      },
    });
  }
}

/** SHA-256 in hex. */
async function hashOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Translates the events of a turn. Each message of the agent is a step, so that a whole text can replace its chunks. */
async function* toChunks(
  turn: string,
  events: AsyncIterable<Streamed<TurnEvent>>,
): AsyncGenerator<UIMessageChunk, void, undefined> {
  yield { type: "start", messageId: turn };
  const open: { id: string | null; text: string } = { id: null, text: "" };
  for await (const event of events) {
    switch (event.type) {
      case "message": {
        const id = String(event.message);
        if (open.id !== id) {
          Object.assign(open, { id, text: "" });
          yield { type: "start-step" };
          yield { type: "text-start", id };
        }
        if (!event.partial && !event.text.startsWith(open.text)) {
          open.text = "";
          yield { type: "reset-step" };
          yield { type: "text-start", id };
        }
        const delta = event.partial ? event.text : event.text.slice(open.text.length);
        open.text += delta;
        if (delta !== "") yield { type: "text-delta", id, delta };
        if (event.partial) break;
        open.id = null;
        yield { type: "text-end", id };
        yield { type: "finish-step" };
        break;
      }
      case "progress":
        yield { type: "data-progress", data: { stage: event.stage, elapsed_ms: event.elapsed_ms }, transient: true };
        break;
      case "timeline.changed":
        yield { type: "data-timeline", data: { summary: event.summary, line: event.line, diff: event.diff } };
        break;
      case "action":
        yield { type: "data-action", data: { action: event.action, method: event.method, path: event.path } };
        break;
      case "turn.completed":
        yield { type: "finish", finishReason: "stop" };
        return;
      case "turn.failed":
      case "turn.unknown":
        yield { type: "error", errorText: event.turn.error?.detail ?? "How the turn ended is not known." };
        yield { type: "finish", finishReason: event.type === "turn.failed" ? "error" : "other" };
        return;
      default:
    }
  }
}
