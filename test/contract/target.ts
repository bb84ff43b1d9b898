/** The server under contract, and what may be done to it. The suite knows no more of a server than this. */
import type { Nemo } from "../../src/nemo/client.ts";
import type { Recorder } from "./recorder.ts";

/** A stand-in's own controls; a real server has none. */
export type Controls = {
  /** How many turns the server has run. */
  turnsRun(): Promise<number>;
};

export type Target = {
  readonly baseUrl: string;
  readonly nemo: Nemo;
  /** The same way in, for the few questions that the client never asks; answers are recorded too. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly recorder: Recorder;
  /** A registered token; null: anonymous ones are issued. */
  readonly token: string | null;
  readonly controls: Controls | null;
  /** An address of a media file that the server can fetch; null: not tried. */
  readonly fileUrl: string | null;
  /** Waits this many milliseconds of the server's time. */
  wait(ms: number): Promise<void>;
  /** Text that no other run has used, for ids. */
  unique(): string;
};
