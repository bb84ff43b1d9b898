/** Every limit of the gateway: value, unit and reason. SECURITY.md has a row for each. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

const MIB = 1024 * 1024;

// ---- requests
/** Bytes of a JSON body. Chosen: a prompt, metadata and a batch fit; a parser never receives more. */
export const JSON_BODY_BYTES = 256_000;
/**
 * Bytes beyond that which are read and discarded, so that the sender receives the error. Chosen: an image or clip
 * encoded in JSON.
 */
export const DROPPED_BODY_BYTES = 16_000_000;
/** Nesting of a JSON body. Chosen: far above any real body, far below a stack overflow. */
export const JSON_DEPTH = 32;
/**
 * Bytes of any request body. Cloudflare's edge rejects 100 MB on Free and Pro before a Worker runs; below that, our
 * own error names the alternative.
 */
export const MAX_REQUEST_BYTES = 95_000_000;
/** UTF-8 bytes of a prompt. */
export const PROMPT_BYTES = 20_000;
export const METADATA_KEYS = 50;
/** UTF-8 bytes of one metadata value. */
export const METADATA_VALUE_BYTES = 500;
export const METADATA_KEY_CHARS = 40;
/** Characters of a tenant's own user string. */
export const USER_CHARS = 128;
export const IDEMPOTENCY_KEY_CHARS = 255;
/** Lifetime of a user token. Chosen: a phone asks its own server at least once a day, and at most once a minute. */
export const USER_TOKEN_MIN_SECONDS = 60;
export const USER_TOKEN_MAX_SECONDS = 24 * 3600;
export const USER_TOKEN_DEFAULT_SECONDS = 3600;
/**
 * How long a deleted user's tombstone is kept. Chosen: longer than any late event, retry or settlement of that user.
 */
export const TOMBSTONE_TTL_MS = 30 * DAY_MS;
/**
 * How long the id of a deleted record is kept, so that its DELETE can be retried. Chosen: longer than any client
 * retries.
 */
export const REMOVED_TTL_MS = 30 * DAY_MS;
/** How long an idempotency record is kept. */
export const IDEMPOTENCY_TTL_MS = DAY_MS;
/** Characters of one header. Chosen: the longest real one, a signed token, is far below. */
export const HEADER_CHARS = 8_192;
/** Characters of all headers together. Chosen: half of what Cloudflare's edge accepts. */
export const HEADERS_CHARS = 65_536;
/**
 * Characters of a URL that a caller sends: webhooks, imports, callbacks. Chosen: a link signed with temporary
 * credentials has over 2,000.
 */
export const TARGET_CHARS = 4_096;
export const PAGE_DEFAULT = 20;
export const PAGE_MAX = 100;
/**
 * The newest resources of a tenant and mode that the lists of all users go back to. Chosen: with their indexes they take
 * about 250 bytes each, a fortieth of what an object may store.
 */
export const RESOURCES_LISTED = 1_000_000;
/**
 * Entries of such a list that one page reads from their users' objects before it ends short. Chosen: below the 1,000
 * calls that one request may make.
 */
export const PAGE_ENTRIES = 400;
/** The completed orders that a dry run's cost is computed from, at most; and how long ago they ended, at most. Chosen. */
export const COST_ORDERS = 100;
export const COST_WINDOW_MS = 90 * DAY_MS;
/** The newest orders of a type that are searched for those of one user. Chosen. */
export const COST_SEARCHED = 1_000;
/** Users' objects that a page reads at the same time. Chosen. */
export const PAGE_OWNERS = 25;

// ---- tenants and keys
/**
 * Requests per minute in each tier of the rate limiter. wrangler.toml configures the bindings that count; these values
 * are shown to callers.
 *
 * `user`: one user's tokens, beside its tenant's tier. Chosen: two a second, and less than half of the smallest
 * tenant's tier, so that a single user cannot exhaust it. `lookup`: keys looked up in D1, by the sender's address.
 * Chosen: a server with many keys and a new isolate stays below it. `bytes`: upload chunks and offset requests of one
 * user's tokens or one tenant's keys, which count in no other tier. Resumable clients abandon an upload at a 429, and
 * one that sends small chunks makes many requests. Chosen: a hundred a second, more than such a client can send in
 * order.
 */
