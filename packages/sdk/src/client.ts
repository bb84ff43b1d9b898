/** The client: one method for each operation of the gateway, and the long ones in one call. */
import { callsOf, path } from "./calls.ts";
import { VideoNotCompletedError } from "./errors.ts";
import { follow, type Streamed, type StreamOptions } from "./streams.ts";
import { type ClientOptions, pause, type RequestOptions, Transport } from "./transport.ts";
import type * as T from "./types.ts";
import { type SendOptions, sendFile, type UploadSource } from "./uploads.ts";
import { unwrap } from "./webhooks.ts";

type Options = RequestOptions;
type New<Name extends keyof T.Schemas> = T.Schemas[Name];

/** Statuses in which a video does not continue by itself. */
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "needs_input"]);
const VIDEO_ENDS = /^video\.(completed|failed|cancelled|needs_input)$/;
const TURN_ENDS = /^turn\.(completed|failed|unknown)$/;
/** Milliseconds between two looks at the event list when nothing is new. */
const EVENTS_PAUSE_MS = 5_000;

export type WaitOptions = StreamOptions & {
  /** Milliseconds until the wait ends with an error; the video continues. Default: no limit. */
  readonly waitTimeout?: number;
  /** Called with every event. */
  readonly onProgress?: (event: Streamed<T.VideoEvent>) => void;
};

function videosOf(transport: Transport) {
  const { call, list, file } = callsOf(transport);
  const retrieve = (id: string, options?: Options) => call<T.Video>("GET", path`/v1/videos/${id}`, {}, options);
  const events = (id: string, options?: StreamOptions) =>
    follow<T.VideoEvent>(transport, path`/v1/videos/${id}/events`, ({ type }) => VIDEO_ENDS.test(type), options);
  const create = (body: New<"NewVideo">, options?: Options) =>
    call<T.Video>("POST", "/v1/videos", { json: body }, options);

  /** Waits until the video has ended or needs input. The events say when; the video itself says how. */
  async function wait(id: string, { waitTimeout, onProgress, ...options }: WaitOptions = {}): Promise<T.Video> {
    const late = waitTimeout === undefined ? undefined : AbortSignal.timeout(waitTimeout);
    const [first, second] = [options.signal, late].filter((signal) => signal !== undefined);
    const signal = first !== undefined && second !== undefined ? AbortSignal.any([first, second]) : first;
    const call = signal === undefined ? options : { ...options, signal };
    for await (const event of events(id, call)) onProgress?.(event);
    for (;;) {
      const video = await retrieve(id, call);
      if (ENDED.has(video.status)) return video;
      await pause(1_000, signal); // its events were over before, for example because they have been deleted
    }
  }

  return {
    create,
    retrieve,
    events,
    wait,
    /** What `create` would do and cost. Nothing is created. */
    plan: (body: New<"NewVideo">, options?: Options) =>
      call<T.VideoPlan>("POST", "/v1/videos", { json: { ...body, dry_run: true } }, options),
    list: (query: T.Query<"videos.list"> = {}, options?: Options) => list<T.ListedVideo>("/v1/videos", query, options),
    /** Creates a video and waits for its file. Throws a `VideoNotCompletedError` when it ends without one. */
    async createAndWait(body: New<"NewVideo">, options: WaitOptions & Pick<Options, "idempotencyKey"> = {}) {
      const { waitTimeout: _, onProgress: _progress, after: _after, transport: _transport, ...call } = options;
      const video = await wait((await create(body, call)).id, options);
      if (video.status === "completed") return video;
      throw new VideoNotCompletedError(video, reasonOf(video));
    },
    /** Continues a video that needs input or has ended: an answer, or a change. */
    continue: (id: string, body: New<"NewVideoTurn">, options?: Options) =>
      call<T.Video>("POST", path`/v1/videos/${id}/turns`, { json: body }, options),
    cancel: (id: string, options?: Options) => call<T.Video>("POST", path`/v1/videos/${id}/cancel`, {}, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/videos/${id}`, {}, options),
    /** The file, as an answer to read or to pipe. A `Range` header gives a part of it. */
    content: (id: string, options?: Options) => file(path`/v1/videos/${id}/content`, options),
    /** A link to the file that needs no key. */
    link: (id: string, body: New<"NewLink"> = {}, options?: Options) =>
      call<T.Link>("POST", path`/v1/videos/${id}/link`, { json: body }, options),
  };
}

function reasonOf(video: T.Video): string {
  if (video.status === "needs_input") return `The agent asks: ${video.message ?? ""} Answer with videos.continue.`;
  return `The video ${video.status === "cancelled" ? "was cancelled" : "failed"}: ${video.error?.detail ?? "no reason was given"}`;
}

function projectsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewProject"> = {}, options?: Options) =>
      call<T.Project>("POST", "/v1/projects", { json: body }, options),
    retrieve: (id: string, options?: Options) => call<T.Project>("GET", path`/v1/projects/${id}`, {}, options),
    list: (query: T.Query<"projects.list"> = {}, options?: Options) =>
      list<T.ListedProject>("/v1/projects", query, options),
    update: (id: string, body: New<"ProjectPatch">, options?: Options) =>
      call<T.Project>("PATCH", path`/v1/projects/${id}`, { json: body }, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/projects/${id}`, {}, options),
    timeline: (id: string, options?: Options) =>
      call<T.Timeline>("GET", path`/v1/projects/${id}/timeline`, {}, options),
    /** A link to the project in Nemo's own editor. */
    browserLink: (id: string, options?: Options) =>
      call<T.BrowserLink>("POST", path`/v1/projects/${id}/browser_link`, {}, options),
    renders: (id: string, query: T.Query<"projects.renders"> = {}, options?: Options) =>
      list<T.Render>(path`/v1/projects/${id}/renders`, query, options),
  };
}

function turnsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  const create = (project: string, body: New<"NewTurn">, options?: Options) =>
    call<T.Turn>("POST", path`/v1/projects/${project}/turns`, { json: body }, options);
  const stream = (id: string, options?: StreamOptions) =>
    follow<T.TurnEvent>(transport, path`/v1/turns/${id}/events`, ({ type }) => TURN_ENDS.test(type), options);
  return {
    create,
    stream,
    retrieve: (id: string, options?: Options) => call<T.Turn>("GET", path`/v1/turns/${id}`, {}, options),
    list: (project: string, query: T.Query<"turns.list"> = {}, options?: Options) =>
      list<T.Turn>(path`/v1/projects/${project}/turns`, query, options),
    cancel: (id: string, options?: Options) => call<T.Turn>("POST", path`/v1/turns/${id}/cancel`, {}, options),
    /** Sends a prompt and yields its events to the end. */
    async *createAndStream(
      project: string,
      body: New<"NewTurn">,
      { idempotencyKey, ...options }: StreamOptions & Pick<Options, "idempotencyKey"> = {},
    ): AsyncGenerator<Streamed<T.TurnEvent>, void, undefined> {
      const { after: _, transport: _transport, ...sent } = options;
      const turn = await create(project, body, {
        ...sent,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      });
      yield* stream(turn.id, options);
    },
    /** A URL of this turn's events that needs no key, for an EventSource. */
    streamTicket: (id: string, options?: Options) =>
      call<T.StreamTicket>("POST", path`/v1/turns/${id}/stream_ticket`, {}, options),
  };
}

function uploadsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    /** Sends a file, in chunks that are repeated or resumed as needed. */
    send: (source: UploadSource, options: SendOptions = {}) => sendFile(transport, source, options),
    /** Has the gateway download a file. */
    importUrl: (url: string, body: Omit<New<"NewImport">, "url"> = {}, options?: Options) =>
      call<T.Upload>("POST", "/v1/uploads/import", { json: { ...body, url } }, options),
    retrieve: (id: string, options?: Options) => call<T.Upload>("GET", path`/v1/uploads/${id}`, {}, options),
    list: (query: T.Query<"uploads.list"> = {}, options?: Options) =>
      list<T.ListedUpload>("/v1/uploads", query, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/uploads/${id}`, {}, options),
    /** Waits until the file has been analysed, and returns its asset. */
    async waitForAsset(id: string, options: Options = {}): Promise<T.Asset> {
      for (;;) {
        const upload = await call<T.Upload>("GET", path`/v1/uploads/${id}`, {}, options);
        if (upload.asset_id !== null) return call<T.Asset>("GET", path`/v1/assets/${upload.asset_id}`, {}, options);
        if (upload.status === "failed" || upload.status === "expired")
          throw new Error(upload.error?.detail ?? `The upload is ${upload.status}.`);
        await pause(1_000, options.signal);
      }
    },
  };
}

function assetsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    retrieve: (id: string, options?: Options) => call<T.Asset>("GET", path`/v1/assets/${id}`, {}, options),
    list: (query: T.Query<"assets.list"> = {}, options?: Options) => list<T.Asset>("/v1/assets", query, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/assets/${id}`, {}, options),
    attach: (project: string, body: New<"NewAttachment">, options?: Options) =>
      call<T.Attachment>("POST", path`/v1/projects/${project}/assets`, { json: body }, options),
  };
}

