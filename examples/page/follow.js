/**
 * Follows a turn from a page, over reloads: by fetch with a user token, or by EventSource with a stream ticket.
 *
 * The id of the last event is kept in sessionStorage; after any break of the stream, the next one continues after it. 204
 * means that the turn has ended and everything was seen.
 */
const given = new URLSearchParams(location.hash.slice(1));
/** Where the events are: the turn's `events_url`, or its ticket's URL, which needs no token. */
const eventsUrl = given.get("events_url") ?? given.get("ticket_url") ?? "";
const kept = eventsUrl === "" ? "" : `events ${new URL(eventsUrl).pathname}`;

/** Every event type of a turn: an EventSource hands out named events by name only. */
const TYPES = [
  "turn.started",
  "turn.queued",
  "message",
  "action",
  "progress",
  "timeline.changed",
  "project.session_replaced",
  "turn.completed",
  "turn.failed",
  "turn.unknown",
];
/** How long to wait before coming back, until the stream's `retry:` says otherwise. */
const FIRST_RETRY_MS = 500;

const seen = () => JSON.parse(sessionStorage.getItem(kept) ?? "[]");
const lastId = () => seen().at(-1)?.id ?? 0;

function take(id, type, data) {
  sessionStorage.setItem(kept, JSON.stringify([...seen(), { id: Number(id), type, data }]));
  show();
}

function show() {
  const rows = seen().map(({ id, type }) => {
    const row = document.createElement("li");
    row.textContent = `${id} ${type}`;
    return row;
  });
  document.querySelector("#events").replaceChildren(...rows);
}

function say(state) {
  document.querySelector("#state").textContent = state;
}

/** A new page's EventSource has no last id, so the first URL says where to continue; from then on it knows by itself. */
function followWithEventSource() {
  const source = new EventSource(`${eventsUrl}&after=${lastId()}`);
  for (const type of TYPES)
    source.addEventListener(type, (event) => take(event.lastEventId, type, JSON.parse(event.data)));
  source.addEventListener("open", () => say("open"));
  source.addEventListener("error", () => say(source.readyState === EventSource.CLOSED ? "ended" : "coming back"));
}

/** Asks this page's own server, which knows who is signed in and makes the token with `POST /v1/users/{id}/tokens`. */
async function freshToken() {
  const answer = await fetch("token", { method: "POST" });
  return (await answer.json()).token;
}

async function followWithFetch() {
  const at = { retryMs: FIRST_RETRY_MS };
  let token = null;
  for (;;) {
    try {
      token ??= await freshToken();
      const headers = { Authorization: `Bearer ${token}`, "Last-Event-ID": String(lastId()) };
      const answer = await fetch(eventsUrl, { headers: { ...headers, Accept: "text/event-stream" } });
      if (answer.status === 204) return say("ended");
      if (answer.ok) {
        say("open");
        await readAll(answer.body, at);
      } else if (answer.status === 401) {
        token = null; // it has ended: the next one continues
      } else {
        return say(`rejected: ${(await answer.json()).code}`);
      }
    } catch {
      // The connection was lost: come back for the rest.
    }
    say("coming back");
    await new Promise((settle) => setTimeout(settle, at.retryMs));
  }
}

/** Takes every whole frame of the stream; half a frame at its end was not seen and will come again. */
async function readAll(body, at) {
  let text = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const frames = (text + chunk.value).split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) takeFrame(frame, at);
  }
}

function takeFrame(frame, at) {
  const fields = new Map();
  for (const line of frame.split("\n")) {
    const colon = line.indexOf(": ");
    fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  if (fields.has("retry")) at.retryMs = Number(fields.get("retry"));
  if (fields.has("id")) take(fields.get("id"), fields.get("event"), JSON.parse(fields.get("data")));
}

show();
if (eventsUrl === "") say("no events_url or ticket_url after the #");
else if (given.get("how") === "eventsource") followWithEventSource();
else await followWithFetch();