export const RATE_LIMIT_TIERS = {
  small: 300,
  medium: 1_500,
  large: 6_000,
  user: 120,
  bytes: 6_000,
  lookup: 300,
  rejected: 30,
} as const;
/** Web origins that a tenant may list. Chosen: every stage of a few apps. */
export const ORIGINS_PER_TENANT = 20;
/**
 * Quotas of one mode of a tenant unless the operator sets them; days are UTC. Chosen generously: they stop runaway
 * use, not growth. Test mode costs no credits, only our own storage.
 */
export const QUOTA_DEFAULTS = {
  live: { concurrent_turns: 200, renders_per_day: 10_000, bytes_per_day: 1_000_000_000_000, new_users_per_day: 20_000 },
  test: { concurrent_turns: 100, renders_per_day: 2_000, bytes_per_day: 50_000_000_000, new_users_per_day: 2_000 },
} as const;
/** How long a tenant's object uses spending caps that it read from D1. Chosen: as soon as a pause takes effect. */
export const CAPS_CACHE_MS = 5 * SECOND_MS;
/** How long a turn's slot stays reserved while the turn is committed. A crash in between frees it after this. */
export const SLOT_HOLD_MS = MINUTE_MS;
/** Maximum time that a turn keeps its slot: 20 earlier turns of its project, 15 minutes each, and a margin. */
export const SLOT_KEEP_MS = 6 * HOUR_MS;
/** Requests of one user that wait for a result at once: long polls, and `Prefer: wait`. */
export const WAITING_PER_USER = 20;
/**
 * Open keys of a tenant and mode. Chosen: one for each of a large app's customers' servers, and still possible to
 * review.
 */
export const OPEN_KEYS_PER_SCOPE = 1_000;
/** How long a session of the console lasts, in ms. Chosen: a working day. */
export const CONSOLE_SESSION_MS = 8 * HOUR_MS;
/** Open console sessions of one key; one more ends the oldest. Chosen: a small team with two browsers each. */
export const CONSOLE_SESSIONS_PER_KEY = 20;
// ---- connected apps (OAuth)
/** Open connected apps of one key; one more ends the oldest. Chosen: every program of a team. */
export const APPS_PER_KEY = 100;
/** How long a person has to sign in and approve, in ms. Chosen: they may have to look for a key. */
export const APPROVAL_MS = 30 * MINUTE_MS;
/** How long an authorization code is valid, in ms. Source: RFC 6749, 4.1.2, allows ten minutes at most. */
export const CODE_MS = 2 * MINUTE_MS;
/** How long an access token is valid, in ms. Chosen: as short as clients refresh without being noticed. */
export const ACCESS_TOKEN_MS = HOUR_MS;
/** How long an app stays connected without a request for new tokens, in ms. Chosen: a month's holiday. */
export const APP_IDLE_MS = 30 * DAY_MS;
/** How long an expired code or token is kept, in ms: a late repeat is still recognised as one. */
export const APP_TOKEN_KEPT_MS = DAY_MS;
/** Bytes of a client's description, and the time to fetch it, in ms. Source: the draft of such documents advises 5 kB. */
export const CLIENT_DOCUMENT_BYTES = 10_000;
export const CLIENT_DOCUMENT_MS = 5 * SECOND_MS;
/** Characters of a client id. A registered one contains the client's encrypted registration. */
export const OAUTH_CLIENT_ID_CHARS = 4_000;
export const CLIENT_NAME_CHARS = 80;
/** Redirect URIs of a client. */
export const CLIENT_REDIRECTS = 20;
export const REDIRECT_URI_CHARS = 500;
/** Characters of all redirect URIs of a client that registers itself. Chosen: its id stays below a URL's length. */
export const REGISTERED_REDIRECTS_CHARS = 1_500;
/** Characters of a client's `state`. Chosen: a signed token fits. */
export const OAUTH_STATE_CHARS = 2_000;
/** Invites of a tenant that can still be used. Chosen: enough for a team that is invited at once. */
export const OPEN_INVITES_PER_TENANT = 20;
/** How long an invite can be used, in seconds: by default, at least and at most. Chosen: a weekend, a minute, a week. */
export const INVITE_DEFAULT_SECONDS = 3 * 24 * 3600;
export const INVITE_MIN_SECONDS = 60;
export const INVITE_MAX_SECONDS = 7 * 24 * 3600;
/** How long an invite is listed after the time until which it could be used. Its session is over long before. */
export const CLOSED_INVITE_TTL_MS = 30 * DAY_MS;
/** How long a rotated key may stay valid beside its successor, in seconds. */
export const KEY_GRACE_MAX_SECONDS = 30 * 24 * 3600;
/** Maximum age of a cached key where the request only reads, in ms. Chosen: a minute avoids nearly all D1 reads. */
export const KEY_READ_MAX_AGE_MS = MINUTE_MS;
/** The same where the request writes or spends: a revoked key stops working within seconds. */
export const KEY_WRITE_MAX_AGE_MS = 5 * SECOND_MS;
/** How long an unknown key is cached as unknown, in ms. */
export const KEY_UNKNOWN_MAX_AGE_MS = 30 * SECOND_MS;
/**
 * Keys that an isolate caches; known and unknown keys separately, so that a flood of wrong ones evicts no right one.
 * Chosen: about 1 MB each.
 */
