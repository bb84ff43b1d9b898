/** A turn's events as a person reads them while they come. */
import { stripVTControlCharacters } from "node:util";
import type { TurnEventWire } from "../../src/core/wire/turn-event.ts";
import { dim } from "./paint.ts";
import { tell } from "./steps.ts";

const INDENT = "    ";

/** Words of others, without what a terminal would obey: colours, a new title, a cursor elsewhere, text written backwards. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");

/** An event that is no message, in lines. */
function linesOf(event: Exclude<TurnEventWire, { type: "message" }>): string[] {
  switch (event.type) {
    case "turn.started":
      return [dim(`${event.id} started`)];
    case "turn.queued":
      return [dim(`waiting at place ${event.position}`)];
    case "progress":
      return [dim(`${event.stage} ${(event.elapsed_ms / 1000).toFixed(1)} s`)];
    case "action":
      return [`suggested next call: ${event.action}, ${event.method} ${event.path}`];
    case "timeline.changed":
      return [printable(event.line), printable(event.summary)];
    case "project.session_replaced":
      return ["the editing session was replaced by a new one"];
    default:
      return [dim(`${event.type}, charged: ${event.turn.charged ?? "not known yet"}`)];
  }
}

/** Prints events one by one. Pieces of a message appear as they come; the whole one is printed where no piece was. */
export class TurnPrinter {
  #message = 0;
  #pieces = "";

  print(event: TurnEventWire): void {
    if (event.type === "message") {
      this.#printMessage(event.message, printable(event.text), event.partial);
    } else {
      this.#endPieces();
      for (const line of linesOf(event)) tell(line);
    }
  }

  #printMessage(message: number, text: string, partial: boolean): void {
    if (message !== this.#message) this.#endPieces();
    this.#message = message;
    if (!partial) {
      const shown = this.#pieces;
      this.#endPieces();
      if (shown.trim() !== text.trim()) for (const line of text.trim().split("\n")) tell(`“ ${line}`);
      return;
    }
    if (this.#pieces === "") process.stdout.write(`${INDENT}“ `);
    this.#pieces += text;
    process.stdout.write(text.replaceAll("\n", `\n${INDENT}  `));
  }

  #endPieces(): void {
    if (this.#pieces !== "") process.stdout.write("\n");
    this.#pieces = "";
  }
}
