#!/usr/bin/env node
/**
 * The command `nemo-gateway`. Data goes to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no valid
 * credential, 4 the agent asks a question, 130 interrupted.
 */
import { createHmac, randomBytes } from "node:crypto";
import {
  createWriteStream,
  mkdirSync,
  openAsBlob,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { NemoGateway } from "./client.ts";
import { ConnectionError, GatewayError } from "./errors.ts";
import type { Delivery, Event, Key, Video } from "./types.ts";

const HELP = `nemo-gateway COMMAND

  login [--url URL]                    store a key, read from stdin, for the commands below
  whoami                               what the key may do
  make "PROMPT" [-f FILE]… [-g GENERATOR --var KEY=VALUE…] [-o OUT.mp4]
                                       make a video and wait for it
  chat [--project ID]                  talk to a project's agent, a prompt per line
  upload FILE                          send a file and print its asset; after a kill it continues
  watch ID                             print the events of a video or a turn
  download ID [-o OUT.mp4]             save a video's or a render's file
  listen --forward-to URL              send every event to a local server, signed
  trigger EVENT --to URL               send one sample of an event, signed
  webhooks [create URL | delete ID]    the addresses that get events
  deliveries [retry ID] [--state failed]
                                       what was sent to them, newest first, and sending it again
  keys [create NAME | rotate ID | revoke ID] [--scope SCOPE…]
                                       API keys; rotate leaves the old one valid for an hour
  usage                                what was used, by day
  api METHOD PATH [JSON]               any request
  completion SHELL                     completion of the words above, for bash or zsh

Options of all: --json prints JSON, --user ID acts for one of your users. Lists print --limit entries (50).
The key is NEMO_GATEWAY_API_KEY, or what login stored; the address is NEMO_GATEWAY_URL, or that of login.
`;

const OPTIONS = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  url: { type: "string" },
  user: { type: "string" },
  file: { type: "string", short: "f", multiple: true },
  generator: { type: "string", short: "g" },
  var: { type: "string", multiple: true },
  output: { type: "string", short: "o" },
  project: { type: "string" },
  "forward-to": { type: "string" },
  to: { type: "string" },
  state: { type: "string" },
  scope: { type: "string", multiple: true },
  limit: { type: "string" },
} as const;

type DeliveryState = Delivery["state"];
type Scopes = Key["scopes"];
type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

/** Ends the command with a message and an exit code. */
class Exit extends Error {
  readonly code: number;
  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}
const usage = (message: string): Exit => new Exit(2, `${message}\nnemo-gateway --help lists the commands.`);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (value: unknown): void =>
  void process.stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);

/* What is stored between two runs, readable by this account alone. */

const FOLDER = join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "nemo-gateway");
type Stored = { readonly apiKey?: string; readonly baseURL?: string };

/** What an earlier run has stored in this file; `missing` when there is none. */
function stored<T>(file: string, missing: T): T {
  try {
    return JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as T; // written by this command
  } catch {
    return missing;
  }
}