export const KEYS_REMEMBERED = 2_000;
/** Timeout of a key's lookup in D1, in ms. Chosen: longer than D1's own retries, shorter than a client's timeout. */
export const KEY_LOOKUP_MS = 5 * SECOND_MS;

/** Days of usage in one request, at most and by default. Chosen: a quarter, and a month. */
export const USAGE_SPAN_DAYS = 92;
export const USAGE_DEFAULT_DAYS = 30;
/** How long usage is kept. Chosen: a year can be compared with the previous one. */
export const USAGE_TTL_MS = 400 * DAY_MS;
/** How long a revoked or expired key is listed. Chosen: as long as its usage is kept. */
export const CLOSED_KEY_TTL_MS = USAGE_TTL_MS;

// ---- turns
export const QUEUED_TURNS_PER_PROJECT = 20;
/**
 * Turn streams of one object: of its six connections that may wait for headers, two stay free for a push and a copy.
 */
export const STREAMING_TURNS_PER_USER = 4;
export const SUBSCRIBERS_PER_TURN = 10;
export const SUBSCRIBERS_PER_USER = 30;
/** How long events can be read after their turn has ended. */
export const EVENTS_TTL_MS = DAY_MS;

/**
 * Characters of one message event; a longer text is split into several. SQLite allows 2 MB a row, 4 bytes a character.
 */
export const MESSAGE_CHARS = 200_000;
/** Characters of a turn's text in its record and its webhook; the rest is in its events only. */
export const TURN_TEXT_CHARS = 30_000;

// ---- streams to callers
/** The value of `retry:` that clients receive. */
export const RETRY_MS = 500;
export const LONG_POLL_MAX_SECONDS = 25;
export const PREFER_WAIT_MAX_SECONDS = 60;

/** A stream ticket must first be used within this time. Chosen: a page load. */
export const TICKET_FIRST_USE_MS = 10 * MINUTE_MS;
/** How long after the turn's end a ticket still opens its stream. */
export const TICKET_AFTER_END_MS = 10 * MINUTE_MS;

// ---- files
/** Nemo's limit, as its clients state it. Source: nemo-api reference section 6. */
export const NEMO_UPLOAD_BYTES = 500_000_000;
/** A file's size at creation. Larger files than one request allows are sent in chunks. */
export const UPLOAD_BYTES = NEMO_UPLOAD_BYTES;
export const OPEN_UPLOADS_PER_USER = 20;
/** How long an upload that has ended can be read; its asset stays. Chosen: as long as its events. */
export const UPLOAD_TTL_MS = 30 * DAY_MS;
/**
 * Imports of a user that download at once; later ones are queued. Chosen to spare the servers they download from: each
 * import is an object of its own with six connections.
 */
export const IMPORTS_AT_ONCE = 3;
/**
 * Final uploads of a user that are hashed and inspected at once; later ones are queued. Chosen: each reads up to 500
 * MB back from R2.
 */