function rendersOf(transport: Transport) {
  const { call, list, file } = callsOf(transport);
  return {
    create: (project: string, body: New<"NewRender"> = {}, options?: Options) =>
      call<T.Render>("POST", path`/v1/projects/${project}/renders`, { json: body }, options),
    plan: (project: string, body: New<"NewRender"> = {}, options?: Options) =>
      call<T.RenderPlan>("POST", path`/v1/projects/${project}/renders`, { json: { ...body, dry_run: true } }, options),
    retrieve: (id: string, options?: Options) => call<T.Render>("GET", path`/v1/renders/${id}`, {}, options),
    list: (query: T.Query<"renders.list"> = {}, options?: Options) =>
      list<T.ListedRender>("/v1/renders", query, options),
    cancel: (id: string, options?: Options) => call<T.Render>("POST", path`/v1/renders/${id}/cancel`, {}, options),
    content: (id: string, options?: Options) => file(path`/v1/renders/${id}/content`, options),
    link: (id: string, body: New<"NewLink"> = {}, options?: Options) =>
      call<T.Link>("POST", path`/v1/renders/${id}/link`, { json: body }, options),
  };
}

function batchesOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewBatch">, options?: Options) => call<T.Batch>("POST", "/v1/batches", { json: body }, options),
    retrieve: (id: string, options?: Options) => call<T.Batch>("GET", path`/v1/batches/${id}`, {}, options),
    list: (query: T.Query<"batches.list"> = {}, options?: Options) => list<T.Batch>("/v1/batches", query, options),
    videos: (id: string, query: T.Query<"batches.videos"> = {}, options?: Options) =>
      list<T.BatchItem>(path`/v1/batches/${id}/videos`, query, options),
    pause: (id: string, options?: Options) => call<T.Batch>("POST", path`/v1/batches/${id}/pause`, {}, options),
    resume: (id: string, options?: Options) => call<T.Batch>("POST", path`/v1/batches/${id}/resume`, {}, options),
    cancel: (id: string, options?: Options) => call<T.Batch>("POST", path`/v1/batches/${id}/cancel`, {}, options),
  };
}

function generatorsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewGenerator">, options?: Options) =>
      call<T.Generator>("POST", "/v1/generators", { json: body }, options),
    retrieve: (id: string, query: T.Query<"generators.retrieve"> = {}, options?: Options) =>
      call<T.Generator>("GET", path`/v1/generators/${id}`, { query }, options),
    list: (query: T.Query<"generators.list"> = {}, options?: Options) =>
      list<T.Generator>("/v1/generators", query, options),
    update: (id: string, body: New<"GeneratorPatch">, options?: Options) =>
      call<T.Generator>("PATCH", path`/v1/generators/${id}`, { json: body }, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/generators/${id}`, {}, options),
    /** Has the agent write a generator. */
    make: (body: New<"NewGeneratorJob">, options?: Options) =>
      call<T.GeneratorJob>("POST", "/v1/generators/make", { json: body }, options),
    job: (id: string, options?: Options) => call<T.GeneratorJob>("GET", path`/v1/generator_jobs/${id}`, {}, options),
    /** Starts a video from a generator. */
    createVideo: (id: string, body: New<"NewGeneratorVideo">, options?: Options) =>
      call<T.Video>("POST", path`/v1/generators/${id}/videos`, { json: body }, options),
  };
}

function usersOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    retrieve: (id: string, options?: Options) => call<T.User>("GET", path`/v1/users/${id}`, {}, options),
    list: (query: T.Query<"users.list"> = {}, options?: Options) => list<T.User>("/v1/users", query, options),
    delete: (id: string, options?: Options) => call<T.User>("DELETE", path`/v1/users/${id}`, {}, options),
    /** A token for this user alone, for browsers and apps. */
    createToken: (id: string, body: New<"NewUserToken"> = {}, options?: Options) =>
      call<T.UserToken>("POST", path`/v1/users/${id}/tokens`, { json: body }, options),
    signOut: (id: string, options?: Options) => call<T.SignedOut>("POST", path`/v1/users/${id}/sign_out`, {}, options),
  };
}

function keysOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewKey">, options?: Options) => call<T.CreatedKey>("POST", "/v1/keys", { json: body }, options),
    retrieve: (id: string, options?: Options) => call<T.Key>("GET", path`/v1/keys/${id}`, {}, options),
    list: (query: T.Query<"keys.list"> = {}, options?: Options) => list<T.Key>("/v1/keys", query, options),
    rotate: (id: string, body: New<"KeyRotation">, options?: Options) =>
      call<T.CreatedKey>("POST", path`/v1/keys/${id}/rotate`, { json: body }, options),
    revoke: (id: string, query: T.Query<"keys.revoke"> = {}, options?: Options) =>
      call<T.Key>("DELETE", path`/v1/keys/${id}`, { query }, options),
  };
}

function webhookEndpointsOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewWebhookEndpoint">, options?: Options) =>
      call<T.CreatedWebhookEndpoint>("POST", "/v1/webhook_endpoints", { json: body }, options),
    retrieve: (id: string, options?: Options) =>
      call<T.WebhookEndpoint>("GET", path`/v1/webhook_endpoints/${id}`, {}, options),
    list: (options?: Options) => list<T.WebhookEndpoint>("/v1/webhook_endpoints", {}, options),
    update: (id: string, body: New<"WebhookEndpointPatch">, options?: Options) =>
      call<T.WebhookEndpoint>("PATCH", path`/v1/webhook_endpoints/${id}`, { json: body }, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/webhook_endpoints/${id}`, {}, options),
    enable: (id: string, options?: Options) =>
      call<T.WebhookEndpoint>("POST", path`/v1/webhook_endpoints/${id}/enable`, {}, options),
    test: (id: string, body: New<"NewTest">, options?: Options) =>
      call<T.LoggedDelivery>("POST", path`/v1/webhook_endpoints/${id}/test`, { json: body }, options),
    /** Delivers the events that the endpoint has missed. */
    recover: (id: string, body: New<"Recovery">, options?: Options) =>
      call<T.WebhookEndpoint>("POST", path`/v1/webhook_endpoints/${id}/recover`, { json: body }, options),
    rotateSecret: (id: string, options?: Options) =>
      call<T.RotatedSecret>("POST", path`/v1/webhook_endpoints/${id}/rotate_secret`, {}, options),
  };
}

/** The secret that signs messages to hooks and to a `callback_url`. */
function webhookSecretOf(transport: Transport) {
  const { call } = callsOf(transport);
  return {
    /** The secret, the first time; afterwards rotate it. */
    show: (options?: Options) => call<T.RotatedSecret>("POST", "/v1/webhook_secret", {}, options),
    rotate: (options?: Options) => call<T.RotatedSecret>("POST", "/v1/webhook_secret/rotate", {}, options),
  };
}

function hooksOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    create: (body: New<"NewHook">, options?: Options) => call<T.Hook>("POST", "/v1/hooks", { json: body }, options),
    list: (options?: Options) => list<T.Hook>("/v1/hooks", {}, options),
    delete: (id: string, options?: Options) => call<null>("DELETE", path`/v1/hooks/${id}`, {}, options),
    /** Deletes the hooks of an address, for tools that do not keep a hook's id. */
    deleteByAddress: (query: T.Query<"hooks.delete_address">, options?: Options) =>
      call<null>("DELETE", "/v1/hooks", { query }, options),
    /** Sends the hook a sample of its event. */
    test: (id: string, options?: Options) => call<T.LoggedDelivery>("POST", path`/v1/hooks/${id}/test`, {}, options),
    samples: (query: T.Query<"hooks.samples">, options?: Options) =>
      call<readonly T.Schemas["HookBody"][]>("GET", "/v1/hooks/samples", { query }, options),
  };
}

/** The tenant's own Nemo token, which its users' turns are paid with. */
function nemoTokenOf(transport: Transport) {
  const { call } = callsOf(transport);
  return {
    retrieve: (options?: Options) => call<T.NemoToken>("GET", "/v1/nemo_token", {}, options),
    set: (body: New<"NewNemoToken">, options?: Options) =>
      call<T.NemoToken>("PUT", "/v1/nemo_token", { json: body }, options),
    delete: (options?: Options) => call<null>("DELETE", "/v1/nemo_token", {}, options),
  };
}

function deliveriesOf(transport: Transport) {
  const { call, list } = callsOf(transport);
  return {
    retrieve: (id: string, options?: Options) => call<T.LoggedDelivery>("GET", path`/v1/deliveries/${id}`, {}, options),
    list: (query: T.Query<"deliveries.list"> = {}, options?: Options) =>
      list<T.Delivery>("/v1/deliveries", query, options),
    retry: (id: string, options?: Options) =>
      call<T.LoggedDelivery>("POST", path`/v1/deliveries/${id}/retry`, {}, options),
  };
}

