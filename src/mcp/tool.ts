/** The type of a tool, and the context of one call. */
import type { ToolAnnotations } from "@modelcontextprotocol/server";
import type * as z from "zod";
import type { EpochMs } from "../core/time.ts";
import type { KeyScope } from "../core/wire/key.ts";
import type { VideoWire } from "../core/wire/video.ts";
import type { Ctx } from "../http/context.ts";

/** A link to a file in a result. The link needs no credential. */
export type FileLink = {
  readonly uri: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number | null;
};

/** What a tool returns: data by its output schema, and text that says what to do next. */
export type ToolAnswer = {
  readonly data: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly file?: FileLink | null;
  /** The video that the data shows, for results that are tasks. */
  readonly video?: VideoWire;
};

/** One call of a tool. */
export type ToolCall = {
  readonly c: Ctx;
  /** The same call came within the last 60 s: what it created is returned. */
  readonly isRepeated: boolean;
  /** When the call must be answered, ms since epoch. */
  readonly deadline: EpochMs;
  /** Sends the progress, from 0 to 100, if the client asked for it; null if it did not. */
  readonly report: ((progress: number, message: string) => void) | null;
};

export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The caller needs all of them to see the tool. */
  readonly scopes: readonly KeyScope[];
  /** Not for user tokens, as the REST route. */
  readonly keysOnly?: boolean;
  readonly annotations: ToolAnnotations;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly run: (call: ToolCall, args: never) => Promise<ToolAnswer>;
};

/** A tool whose `run` is typed by its input schema. */
export const defineTool = <I extends z.ZodObject>(
  tool: Omit<Tool, "run" | "input"> & {
    readonly input: I;
    readonly run: (call: ToolCall, args: z.output<I>) => Promise<ToolAnswer>;
  },
): Tool => tool;

/** Whether the caller may call the tool; it sees no others. */
export const isOpenTo = ({ scopes, keysOnly }: Pick<Tool, "scopes" | "keysOnly">, { var: { caller } }: Ctx): boolean =>
  scopes.every((scope) => caller.scopes.includes(scope)) && (keysOnly !== true || caller.grant === null);