export const FINALS_AT_ONCE = 2;
/**
 * Bytes of unknown length that are reserved from the day's quota at a time, at first and at most. Chosen: few calls,
 * little reserved in vain.
 */
export const METER_FIRST_BYTES = 256_000;
export const METER_STEP_BYTES = 5_000_000;
/**
 * Bytes of every part of an upload in R2 but the last. The minimum that R2 accepts; all must be equal, at most 10,000.
 * Source: R2 limits.
 */
export const UPLOAD_PART_BYTES = 5 * MIB;
/**
 * Recommended bytes of a chunk of a resumable upload. Chosen: two full parts, so that no remainder is kept for the
 * next chunk.
 */
export const CHUNK_ADVICE_BYTES = 2 * UPLOAD_PART_BYTES;
/** Bytes of one row of an incomplete part. Chosen: far below SQLite's 2 MB a row, few rows for a part. */
export const UPLOAD_ROW_BYTES = 256 * 1024;
/** Bytes of all upload buffers in one isolate. Chosen: half of the 128 MB that an isolate has. */
export const UPLOAD_BUFFERS_BYTES = 64 * MIB;
/**
 * Minimum rate of a body while others wait for memory: these bytes in these ms. Chosen: 1.6 kB/s, which the slowest
 * phone network reaches.
 */
export const MIN_RATE_BYTES = 16_000;
export const MIN_RATE_MS = 10 * SECOND_MS;
/**
 * First bytes of a file from which its format is detected. Source: the most that file-type's detectors read from the
 * start.
 */
export const FIRST_BYTES = 4_100;
/**
 * Partial uploads of one final upload (tus concatenation). Chosen: their URLs fit one header, and a client opens far
 * fewer.
 */
export const FINAL_PARTIALS = 64;
/** Files in one form. Chosen: as many as may be open. */
export const FORM_FILES = OPEN_UPLOADS_PER_USER;
export const FILENAME_CHARS = 200;
/**
 * Default time that a finished render's file is kept; the operator can set another for the tenant, within these
 * bounds.
 */
export const RENDER_TTL_MS = 30 * DAY_MS;
export const RENDER_TTL_MIN_SECONDS = 3_600;
export const RENDER_TTL_MAX_SECONDS = 365 * 24 * 3600;

// ---- Nemo tokens
/** How long before a token's expiry its owner is notified. */
export const TOKEN_WARNING_MS = DAY_MS;
/** Upstream's ration: one anonymous token per client id. Source: nemo-api reference section 2.1. */
export const ISSUE_INTERVAL_MS = 7 * DAY_MS;
/** Delay after a failed token request that names no delay. Chosen: the ration of an IP address frees up one by one. */
export const ISSUE_RETRY_MS = HOUR_MS;
/** How long a user's object caches a shared token. A removed one is used at most this much longer. */
export const SHARED_TOKEN_MAX_AGE_MS = 30_000;

// ---- renders
/** A finished file is reused only when it is kept at least this long, so that it does not expire while it is shown. */
export const REUSE_MARGIN_MS = MINUTE_MS;
/** Bytes of a result that are copied. A result is an MP4 of a short video. */
export const RENDER_FILE_BYTES = 2_000_000_000;

// ---- file inspection
/**
 * Bytes of a file's index that are held in memory to inspect it. Chosen: three hours of video; memory is shared by
 * many objects.
 */
export const MEDIA_INDEX_BYTES = 16 * MIB;
/**
 * Boxes, elements, chunks and segments of one file that are read. Chosen: far above any real file's index,
 * milliseconds of work.
 */
export const MEDIA_PARTS = 10_000;
/**
 * Inspections of one file that may start without finishing before the file is rejected. Chosen: a crash of ours may
 * interrupt one, hardly three.
 */
export const MEDIA_INSPECTIONS = 3;
/** Audio frames that are counted. Chosen: three hours of MP3 or AAC, milliseconds of work. */
export const MEDIA_FRAMES = 500_000;
/** Reads from R2 to inspect one file. Chosen: a file with one index takes two or three; R2 counts each. */
export const MEDIA_READS = 200;
/**
 * Bytes of all these reads together. Chosen: three quarters of an hour of audio, whose frames are counted when the
 * file does not state its duration.
 */
