/** Every bound of the gateway in one place: value, unit, and why. SECURITY.md has a row for each. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

const MIB = 1024 * 1024;

// ---- requests
/** Bytes of a JSON body. Chosen: a prompt, metadata and a batch fit; a parser is never fed more. */
export const JSON_BODY_BYTES = 256_000;
/** Bytes beyond that which are read and dropped, so that their sender hears the refusal. Chosen: a picture or clip put into JSON. */
export const DROPPED_BODY_BYTES = 16_000_000;
/** Nesting of a JSON body. Chosen: far above any real body, far below a stack's end. */
export const JSON_DEPTH = 32;
/** Bytes of any request body. Cloudflare's edge refuses 100 MB on Free and Pro before a Worker runs; refused by us first, with advice. */
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
/** Life of a user token. Chosen: a phone asks its own server at least once a day, and no more often than each minute. */
export const USER_TOKEN_MIN_SECONDS = 60;
export const USER_TOKEN_MAX_SECONDS = 24 * 3600;
export const USER_TOKEN_DEFAULT_SECONDS = 3600;
/** How long a deleted user stays closed. Chosen: the longest that anything late about it can lie about. */
export const TOMBSTONE_TTL_MS = 30 * DAY_MS;
/** How long the id of something deleted is kept, so that its DELETE may be repeated. Chosen: longer than any client tries again. */
export const REMOVED_TTL_MS = 30 * DAY_MS;
/** How long an Idempotency-Key is remembered. */
export const IDEMPOTENCY_TTL_MS = DAY_MS;
/** Characters of one header. Chosen: the longest real one, a signed token, is far below. */
export const HEADER_CHARS = 8_192;
/** Characters of all headers together. Chosen: half of what Cloudflare's edge lets through. */
export const HEADERS_CHARS = 65_536;
/** Characters of an address a caller names: webhooks, imports, callbacks. Chosen: a link signed with temporary credentials has over 2,000. */
export const TARGET_CHARS = 4_096;
export const PAGE_DEFAULT = 20;
export const PAGE_MAX = 100;

// ---- tenants and keys
/**
 * Requests a minute of each tier of the flood gate, as wrangler.toml configures the bindings: told to callers, counted there.
 * `user`: of one user's tokens, beside its tenant's tier. Chosen: two a second, and less than half of the smallest tenant's tier,
 * so that no single user closes its tenant's gate. `lookup`: keys that D1 is asked about, by the sender's address. Chosen: a
 * server with many keys and a fresh isolate stays below it. `bytes`: pieces of uploads and questions how far one came, of one user's
 * tokens or one tenant's keys, which count in no other tier. Resumable clients give an upload up at a 429, and one that sends piece
 * after piece makes as many as its chunks are small. Chosen: a hundred a second, beyond what such a client can send in order.
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
 * What one mode of a tenant may use unless the operator sets it; days are UTC. Chosen generous: they end what runs away,
 * not what grows. Test mode costs no credits, only our own store.
 */
export const QUOTA_DEFAULTS = {
  live: { concurrent_turns: 200, renders_per_day: 10_000, bytes_per_day: 1_000_000_000_000, new_users_per_day: 20_000 },
  test: { concurrent_turns: 100, renders_per_day: 2_000, bytes_per_day: 50_000_000_000, new_users_per_day: 2_000 },
} as const;
/** A turn's place is held this long while the turn is committed, so that a crash in between frees it. */
export const SLOT_HOLD_MS = MINUTE_MS;
/** And kept this long at most once it is: 20 turns before it in its project, 15 minutes each, and some. */
export const SLOT_KEEP_MS = 6 * HOUR_MS;
/** Requests of one user that wait for something at once: long polls, and `Prefer: wait`. */
export const WAITING_PER_USER = 20;
/** Open keys of a tenant and mode. Chosen: one for each of a large app's customers' servers, and still one page to look through. */
export const OPEN_KEYS_PER_SCOPE = 1_000;
/** How long a rotated key may go on beside its successor, in seconds. */
export const KEY_GRACE_MAX_SECONDS = 30 * 24 * 3600;
/** How old a key's verdict may be, in ms, where the request only reads. Chosen: a minute spares D1 nearly all its reads. */
export const KEY_READ_MAX_AGE_MS = MINUTE_MS;
/** And where it writes or spends: a revoked key stops within seconds. */
export const KEY_WRITE_MAX_AGE_MS = 5 * SECOND_MS;
/** A key that nobody holds is not looked up again for this long, in ms. */
export const KEY_UNKNOWN_MAX_AGE_MS = 30 * SECOND_MS;
/** Keys that an isolate remembers, known and unknown apart: a flood of wrong ones displaces no right one. Chosen: about 1 MB each. */
export const KEYS_REMEMBERED = 2_000;
/** How long D1 is waited for with a key, in ms. Chosen: longer than its own retries, shorter than a client's patience. */
export const KEY_LOOKUP_MS = 5 * SECOND_MS;

