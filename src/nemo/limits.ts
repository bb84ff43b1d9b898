/** Every limit of requests to upstream: value, unit and reason. */
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";

const MIB = 1_048_576;

/**
 * Bytes of one JSON answer. Chosen: the largest is a draft, of tens of kilobytes; 8 MiB parsed stay below a tenth of a
 * 128 MB isolate.
 */
export const JSON_ANSWER_BYTES = 8 * MIB;
/** Bytes of an error's body that are read; its message is cut much earlier. Chosen: an HTML error page fits. */
export const ERROR_ANSWER_BYTES = 256 * 1024;
/**
 * Characters of one record in a stream, including buffered fragments. Chosen: a record can contain the draft, so as
 * much as a JSON answer.
 */
export const SSE_RECORD_CHARS = 8 * MIB;
/**
 * Bytes of one whole stream. Chosen: 15 minutes of records that each repeat a draft of 200 kB every 3 s fit; four such
 * streams share an isolate without being buffered.
 */
export const STREAM_BYTES = 64 * MIB;
/**
 * Bytes passed to the parser at once. Chosen: a single giant chunk then reaches the record limit like many small ones.
 */
export const FEED_BYTES = 64 * 1024;
/** Characters of upstream's message in a failure. Chosen: a sentence or two. */
export const FAILURE_MESSAGE_CHARS = 500;
/**
 * Events whose ids are remembered to drop exact repeats. Chosen: repeats follow each other closely; 1,024 × 60 bytes.
 */
export const REMEMBERED_EVENTS = 1_024;
/** Characters of upstream's `X-Client-Id`. Source: nemo-api reference section 1.1. */
export const CLIENT_ID_CHARS = 64;
/**
 * Nesting of a draft that is normalised for comparison; deeper parts are compared as text. Chosen: far above any
 * timeline, far below a stack overflow.
 */
export const CANONICAL_DEPTH = 200;
/** Tracks and segments read from a draft. Chosen: far above any timeline that a person edits; keeps memory bounded. */
export const TIMELINE_TRACKS = 200;
export const TIMELINE_SEGMENTS = 2_000;
/** Characters of one label or title read from a draft. */
export const LABEL_CHARS = 500;
/** Entries of upstream's media lists that are read; all are counted. */
export const MEDIA_ENTRIES = 500;

/**
 * How long an upload may still be running after upstream has accepted it, in ms. Chosen: our end of the stream
 * finishes at once, or never.
 */
export const UPLOAD_TAIL_MS = 5 * SECOND_MS;

/** Timeouts in milliseconds. */
export type Timeouts = {
  /** A JSON call, from sending to the answer's last byte. */
  readonly jsonMs: number;
  /** `run_sse`, from sending to the answer's headers. */
  readonly turnHeadersMs: number;
  /** A turn's stream, from its headers to its end. */
  readonly turnTotalMs: number;
  /** A turn's stream without a single byte; heartbeats are bytes. */
  readonly turnIdleMs: number;
  /** An upload, from the first byte sent to the answer's last. */
  readonly uploadMs: number;
  /** A file's answer, until its headers; the caller limits its body. */
  readonly fileHeadersMs: number;
};

export const DEFAULT_TIMEOUTS: Timeouts = {
  /** Chosen: these calls take below a second; a render submit carries a draft. */
  jsonMs: 30 * SECOND_MS,
  /** Chosen: an ADK server sends headers at once, one behind a queue within seconds. */
  turnHeadersMs: 60 * SECOND_MS,
  /** Source: nemo-api reference section 4.2, the hard client timeout of the vendor's own skill. */
  turnTotalMs: 15 * MINUTE_MS,
  /** Chosen: a stock ADK server is silent for a whole generation (100 to 300 s, section 4.2), so twice that. */
  turnIdleMs: 10 * MINUTE_MS,
  /** Chosen: 500 MB at 1 MB/s, and the answer. */
  uploadMs: 10 * MINUTE_MS,
  fileHeadersMs: 30 * SECOND_MS,
};