export const MEDIA_READ_BYTES = 64 * MIB;

// ---- forms and videos
/** Bytes of a form part's headers. Chosen: a part has two or three short headers; a longer block is not a form. */
export const PART_HEADER_BYTES = 8_192;
/** Text fields of one form. Chosen: all metadata that a file may have, and a generator's variables. */
export const FORM_FIELDS = 100;
/** Source files of one video. Chosen: the clips of one shoot; they are sent to upstream one by one. */
export const MAX_VIDEO_SOURCES = 20;

/**
 * How long an equal body without an Idempotency-Key counts as the same request, in ms. Chosen: longer than a tool
 * waits before it retries.
 */
export const DEDUPE_MS = MINUTE_MS;

// ---- batches
/** Videos of one batch. Chosen: 500 items of 500 bytes fill a JSON body; each is a row until it starts. */
export const BATCH_ITEMS = 500;
/** Videos of one batch in progress at once: four in turns, as many as a user's object streams, while four render. */
export const BATCH_CONCURRENCY = 8;
/**
 * UTF-8 bytes of all prompts of a batch with variables filled in. A generator's prompt times 500 would be far more
 * than its caller sent.
 */
export const BATCH_PROMPTS_BYTES = 1_000_000;

// ---- generators
/** Generators of a tenant in one mode. Chosen: a catalogue, not one per customer. */
export const GENERATORS_PER_SCOPE = 200;
/** Earlier versions of a generator that can be read. Chosen: a year of two changes a week. */
export const GENERATOR_VERSIONS = 100;
export const GENERATOR_VARIABLES = 20;
/** Characters of one variable's value. Chosen: a script fits, and two of them fit a prompt. */
export const VARIABLE_CHARS = 8_000;

// ---- links
/** Lifetime of a link from which upstream downloads one asset. */
export const PULL_LINK_MS = HOUR_MS;
export const SHARE_LINK_MAX_SECONDS = 7 * 24 * 3600;
export const SHARE_LINK_DEFAULT_SECONDS = 24 * 3600;

// ---- events and deliveries
export const EVENT_TTL_MS = 30 * DAY_MS;
/**
 * Bytes of an event's body that are stored in its row; a larger one is stored in R2. Chosen: most events, and a page
 * of a hundred stays short.
 */
export const EVENT_INLINE_BYTES = 4_096;
/** Events published in one call. Chosen: one short transaction in the tenant's object. */
export const OUTBOX_ROWS = 50;
/**
 * Bytes of event bodies in one call, unless a single one is larger. Platform limit: 32 MiB a call; chosen: an object
 * can hold it twice.
 */
export const OUTBOX_BYTES = 1_000_000;
export const ENDPOINTS_PER_SCOPE = 20;
/**
 * REST hooks of a tenant and mode. Chosen: one for each step of many automations; each event is matched against them.
 */
export const HOOKS_PER_SCOPE = 100;
/**
 * Deleted endpoints and hooks of a tenant and mode whose DELETE can be retried. Chosen: ten times as many as may
 * exist.
 */
export const REMOVED_TARGETS = 1_000;
/** Real events in a hook's samples. Chosen: as many as automation tools offer. */
export const HOOK_SAMPLES = 3;
/** How long the previous secret still signs after a rotation. Chosen: a day to update every receiver. */
export const SECRET_OVERLAP_MS = DAY_MS;
/**
 * Secrets of one owner that sign at once; a further rotation drops the oldest. Chosen: a rotation whose answer was
 * lost is retried.
 */
export const SECRETS_AT_ONCE = 4;
/**
 * Consecutive failures to read a webhook's body from R2 before it becomes a dead letter. Chosen: three days of outage.
 */
export const MESSAGE_TRIES = 450;
/** Concurrent requests of one sender run. Platform limit: six may wait for headers in one invocation. */
export const SENDER_SLOTS = 6;
/**
 * How long a report of outcomes waits for more while deliveries remain, in ms. Chosen: a few of the fastest answers,
 * negligible beside a retry delay.
 */