function eventsOf(transport: Transport) {
  const { call } = callsOf(transport);
  type EventPage = T.Schemas["EventPage"];
  return {
    retrieve: (id: string, options?: Options) => call<T.Event>("GET", path`/v1/events/${id}`, {}, options),
    /** One page of events after a cursor, oldest first. */
    list: (query: T.Query<"events.list"> = {}, options?: Options) =>
      call<EventPage>("GET", "/v1/events", { query }, options),
    /** Every event after a cursor, for ever: asks again every few seconds when there are no more. End it with `signal`. */
    async *poll(
      query: { readonly after?: number } = {},
      options: Options = {},
    ): AsyncGenerator<T.Event, void, undefined> {
      for (let after = query.after; ; ) {
        const page: EventPage = await call<EventPage>("GET", "/v1/events", { query: { after } }, options);
        yield* page.data;
        after = page.next_cursor;
        if (!page.has_more) await pause(EVENTS_PAUSE_MS, options.signal);
      }
    },
  };
}

/** A client of one gateway, with one API key or one user token. */
export class NemoGateway {
  readonly #transport: Transport;
  readonly videos: ReturnType<typeof videosOf>;
  readonly projects: ReturnType<typeof projectsOf>;
  readonly turns: ReturnType<typeof turnsOf>;
  readonly uploads: ReturnType<typeof uploadsOf>;
  readonly assets: ReturnType<typeof assetsOf>;
  readonly renders: ReturnType<typeof rendersOf>;
  readonly generators: ReturnType<typeof generatorsOf>;
  readonly batches: ReturnType<typeof batchesOf>;
  readonly users: ReturnType<typeof usersOf>;
  readonly keys: ReturnType<typeof keysOf>;
  readonly webhookEndpoints: ReturnType<typeof webhookEndpointsOf>;
  readonly hooks: ReturnType<typeof hooksOf>;
  readonly webhookSecret: ReturnType<typeof webhookSecretOf>;
  readonly deliveries: ReturnType<typeof deliveriesOf>;
  readonly events: ReturnType<typeof eventsOf>;
  readonly nemoToken: ReturnType<typeof nemoTokenOf>;
  /** Verification of webhooks. */
  readonly webhooks = { unwrap };

  constructor(options: ClientOptions = {}) {
    const transport = new Transport(options);
    this.#transport = transport;
    this.videos = videosOf(transport);
    this.projects = projectsOf(transport);
    this.turns = turnsOf(transport);
    this.uploads = uploadsOf(transport);
    this.assets = assetsOf(transport);
    this.renders = rendersOf(transport);
    this.generators = generatorsOf(transport);
    this.batches = batchesOf(transport);
    this.users = usersOf(transport);
    this.keys = keysOf(transport);
    this.webhookEndpoints = webhookEndpointsOf(transport);
    this.hooks = hooksOf(transport);
    this.webhookSecret = webhookSecretOf(transport);
    this.deliveries = deliveriesOf(transport);
    this.events = eventsOf(transport);
    this.nemoToken = nemoTokenOf(transport);
  }

  /** The gateway's address. */
  get baseURL(): string {
    return this.#transport.baseURL;
  }

  /** What the credential may do, its quotas and the account's state. */
  me(options?: Options) {
    return callsOf(this.#transport).call<T.Me>("GET", "/v1/me", {}, options);
  }

  credits(options?: Options) {
    return callsOf(this.#transport).call<T.Credits>("GET", "/v1/credits", {}, options);
  }

  usage(query: T.Query<"usage.list"> = {}, options?: Options) {
    return callsOf(this.#transport).list<T.Schemas["UsagePage"]["data"][number]>("/v1/usage", query, options);
  }

  auditLog(query: T.Query<"audit_log.list"> = {}, options?: Options) {
    return callsOf(this.#transport).list<T.AuditEntry>("/v1/audit_log", query, options);
  }

  health(options?: Options) {
    return callsOf(this.#transport).call<T.Health>("GET", "/healthz", {}, options);
  }

  /** Any request of the API, for what has no method here yet. */
  request<R>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", at: string, json?: unknown, options?: Options) {
    return callsOf(this.#transport).call<R>(method, at, { json }, options);
  }
}