/** Days of use in one question, and where it does not say. Chosen: a quarter, and a month. */
export const USAGE_SPAN_DAYS = 92;
export const USAGE_DEFAULT_DAYS = 30;
/** How long what was used is kept. Chosen: a year can be compared with the one before it. */
export const USAGE_TTL_MS = 400 * DAY_MS;
/** A key that was revoked or has expired is listed for so long. Chosen: as long as what it used is told. */
export const CLOSED_KEY_TTL_MS = USAGE_TTL_MS;

// ---- turns
export const QUEUED_TURNS_PER_PROJECT = 20;
/** Streams of one object: six requests may wait for headers, two are kept for a push and a copy. */
export const STREAMING_TURNS_PER_USER = 4;
export const SUBSCRIBERS_PER_TURN = 10;
export const SUBSCRIBERS_PER_USER = 30;
/** Events can be read again this long after their turn has ended. */
export const EVENTS_TTL_MS = DAY_MS;

/** Characters of one message event; a longer text is told in several. SQLite holds 2 MB a row, 4 bytes a character. */
export const MESSAGE_CHARS = 200_000;
/** Characters of a turn's whole text in its record and its webhook; the rest stands in its events. */
export const TURN_TEXT_CHARS = 30_000;

// ---- streams to callers
/** What `retry:` tells a client. */
export const RETRY_MS = 500;
export const LONG_POLL_MAX_SECONDS = 25;
export const PREFER_WAIT_MAX_SECONDS = 60;

/** A stream ticket must be used first within this long. Chosen: a page load. */
export const TICKET_FIRST_USE_MS = 10 * MINUTE_MS;
/** And opens its turn's stream until this long after the turn's end. */
export const TICKET_AFTER_END_MS = 10 * MINUTE_MS;

// ---- files
/** Nemo's own limit, as its clients know it. Source: nemo-api reference section 6. */
export const NEMO_UPLOAD_BYTES = 500_000_000;
/** A file's size at creation. What one request cannot carry comes in chunks. */
export const UPLOAD_BYTES = NEMO_UPLOAD_BYTES;
export const OPEN_UPLOADS_PER_USER = 20;
/** An upload that is over can be read for so long; its asset stays. Chosen: as long as the events that told of it. */
export const UPLOAD_TTL_MS = 30 * DAY_MS;
/** Imports of a user that fetch at once; later ones wait in order. Chosen: an object has six requests on their way, and each import is an object of its own: this is for the servers they ask. */
export const IMPORTS_AT_ONCE = 3;
/** Final uploads of a user whose files are hashed and looked into at once; later ones wait in order. Chosen: each reads up to 500 MB back from the store. */
export const FINALS_AT_ONCE = 2;
/** Bytes of unannounced length that are counted against the day's quota at a time, at first and at most. Chosen: few calls, little taken in vain. */
export const METER_FIRST_BYTES = 256_000;
export const METER_STEP_BYTES = 5_000_000;
/** Bytes of every part of an upload in R2 but the last. The least that R2 takes; all must be equal, at most 10,000. Source: R2 limits. */
export const UPLOAD_PART_BYTES = 5 * MIB;
/** Bytes of a chunk of a resumable upload. Chosen: two whole parts, so that nothing is left over to be kept for the next chunk. */
export const CHUNK_ADVICE_BYTES = 2 * UPLOAD_PART_BYTES;
/** Bytes of one row of what fills no part yet. Chosen: far below SQLite's 2 MB a row, few rows for a part. */
export const UPLOAD_ROW_BYTES = 256 * 1024;
/** Bytes of all buffers that uploads hold in one isolate. Chosen: half of the 128 MB that an isolate has. */
export const UPLOAD_BUFFERS_BYTES = 64 * MIB;
/** Where others wait for memory, a body must bring so many bytes in so many ms. Chosen: 1.6 kB/s, which the slowest phone network brings. */
export const MIN_RATE_BYTES = 16_000;
export const MIN_RATE_MS = 10 * SECOND_MS;
/** First bytes of a file by which its format is judged. Source: what file-type's detectors read at most from the start. */
export const FIRST_BYTES = 4_100;
/** Partial uploads of one final by tus's concatenation. Chosen: their addresses fit one header, and a client opens far fewer. */
export const FINAL_PARTIALS = 64;
/** Files in one form. Chosen: as many as may be open. */
export const FORM_FILES = OPEN_UPLOADS_PER_USER;
export const FILENAME_CHARS = 200;
/** A finished render's file is kept this long unless the operator set another time for the tenant, within these bounds. */
export const RENDER_TTL_MS = 30 * DAY_MS;
export const RENDER_TTL_MIN_SECONDS = 3_600;
export const RENDER_TTL_MAX_SECONDS = 365 * 24 * 3600;