export const SENDER_LINGER_MS = 20;
/**
 * Attempts of one sender run. Chosen: far from the platform's 1,000 requests an invocation; then another run
 * continues.
 */
export const SENDER_ATTEMPTS = 200;
/**
 * How long a claimed delivery waits for a free connection, in ms; then another run may send it. Chosen: longer than a
 * quick answer.
 */
export const SENDER_SLOT_WAIT_MS = 500;
/**
 * Time after which a sender run starts no more requests. Platform limit: work behind a queue message may continue for
 * 30 s; a receiver's 15 s come after it.
 */
export const SENDER_MS = 10 * SECOND_MS;
/** Sender runs that one check of the due deliveries starts. */
export const SENDERS_AT_ONCE = 20;
/** Deliveries of one tenant and mode in flight. Chosen: what so many runs send. */
export const DELIVERIES_IN_FLIGHT = SENDERS_AT_ONCE * SENDER_SLOTS;
/** Live mode: concurrent requests to one host, per tenant. */
export const HOST_IN_FLIGHT = 50;
/**
 * Concurrent requests to one target: an endpoint, a hook, or the callbacks of one host. Chosen: leaves slots to the
 * host's other targets.
 */
export const TARGET_IN_FLIGHT = 40;
/**
 * Concurrent requests to a target whose last answer was slow or missing. Chosen: one a second succeeds, at an answer
 * in ten.
 */
export const SLOW_TARGET_IN_FLIGHT = 10;
/**
 * Concurrent requests to all targets that are slow or have not answered yet. Chosen: half, so that targets that answer
 * always have the other half.
 */
export const UNPROVEN_IN_FLIGHT = DELIVERIES_IN_FLIGHT / 2;
/** An answer is slow after this part of the timeout: 5 s of 15. */
export const SLOW_ANSWER_PART = 1 / 3;
/** Targets of one tenant whose last answer is remembered. Chosen: more than there may be endpoints and hooks. */
export const PROVEN_REMEMBERED = 1_000;
/**
 * Test mode: attempts to one host per second, per tenant. The sandbox costs nothing, so nothing else would limit it.
 */
export const TEST_HOST_PER_SECOND = 5;
/**
 * Consecutive failed attempts, over at least two events, after which an endpoint is disabled once the first is old
 * enough.
 */
export const DISABLE_ATTEMPTS = 10;
/** Events that one step of a recovery reads. Chosen: one short transaction. */
export const RECOVER_STEP = 200;
/** Bytes of a receiver's answer that are read and kept. */
export const DELIVERY_ANSWER_BYTES = 1_000;

// ---- the operator's status
/** Dead letters are kept this long. */
export const DEAD_LETTER_TTL_MS = 30 * DAY_MS;

// ---- jobs
/**
 * Consecutive failures, or starts without an end, after which a job is given up. Chosen: eleven minutes of failures.
 */
export const POISON_ATTEMPTS = 8;
/**
 * The same for a job that needs only R2, so that it survives an outage there. Chosen: five and a half hours of
 * failures.
 */
export const STORE_ATTEMPTS = 40;
export const SWEEP_PAGE = 1_000;
/** Messages in one `sendBatch`. Platform limit: 100. */
export const QUEUE_BATCH = 100;
/** Event types that an endpoint may name. Chosen: more than there are, so that duplicates are accepted. */
export const ENDPOINT_TYPES = 100;

// ---- MCP
/** The time in which a tool call is answered, in ms. Chosen: below the 60 s after which hosts give up. */
export const MCP_CALL_MS = 45 * SECOND_MS;
/** Seconds that a tool may wait for an end. Chosen: leaves time for the rest of the call. */
export const MCP_WAIT_SECONDS = 40;
/** How long a link for sending a file's content is valid, in ms. Chosen: a person may have to find the file first. */
export const UPLOAD_LINK_MS = HOUR_MS;
/** Characters of the text of a tool's result. Chosen: the model reads every one of them; the data is beside it. */
export const MCP_TEXT_CHARS = 600;
/** Minimum bytes of a secret of the Worker, which does not start with less. */
export const SECRET_MIN_BYTES = 32;