/** Writes a file whole or not at all: a kill in between leaves the old one. */
function store(file: string, text: string): void {
  const path = join(FOLDER, file);
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function clientOf(flags: Flags): NemoGateway {
  const { apiKey, baseURL } = stored<Stored>("config.json", {});
  const key = process.env.NEMO_GATEWAY_API_KEY ?? apiKey;
  const url = flags.url ?? process.env.NEMO_GATEWAY_URL ?? baseURL;
  if (key === undefined || url === undefined)
    throw new Exit(
      3,
      "No key or no address: set NEMO_GATEWAY_API_KEY and NEMO_GATEWAY_URL, or run nemo-gateway login.",
    );
  return new NemoGateway({ apiKey: key, baseURL: url, ...(flags.user === undefined ? {} : { user: flags.user }) });
}

async function login(_words: readonly string[], flags: Flags): Promise<void> {
  const baseURL = flags.url ?? process.env.NEMO_GATEWAY_URL;
  if (baseURL === undefined) throw usage("Say where: --url https://gateway.example");
  if (process.stdin.isTTY) say("Paste the key, then Ctrl-D:");
  let apiKey = "";
  for await (const chunk of process.stdin) apiKey += String(chunk);
  apiKey = apiKey.trim();
  const { tenant, mode } = await new NemoGateway({ apiKey, baseURL }).me();
  store("config.json", JSON.stringify({ apiKey, baseURL }));
  say(`Stored the ${mode} key of ${tenant?.name ?? "a user"} in ${join(FOLDER, "config.json")}.`);
}

/* Videos */

/** Uploads that were not finished: the id by gateway, file, size and time of its last change. */
const UPLOADS = "uploads.json";
type Unfinished = Readonly<Record<string, string>>;

function noteUpload(name: string, id: string | null): void {
  const { [name]: _, ...others } = stored<Unfinished>(UPLOADS, {});
  store(UPLOADS, JSON.stringify(id === null ? others : { ...others, [name]: id }));
}

/** Sends a file; continues an upload of the same file that an earlier run has left. */
async function sendOnce(nemo: NemoGateway, path: string) {
  const file = await openAsBlob(path).catch(() => {
    throw usage(`${path} cannot be read.`);
  });
  const name = `${nemo.baseURL} ${resolve(path)} ${file.size} ${statSync(path).mtimeMs}`;
  const unfinished = stored<Unfinished>(UPLOADS, {})[name];
  const options = {
    filename: basename(path),
    onCreated: (id: string) => noteUpload(name, id),
    onProgress: (sent: number, total: number) =>
      say(`${basename(path)}: ${total === 0 ? 100 : Math.floor((100 * sent) / total)} %`),
  };
  const continued =
    unfinished === undefined
      ? null
      : await nemo.uploads.send(file, { ...options, uploadId: unfinished }).catch((error: unknown) => {
          if (error instanceof GatewayError && NOT_CONTINUED.has(error.status)) return null;
          throw error;
        });
  const upload = continued ?? (await nemo.uploads.send(file, options));
  noteUpload(name, null);
  return upload;
}

/** Statuses of an upload that cannot continue, because it has expired, was deleted, or is another user's. */
const NOT_CONTINUED: ReadonlySet<number> = new Set([403, 404, 409, 410]);

async function uploadFile(nemo: NemoGateway, path: string) {
  const upload = await sendOnce(nemo, path);
  const asset = await nemo.uploads.waitForAsset(upload.id);
  if (asset.status === "rejected") throw new Exit(1, asset.error?.detail ?? `${path} was rejected.`);
  return asset;
}

function variablesOf({ var: given = [] }: Flags): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf("=");
      if (at < 1) throw usage(`--var takes KEY=VALUE, not ${one}`);
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
}

async function make([prompt]: readonly string[], flags: Flags): Promise<void> {
  const nemo = clientOf(flags);
  if (prompt === undefined && flags.generator === undefined)
    throw usage('Say what: nemo-gateway make "a clip of the sea"');
  const assets: string[] = [];
  for (const path of flags.file ?? []) assets.push((await uploadFile(nemo, path)).id);
  const files = assets.length > 0 ? { assets } : {};
  const video =
    flags.generator === undefined
      ? await nemo.videos.create({ prompt: prompt ?? "", ...files })
      : await nemo.generators.createVideo(flags.generator, {
          ...files,
          variables: { ...(prompt === undefined ? {} : { prompt }), ...variablesOf(flags) },
        });
  await finish(nemo, video.id, flags);
}

/** Waits for a video and prints how it ended. Ctrl-C leaves it running. */
async function finish(nemo: NemoGateway, id: string, flags: Flags): Promise<void> {
  process.once("SIGINT", () => {
    say(`\n${id} continues. Wait for it again with: nemo-gateway watch ${id}`);
    process.exit(130);
  });
  const video = await nemo.videos.wait(id, {
    onProgress: (event) => {
      if (event.type === "video.stage") say(`${event.stage} ${event.progress} %`);
      if (event.type === "message") say(event.text);
    },
  });
  await report(nemo, video, flags);
}