// ---- Nemo tokens
/** Before a token's end its owner is told. */
export const TOKEN_WARNING_MS = DAY_MS;
/** Upstream's ration: one anonymous token per client id. Source: nemo-api reference section 2.1. */
export const ISSUE_INTERVAL_MS = 7 * DAY_MS;
/** After a refusal to mint that says nothing about when. Chosen: the ration of an address frees up one by one. */
export const ISSUE_RETRY_MS = HOUR_MS;
/** How long a user's object works with what it was told of a token that it shares. A removed one is used at most this much longer. */
export const SHARED_TOKEN_MAX_AGE_MS = 30_000;

// ---- renders
/** A finished file is shown again only when it is kept at least this long yet: it must not vanish while it is being shown. */
export const REUSE_MARGIN_MS = MINUTE_MS;
/** A result is an MP4 of a short video; more is not copied. */
export const RENDER_FILE_BYTES = 2_000_000_000;

// ---- looking into a file
/** Bytes of a file's index that are held to look into it. Chosen: three hours of video; memory is shared by many objects. */
export const MEDIA_INDEX_BYTES = 16 * MIB;
/** Boxes, elements, chunks and segments of one file that are looked at. Chosen: far above any real file's index, milliseconds of work. */
export const MEDIA_PARTS = 10_000;
/** Looks into one file that are begun and never end before it is rejected unseen. Chosen: one may be cut by a crash of ours, three hardly. */
export const MEDIA_INSPECTIONS = 3;
/** Frames of sound that are counted. Chosen: three hours of MP3 or AAC, milliseconds of work. */
export const MEDIA_FRAMES = 500_000;
/** Reads from the store to look into one file. Chosen: a file with one index takes two or three; R2 counts each. */
export const MEDIA_READS = 200;
/** Bytes of all these reads together. Chosen: three quarters of an hour of sound, whose frames are counted where nothing tells its length. */
export const MEDIA_READ_BYTES = 64 * MIB;

// ---- videos
/** Bytes of a form's part before its content. Chosen: a part has two or three short headers; a longer block is no form. */
export const PART_HEADER_BYTES = 8_192;
/** Text fields of one form. Chosen: every label a file may have, and a generator's variables. */
export const FORM_FIELDS = 100;
/** Files one video is made of. Chosen: a shooting's worth; each is brought to upstream in turn. */
export const MAX_VIDEO_SOURCES = 20;

// ---- videos
/** How long the same body without an Idempotency-Key is the same request, in ms. Chosen: longer than a tool waits before it tries again. */
export const DEDUPE_MS = MINUTE_MS;

// ---- batches
/** Videos of one batch. Chosen: 500 items of 500 bytes fill a JSON body; each is a row until its moment comes. */
export const BATCH_ITEMS = 500;
/** Videos of one batch being made at once: four talk, as many as a user's object streams, while four are exported. */
export const BATCH_CONCURRENCY = 8;
/** UTF-8 bytes of all prompts of a batch, filled in. A generator's prompt times 500 would be far more than its caller sent. */
export const BATCH_PROMPTS_BYTES = 1_000_000;

// ---- generators
/** Generators of a tenant in one mode. Chosen: a catalogue, not a table of customers. */
export const GENERATORS_PER_SCOPE = 200;
/** Earlier versions of a generator that can be read. Chosen: a year of changes, twice a week. */
export const GENERATOR_VERSIONS = 100;
export const GENERATOR_VARIABLES = 20;
/** Characters of one variable's value. Chosen: a script fits, and two of them fit a prompt. */
export const VARIABLE_CHARS = 8_000;

// ---- links
/** A link by which upstream pulls one asset. */
export const PULL_LINK_MS = HOUR_MS;
export const SHARE_LINK_MAX_SECONDS = 7 * 24 * 3600;
export const SHARE_LINK_DEFAULT_SECONDS = 24 * 3600;

