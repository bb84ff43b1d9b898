/** Prints a turn's events for a person as they arrive. */
import { stripVTControlCharacters } from "node:util";
import type { TurnEventWire } from "../../src/core/wire/turn.ts";
import { dim } from "./paint.ts";
import { printDetail } from "./steps.ts";

const INDENT = "    ";

/** Foreign text without terminal control: colours, window titles, cursor movement, reversed text direction. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");

/** The lines of an event that is not a message. */
function linesOf(event: Exclude<TurnEventWire, { type: "message" }>): string[] {
  switch (event.type) {
    case "turn.started":
      return [dim(`${event.id} started`)];
    case "turn.queued":
      return [dim(`waiting at position ${event.position}`)];
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

/** Prints events one by one. Partial texts of a message are printed as they arrive; the whole message only if there were none. */
export class TurnPrinter {
  #message = 0;
  #partial = "";

  print(event: TurnEventWire): void {
    if (event.type === "message") {
      this.#printMessage(event.message, printable(event.text), event.partial);
    } else {
      this.#endPartial();
      for (const line of linesOf(event)) printDetail(line);
    }
  }

  #printMessage(message: number, text: string, partial: boolean): void {
    if (message !== this.#message) this.#endPartial();
    this.#message = message;
    if (!partial) {
      const shown = this.#partial;
      this.#endPartial();
      if (shown.trim() !== text.trim()) for (const line of text.trim().split("\n")) printDetail(`“ ${line}`);
      return;
    }
    if (this.#partial === "") process.stdout.write(`${INDENT}“ `);
    this.#partial += text;
    process.stdout.write(text.replaceAll("\n", `\n${INDENT}  `));
  }

  #endPartial(): void {
    if (this.#partial !== "") process.stdout.write("\n");
    this.#partial = "";
  }
}
