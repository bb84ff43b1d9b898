/** Which branch a server takes at each point that our reference leaves open, read off what it really said. Pure. */
import { isObject, parseJson } from "../../src/nemo/json.ts";
import type { Exchange } from "./recorder.ts";
import type { Notes } from "./story.ts";

export type Finding = {
  /** The row of the reference's section 11, or the section that leaves it open. */
  readonly row: string;
  readonly topic: string;
  readonly seen: string;
};

const UNSEEN = "not seen";

const RENDERS = "/api/render/proxy/lambda";
const SESSIONS = "/api/tasks/me/with-session/nemo_agent";
const TOKENS = "/api/auth/anonymous-token";

type Seen = { readonly exchanges: readonly Exchange[]; readonly notes: Notes };

const body = (exchange: Exchange): unknown => parseJson(exchange.text());

/** The JSON bodies of good answers to these calls. */
function answers({ exchanges }: Seen, method: string, path: string): readonly unknown[] {
  const good = exchanges.filter((one) => one.method === method && one.path.startsWith(path) && one.status < 300);
  return good.map(body).filter((value) => isObject(value) && (value.code === undefined || value.code === 0));
}

/** Different texts in the order they came, or "not seen". */
const distinct = (texts: readonly string[]): string => [...new Set(texts)].join(" · ") || UNSEEN;

const keysOf = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value) : []);
const inner = (value: unknown): unknown => (isObject(value) && isObject(value.data) ? value.data : value);

/** Everything that came as a stream, as one text. */
const streams = ({ exchanges }: Seen): string =>
  exchanges
    .filter((one) => one.path === "/run_sse" && one.mediaType.includes("event-stream"))
    .map((one) => one.text())
    .join("\n");

const records = (seen: Seen): readonly unknown[] =>
  streams(seen)
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => parseJson(line.slice(5)));

function payload(record: unknown): string | null {
  if (!isObject(record)) return null;
  if (typeof record.type === "string") return record.type === "heartbeat" ? null : "typed records";
  if (record.invocationId !== undefined) return "ADK events, camelCase";
  return record.invocation_id === undefined ? null : "ADK events, snake_case";
}

/** Lines that are no event: comments, `event:` lines, and `data:` lines without words or with a word of their own. */
const heartbeats = (seen: Seen): readonly string[] =>
  streams(seen)
    .split(/\r?\n/)
    .filter((line) => /^(:.*|event:.*|data:\s*(\w{0,20}|\{\}|\{"type":\s*"heartbeat"[^}]*\}))$/.test(line));

const timestamps = (record: unknown): string | null =>
  isObject(record) && typeof record.timestamp === "number"
    ? record.timestamp > 1e11
      ? "milliseconds"
      : "seconds"
    : null;

const envelope = (value: unknown): string => {
  const outer = isObject(value) && value.success !== undefined ? "{success, data}" : "{code, data}";
  return isObject(value) && isObject(value.data) ? outer : "flat";
};

/** HTTP statuses beside body codes, and the shape of errors. */
function codes({ exchanges }: Seen): readonly string[] {
  return exchanges.flatMap((one) => {
    const value = body(one);
    const code = isObject(value) ? value.code : undefined;
    return code === undefined || code === 0
      ? []
      : [`${String(code)} with HTTP ${one.status} (${keysOf(value).join(", ")})`];
  });
}

function statuses(seen: Seen): readonly string[] {
  return answers(seen, "GET", `${RENDERS}/`).map((value) => {
    const job = inner(value);
    return isObject(job) ? String(job.status) : UNSEEN;
  });
}

const states = (seen: Seen): readonly unknown[] =>
  answers(seen, "GET", "/api/state/").map((value) => {
    const data = inner(value);
    return isObject(data) ? data.state : null;
  });

/** Keys of tracks and segments beyond `t tt sg d m`. */
function draftKeys(seen: Seen): readonly string[] {
  const known = new Set(["t", "tt", "sg", "d", "m"]);
  const keys = (value: unknown): readonly string[] => {
    if (Array.isArray(value)) return value.flatMap(keys);
    if (!isObject(value)) return [];
    return Object.entries(value).flatMap(([key, part]) => [
      key,
      ...(key === "t" || key === "sg" || key === "m" ? keys(part) : []),
    ]);
  };
  return states(seen)
    .flatMap((state) => (isObject(state) ? keys(state.draft) : []))
    .filter((key) => !known.has(key));
}