async function report(nemo: NemoGateway, video: Video, flags: Flags): Promise<void> {
  if (video.status === "completed" && flags.output !== undefined)
    await save(nemo.videos.content(video.id), flags.output);
  if (flags.json) print(video);
  else if (video.status === "completed")
    print(flags.output ?? video.download_url ?? (await nemo.videos.link(video.id)).download_url);
  if (video.status === "completed") return;
  if (video.status === "needs_input")
    throw new Exit(
      4,
      `${video.message ?? ""}\nAnswer: nemo-gateway api POST /v1/videos/${video.id}/turns '{"prompt":"…"}'`,
    );
  throw new Exit(1, video.error?.detail ?? `The video ${video.status}.`);
}

/** Saves a file. It appears under its name when it is whole. */
async function save(answer: Promise<Response>, path: string): Promise<void> {
  const { body } = await answer;
  if (body === null) throw new Exit(1, "The file is empty.");
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.part`;
  try {
    await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(part));
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new Exit(1, `${path} could not be saved: ${textOf(error)}`);
  }
}

async function watch([id = ""]: readonly string[], flags: Flags): Promise<void> {
  const nemo = clientOf(flags);
  if (id.startsWith("vid_")) {
    for await (const event of nemo.videos.events(id)) print(event);
    return report(nemo, await nemo.videos.retrieve(id), { ...flags, json: true });
  }
  if (!id.startsWith("trn_")) throw usage("Say which: nemo-gateway watch vid_… or trn_…");
  for await (const event of nemo.turns.stream(id)) print(event);
}

async function download([id = ""]: readonly string[], flags: Flags): Promise<void> {
  const nemo = clientOf(flags);
  const files = id.startsWith("rnd_") ? nemo.renders : id.startsWith("vid_") ? nemo.videos : null;
  if (files === null) throw usage("Say which: nemo-gateway download vid_… or rnd_…");
  const path = flags.output ?? `${id}.mp4`;
  await save(files.content(id), path);
  print(path);
}

async function chat(_words: readonly string[], flags: Flags): Promise<void> {
  const nemo = clientOf(flags);
  const project = flags.project ?? (await nemo.projects.create()).id;
  say(`Project ${project}. A prompt per line; Ctrl-D ends.`);
  const lines = createInterface({ input: process.stdin, terminal: false });
  for await (const prompt of lines) {
    if (prompt.trim() === "") continue;
    for await (const event of nemo.turns.createAndStream(project, { prompt })) {
      if (flags.json) print(event);
      else if (event.type === "message" && !event.partial) print(event.text);
      else if (event.type === "timeline.changed") say(event.line);
      else if (event.type === "turn.failed") say(event.turn.error?.detail ?? "The turn failed.");
      else if (event.type === "turn.unknown") say(event.turn.error?.detail ?? "How the turn ended is not known.");
    }
  }
}

/* Webhooks on this machine */

/** Milliseconds between two attempts of `listen` to reach the gateway. */
const RECONNECT_MS = 5_000;
/** How long a rotated key stays valid. Chosen: long enough to replace it where it is used. */
const ROTATION_GRACE_SECONDS = 3_600;

const newSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;

/** Sends a signed webhook (Standard Webhooks). Returns the status; null without an answer. */
async function post(url: string, id: string, body: string, secret: string): Promise<number | null> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
  try {
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(15_000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return null;
  }
}

const isReceived = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

/** Sends an event again until a server answers; one that the server rejects, three times. */
async function forward(url: string, event: Event, secret: string): Promise<void> {
  for (let rejections = 0; ; ) {
    const status = await post(url, event.id, JSON.stringify(event), secret);
    say(`${event.type} ${event.id}: ${status ?? `no answer from ${url}, trying again`}`);
    if (isReceived(status)) return;
    if (status !== null && ++rejections === 3) return say(`${event.id} was rejected three times and is left out.`);
    await sleep(1_000 * Math.max(1, rejections));
  }
}

async function listen(_words: readonly string[], flags: Flags): Promise<void> {
  const url = flags["forward-to"];
  if (url === undefined) throw usage("Say where: nemo-gateway listen --forward-to http://127.0.0.1:3000/webhooks");
  const nemo = clientOf(flags);
  const { tenant, mode, events_cursor: newest } = await nemo.me();
  const stateFile = `listen-${tenant?.id ?? "user"}-${mode}.json`;
  const state = stored(stateFile, { cursor: newest ?? 0, secret: newSecret() });
  store(stateFile, JSON.stringify(state));
  say(`Your signing secret is ${state.secret}`);
  say(`Forwarding the events after ${state.cursor} to ${url}. Ctrl-C ends; the next start continues here.`);
  for (;;) {
    try {
      for await (const event of nemo.events.poll({ after: state.cursor })) {
        await forward(url, event, state.secret);
        state.cursor = event.cursor;
        store(stateFile, JSON.stringify(state)); // after it was received: a kill in between sends it again
        if (flags.json) print({ id: event.id, type: event.type });
      }
    } catch (error) {
      if (!(error instanceof ConnectionError || (error instanceof GatewayError && error.retryable))) throw error;
      say(`${error.message} Trying again.`);
      await sleep(RECONNECT_MS);
    }
  }
}

async function trigger([type]: readonly string[], flags: Flags): Promise<void> {
  if (type === undefined || flags.to === undefined)
    throw usage("nemo-gateway trigger video.completed --to http://127.0.0.1:3000");
  const nemo = clientOf(flags);
  const query = { event: type } as Parameters<typeof nemo.hooks.samples>[0]; // the gateway rejects another type
  const [sample] = await nemo.hooks.samples(query);
  const secret = newSecret();
  say(`Signed with ${secret}`);
  const status = await post(flags.to, `evt_sample_${Date.now()}`, JSON.stringify(sample), secret);
  print(String(status ?? "no answer"));
  if (!isReceived(status)) throw new Exit(1);
}

/* The tenant's own records */

/** Prints the newest entries of a list, a line each. */
async function printList<T>(entries: AsyncIterable<T>, flags: Flags, lineOf: (entry: T) => readonly unknown[]) {
  let left = Number(flags.limit ?? 50);
  if (!Number.isInteger(left) || left < 1) throw usage("--limit takes a number from 1.");
  for await (const entry of entries) {
    print(
      flags.json
        ? entry
        : lineOf(entry)
            .map((cell) => cell ?? "-")
            .join("\t"),
    );
    if (--left === 0) return;
  }
}

/** Prints one created or changed record. */
const printOne = (value: unknown, flags: Flags, text: string): void => print(flags.json ? value : text);

/** The secret of a new record. It is missing when its first answer was lost and the call was repeated. */
function secretOf({ id, secret }: { readonly id: string; readonly secret?: string }): string {
  if (secret === undefined)
    throw new Exit(1, `The answer with the secret of ${id} was lost: remove it and create another.`);
  say("The secret is shown only now.");
  return secret;
}

async function webhooks([action, subject = ""]: readonly string[], flags: Flags): Promise<void> {
  const { webhookEndpoints } = clientOf(flags);
  if (action === undefined) return printList(webhookEndpoints.list(), flags, ({ id, state, url }) => [id, state, url]);
  if (subject === "" || (action !== "create" && action !== "delete"))
    throw usage("nemo-gateway webhooks [create URL | delete ID]");
  if (action === "delete") return void (await webhookEndpoints.delete(subject));
  const created = await webhookEndpoints.create({ url: subject });
  printOne(created, flags, `${created.id}\t${secretOf(created)}`);
}

async function deliveries([action, id = ""]: readonly string[], flags: Flags): Promise<void> {
  const { deliveries: sent } = clientOf(flags);
  if (action === undefined) {
    const query = flags.state === undefined ? {} : { state: flags.state as DeliveryState }; // the gateway rejects another state
    return printList(sent.list(query), flags, (one) => [
      one.id,
      one.state,
      one.event_type,
      one.created_at,
      one.target.kind === "callback" ? one.target.url : one.target.id,
      one.last_status,
    ]);
  }
  if (action !== "retry" || id === "") throw usage("nemo-gateway deliveries [retry ID]");
  const again = await sent.retry(id);
  printOne(again, flags, `${again.id}\t${again.state}`);
}

async function keys([action, subject = ""]: readonly string[], flags: Flags): Promise<void> {
  const { keys: all } = clientOf(flags);
  if (action === undefined)
    return printList(all.list(), flags, (key) => [key.id, key.mode, key.name, key.scopes.join(","), key.last_used_on]);
  if (subject === "") throw usage("nemo-gateway keys [create NAME | rotate ID | revoke ID]");
  if (action === "revoke") {
    const revoked = await all.revoke(subject);
    return printOne(revoked, flags, `${revoked.id}\trevoked`);
  }
  if (action !== "create" && action !== "rotate") throw usage(`There is no command keys ${action}.`);
  const scopes = flags.scope as Scopes | undefined; // the gateway rejects others
  const created =
    action === "rotate"
      ? await all.rotate(subject, { grace_seconds: ROTATION_GRACE_SECONDS })
      : await all.create({ name: subject, ...(scopes === undefined ? {} : { scopes }) });
  printOne(created, flags, secretOf(created));
}

async function usageByDay(_words: readonly string[], flags: Flags): Promise<void> {
  const days = clientOf(flags).usage({ by: "day" });
  await printList(days, flags, (day) =>
    Object.entries(day).map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`),
  );
}