// ---- events and deliveries
export const EVENT_TTL_MS = 30 * DAY_MS;
/** Bytes of an event's body that stay in its row; a larger one lies in R2. Chosen: most events, and a page of a hundred is a short read. */
export const EVENT_INLINE_BYTES = 4_096;
/** Facts told in one call. Chosen: one short transaction at the tenant's. */
export const OUTBOX_ROWS = 50;
/** Bytes of bodies told in one call, unless one alone is larger. Platform limit: 32 MiB a call; chosen: what an object may hold twice at ease. */
export const OUTBOX_BYTES = 1_000_000;
export const ENDPOINTS_PER_SCOPE = 20;
/** REST hooks of a tenant and mode. Chosen: one for each step of many automations; each event is looked up among them. */
export const HOOKS_PER_SCOPE = 100;
/** Removed endpoints and hooks of a tenant and mode whose removal may be repeated. Chosen: ten times as many as may be there. */
export const REMOVED_TARGETS = 1_000;
/** Real events that a hook's sample shows. Chosen: what automation tools show to choose from. */
export const HOOK_SAMPLES = 3;
/** After a rotation the secret before it signs beside the new one for this long. Chosen: a day to bring it to every receiver. */
export const SECRET_OVERLAP_MS = DAY_MS;
/** Secrets of one owner that sign at once; a further rotation lets go of the oldest. Chosen: a rotation whose answer was lost is repeated. */
export const SECRETS_AT_ONCE = 4;
/** A webhook's message that cannot be made this often in a row, because the file store does not give its body, is a dead letter. Chosen: three days of trouble. */
export const MESSAGE_TRIES = 450;
/** Requests that one run of the sender keeps open. Platform limit: six may wait for headers in one invocation. */
export const SENDER_SLOTS = 6;
/** How long a report waits for others while there is more to send, in ms. Chosen: a few of the fastest answers, and nothing beside a wait. */
export const SENDER_LINGER_MS = 20;
/** Attempts of one run of the sender. Chosen: a run is far from the platform's 1,000 requests an invocation, then another one goes on. */
export const SENDER_ATTEMPTS = 200;
/** How long what a run took ahead waits for one of its requests to end, in ms; then others may send it. Chosen: longer than a quick answer. */
export const SENDER_SLOT_WAIT_MS = 500;
/** A run begins nothing new after this. Platform limit: what a queue's message left behind may go on for 30 s; a receiver's 15 s come after it. */
export const SENDER_MS = 10 * SECOND_MS;
/** Runs of the sender that one look at what is due asks for. */
export const SENDERS_AT_ONCE = 20;
/** Deliveries of one tenant and mode on their way at once. Chosen: what so many runs send. */
export const DELIVERIES_IN_FLIGHT = SENDERS_AT_ONCE * SENDER_SLOTS;
/** Live mode: open requests to one host, of one tenant. */
export const HOST_IN_FLIGHT = 50;
/** And to one target: an endpoint, a hook, or the callbacks of one host. Chosen: the host's others find a place. */
export const TARGET_IN_FLIGHT = 40;
/** And to one whose last answer was slow or did not come. Chosen: one a second goes on, at an answer in ten. */
export const SLOW_TARGET_IN_FLIGHT = 10;
/** On their way at once to all targets that are slow or have not answered yet. Chosen: half, so that those that answer always have the other half. */
export const UNPROVEN_IN_FLIGHT = DELIVERIES_IN_FLIGHT / 2;
/** A receiver's answer is slow after this part of its time: 5 s of 15. */
export const SLOW_ANSWER_PART = 1 / 3;
/** Targets of one tenant of which it is remembered how they answered. Chosen: more than there may be endpoints and hooks. */
export const PROVEN_REMEMBERED = 1_000;
/** Test mode: attempts to one host in a second, of one tenant. A sandbox costs nothing, so nothing else would slow it down. */
export const TEST_HOST_PER_SECOND = 5;
/** An endpoint is disabled after so many failed attempts in a row, over at least two events, when the first is old enough. */
export const DISABLE_ATTEMPTS = 10;
/** Events that one step of a recovery looks at. Chosen: one short transaction. */
export const RECOVER_STEP = 200;
/** Bytes of a receiver's answer that are read and kept. */
export const DELIVERY_ANSWER_BYTES = 1_000;

// ---- the operator's status
/** Error counts are kept this long: an hour is told, a day can be looked up. */
export const ERROR_COUNT_TTL_MS = DAY_MS;
/** Dead letters are kept this long. */
export const DEAD_LETTER_TTL_MS = 30 * DAY_MS;

// ---- schedules
/** A job that failed this often in a row, or was begun this often and never ended, is given up. Chosen: eleven minutes of trouble. */
export const POISON_ATTEMPTS = 8;
/** The same of a job that needs nothing but the file store: an outage there is waited out. Chosen: five and a half hours of trouble. */
export const STORE_ATTEMPTS = 40;
export const SWEEP_PAGE = 1_000;
/** Messages in one `sendBatch`. Platform limit: 100. */
export const QUEUE_BATCH = 100;
/** Types that an endpoint may name. Chosen: all there are, and many that repeat. */
export const ENDPOINT_TYPES = 100;