function lifetime(seen: Seen): readonly string[] {
  return answers(seen, "POST", TOKENS).map((value) => {
    const data = inner(value);
    const at = isObject(data) ? data.expires_at : undefined;
    return at === undefined || at === null ? "no expires_at" : "expires_at is sent";
  });
}

function idNames(seen: Seen): readonly string[] {
  const all = [...answers(seen, "POST", TOKENS), ...answers(seen, "POST", SESSIONS)].flatMap((value) =>
    keysOf(inner(value)),
  );
  return all.filter((key) => key === "user_id" || key === "bind_id");
}

const withoutLanguage = ({ exchanges }: Seen): readonly string[] =>
  exchanges
    .filter(
      (one) => one.path === SESSIONS && one.asked !== "" && !one.asked.includes('"language"') && one.status !== 401,
    )
    .filter((one) => !one.text().includes("1001"))
    .map((one) => (one.status < 300 ? "may be left out" : `HTTP ${one.status} without it`));

/** What was seen of every unknown, in the reference's order; what an API cannot show is said to be so. */
export function findings(exchanges: readonly Exchange[], notes: Notes): readonly Finding[] {
  const seen: Seen = { exchanges, notes };
  const note = (name: string): string => notes.get(name) ?? UNSEEN;
  const list = (values: readonly (string | null)[]): string => distinct(values.filter((value) => value !== null));
  const uploads = answers(seen, "POST", "/api/upload-video/").flatMap((value) => keysOf(inner(value)));
  const sessions = answers(seen, "POST", SESSIONS).map((value) =>
    keysOf(inner(value)).includes("user_id") ? "with user_id" : "without user_id",
  );
  const rows: readonly (readonly [string, string, string])[] = [
    ["11.1", "records of a stream", list(records(seen).map(payload))],
    ["11.2", "render poll", list(answers(seen, "GET", `${RENDERS}/`).map(envelope))],
    ["11.3", "render submit", list(answers(seen, "POST", RENDERS).map(envelope))],
    ["11.4", "a used render id", note("duplicate_render")],
    ["11.5", "anonymous token's life", list(lifetime(seen))],
    ["11.6", "export with this token", note("export")],
    ["11.7", "a second token for one client id", note("second_token")],
    ["11.8", "upload limit", "not tried: it would send more than 200 MB"],
    ["11.9", "upload answer", `${list(uploads)}; ${note("upload_answer")}`],
    ["11.10", "id to register with", list(idNames(seen))],
    ["11.11", "host for registration", "not visible in the API"],
    ["11.12", "render polls", `${statuses(seen).length} in this run, every 10 s`],
    ["11.13", "client timeout", "a client's own choice"],
    ["11.14", "create-session", list(sessions)],
    ["11.15", "browser link", note("claim_link")],
    ["11.16", "export without attribution", note("without_attribution")],
    ["11.17", "language of a session", list(withoutLanguage(seen))],
    ["11.18", "state's keys", list(states(seen).flatMap(keysOf))],
    ["11.19", "work after a disconnect", note("on_disconnect")],
    ["11.20", "dates of the vendor's changelog", "not visible in the API"],
    ["1.2", "codes, statuses, error bodies", list(codes(seen))],
    ["1.5", "session id", note("session_id")],
    ["4.3", "heartbeats", list(heartbeats(seen))],
    ["4.4", "timestamps", list(records(seen).map(timestamps))],
    ["4.5.1", "the first edit", note("first_edit")],
    ["4.5.9", "missing credits at run_sse", note("no_credits")],
    ["5", "draft's other keys", list(draftKeys(seen))],
    ["7.1", "credits at the start", note("credits_at_start")],
    ["7.3", "render statuses", list(statuses(seen))],
    ["7.4", "cancel", note("cancel")],
  ];
  return rows.map(([row, topic, what]) => ({ row, topic, seen: what }));
}