/** A completion of the commands, for `source <(nemo-gateway completion bash)`. */
async function completion([shell = ""]: readonly string[]): Promise<void> {
  const names = Object.keys(COMMANDS).join(" ");
  const flags = Object.keys(OPTIONS)
    .map((name) => `--${name}`)
    .join(" ");
  const bash = `complete -W "${names} ${flags}" -o default nemo-gateway`;
  if (shell === "bash") return print(bash);
  if (shell !== "zsh") throw usage("nemo-gateway completion bash, or zsh");
  const zsh =
    "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }; autoload -Uz bashcompinit && bashcompinit";
  print(`${zsh}\n${bash}`);
}

async function api([method = "", path = "", body]: readonly string[], flags: Flags): Promise<void> {
  const verb = method.toUpperCase();
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(verb) || !path.startsWith("/")) throw usage("nemo-gateway api GET /v1/me");
  let json: unknown;
  try {
    json = body === undefined ? undefined : JSON.parse(body);
  } catch {
    throw usage("The third word is the body, as JSON.");
  }
  print(await clientOf(flags).request(verb as "GET", path, json));
}

const COMMANDS: Readonly<Record<string, (words: readonly string[], flags: Flags) => Promise<void>>> = {
  login,
  make,
  watch,
  download,
  chat,
  listen,
  trigger,
  webhooks,
  deliveries,
  keys,
  usage: usageByDay,
  api,
  completion,
  whoami: async (_words, flags) => print(await clientOf(flags).me()),
  upload: async ([path], flags) => {
    if (path === undefined) throw usage("Say which: nemo-gateway upload FILE");
    const asset = await uploadFile(clientOf(flags), path);
    print(flags.json ? asset : asset.id);
  },
};

async function main(): Promise<void> {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  const [name, ...words] = parsed.positionals;
  if (parsed.values.version) {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    return print(version);
  }
  if (parsed.values.help || name === undefined) return print(HELP.trimEnd());
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw usage(`There is no command ${name}.`);
  await command(words, parsed.values);
}

main().catch((error: unknown) => {
  if (error instanceof Exit) {
    if (error.message !== "") say(error.message);
    process.exitCode = error.code;
  } else if (error instanceof GatewayError || error instanceof ConnectionError) {
    say(error.message);
    if (error instanceof GatewayError && error.hint !== null) say(`Try: ${error.hint}`);
    process.exitCode = error instanceof GatewayError && error.status === 401 ? 3 : 1;
  } else {
    say(textOf(error));
    process.exitCode = 1;
  }
});
