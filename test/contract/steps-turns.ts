/** Turns and files: what the agent does, and what it costs. */
import { isExportable } from "../../src/core/timeline/timeline.ts";
import type { TurnEvent } from "../../src/nemo/translate.ts";
import { claim, failure, needed, Skipped, value } from "./check.ts";
import { changedState, follow, type Step, say } from "./story.ts";

export const CLIP = "Generate a 5 second video of a sunset over the sea.";
export const EDIT = 'Put my photo on the timeline for 5 seconds and add the title "Contract".';
const LATER_EDIT = 'Change the title to "Dropped".';

/** A grey pixel: the smallest file of an accepted kind. */
const PIXEL = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
);

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });

const words = (events: readonly TurnEvent[]): string =>
  events.map((event) => (event.type === "text" && !event.partial ? event.text : "")).join(" ");

export const TURN_STEPS: readonly Step[] = [
  {
    title: "generates a clip: a stream that ends by itself, then a timeline to export",
    costs: "clip",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      const { sessionId } = needed(story.clip, "a session");
      const before = value(await target.nemo.readState(token, sessionId));
      const events = await say(target, story, token, sessionId, CLIP);
      claim(
        events.some((event) => event.type === "tool_started" || event.type === "text"),
        "the stream says something",
      );
      let state = await changedState(target, token, sessionId, before.fingerprint);
      // Two stages: the first change is not the end. The state is read on until two reads agree.
      for (let last = ""; state !== null && state.fingerprint !== last; ) {
        last = state.fingerprint;
        await target.wait(5_000);
        state = value(await target.nemo.readState(token, sessionId));
      }
      claim(state !== null, "the timeline changes");
      claim(state.draftText !== null && isExportable(state.timeline), "the timeline can be exported");
      story.clipState = state;
    },
  },
  {
    title: "rejects a clip without credits, and charges nothing for it",
    async run(target, story) {
      if (target.token !== null) throw new Skipped("would spend a registered account's credits");
      const token = needed(story.clipToken, "a token");
      const { sessionId } = needed(story.clip, "a session");
      needed(story.clipState, "a clip");
      const before = value(await target.nemo.readCredits(token));
      if (before.available >= 100) throw new Skipped("the account has credits left");
      const turn = await target.nemo.openTurn(token, { sessionId, text: CLIP });
      if (!turn.ok) {
        failure(turn, "no_credits");
        story.notes.set(
          "no_credits",
          `an answer instead of a stream (HTTP ${turn.error.status}, code ${turn.error.code})`,
        );
      } else {
        story.turnsOpened++;
        const events = await follow(turn.value.events);
        const isReported = events.some((event) => event.type === "failed" && event.failure.reason === "no_credits");
        claim(isReported || /credit|积分/i.test(words(events)), "the stream says that credits are missing");
        story.notes.set("no_credits", isReported ? "a record in the stream" : "the agent's own words");
      }
      const after = value(await target.nemo.readCredits(token));
      claim(after.available === before.available && after.frozen === 0, "nothing was charged or held");
    },
  },
  {
    title: "accepts a file as a form and shows it in state",
    async run(target, story) {
      const token = needed(story.editToken, "a token");
      const { sessionId } = needed(story.edit, "a session");
      const before = value(await target.nemo.readState(token, sessionId));
      const file = {
        filename: "photo é.png",
        contentType: "image/png",
        sizeBytes: PIXEL.byteLength,
        body: streamOf(PIXEL),
      };
      const taken = value(await target.nemo.uploadFile(token, sessionId, file));
      story.notes.set(
        "upload_answer",
        taken.length === 0
          ? "no list"
          : `${taken.length} file, ${taken[0]?.url === null ? "without" : "with"} an address`,
      );
      const after = await changedState(target, token, sessionId, before.fingerprint);
      claim(after !== null && after.mediaCount === before.mediaCount + 1, "state lists the file");
    },
  },
  {
    title: "accepts a file by its address",
    async run(target, story) {
      const url = needed(target.fileUrl, "an address of a file that the server can fetch");
      const token = needed(story.editToken, "a token");
      value(await target.nemo.uploadByUrl(token, needed(story.edit, "a session").sessionId, [url]));
    },
  },
  {
    title: "rejects a file of an unsupported type",
    async run(target, story) {
      const token = needed(story.editToken, "a token");
      const { sessionId } = needed(story.edit, "a session");
      const file = {
        filename: "notes.exe",
        contentType: "application/octet-stream",
        sizeBytes: 4,
        body: streamOf(new Uint8Array([77, 90, 0, 0])),
      };
      failure(await target.nemo.uploadFile(token, sessionId, file), "unsupported_media");
    },
  },
  {
    title: "edits, with or without text, and shows it in state",
    costs: "edit",
    async run(target, story) {
      const token = needed(story.editToken, "a token");
      const { sessionId } = needed(story.edit, "a session");
      const before = value(await target.nemo.readState(token, sessionId));
      const events = await say(target, story, token, sessionId, EDIT);
      story.notes.set("first_edit", words(events).trim() === "" ? "silent" : "with words");
      const after = await changedState(target, token, sessionId, before.fingerprint);
      claim(after !== null && isExportable(after.timeline), "the timeline changes");
    },
  },
  {
    title: "is left in the middle of an edit; the message is not sent again",
    costs: "edit",
    async run(target, story) {
      const token = needed(story.editToken, "a token");
      const { sessionId } = needed(story.edit, "a session");
      const before = value(await target.nemo.readState(token, sessionId));
      const stream = value(await target.nemo.openTurn(token, { sessionId, text: LATER_EDIT }));
      story.turnsOpened++;
      let last: TurnEvent | undefined;
      for await (const batch of stream.events) {
        last = batch.at(-1);
        stream.cancel();
      }
      claim(last?.type === "ended" && last.why === "cancelled", "the stream ends as cancelled");
      const after = await changedState(target, token, sessionId, before.fingerprint);
      story.notes.set("on_disconnect", after === null ? "the work stops" : "the work continues");
    },
  },
];
