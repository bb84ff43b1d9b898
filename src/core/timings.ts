/**
 * Every wait between two steps of work, in milliseconds. Kept together because `TIME_SCALE` (loopback only) divides them
 * all, so that a test steps through a day's schedule in seconds while the code under it stays the same; those for a
 * receiver's answer have a floor.
 * How long something is kept (links, events, files) is not a wait and stands in limits.ts.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

export type Timings = {
  /** While a turn runs its object's alarm fires this often, so that its lease and the instance live on. */
  readonly turnKeepalive: number;
  /** A turn's lease: nobody else takes it for dead before. */
  readonly turnLease: number;
  /** First reading of upstream state after a stream that did not end well. Source: nemo-api reference 8.4. */
  readonly settleFirst: number;
  /** Every later reading. Source: nemo-api reference 8.4. */
  readonly settleNext: number;
  /** The least distance of two equal readings that settle a turn. Source: design section 6. */
  readonly settleApart: number;
  /** Unchanged this long after the send, a turn is over. Source: upstream's own 15 minutes, nemo-api reference 4.2. */
  readonly settleGiveUp: number;
  /** Heartbeats alone this long: state is read beside the open stream. Source: nemo-api reference 4.2. */
  readonly quiet: number;
  /** A turn's stream is followed at most this long. Source: upstream's hard client timeout, nemo-api reference 4.2. */
  readonly turnStream: number;
  /** "Still working" is said at least this often. Source: nemo-api reference 8.3. */
  readonly progress: number;
  /** Comment pings of a stream to a caller, counted from the request. */
  readonly ping: number;
  /** An answer ends itself after this long, plus or minus the spread; the client resumes by id. */
  readonly streamLife: number;
  readonly streamLifeSpread: number;
  /** For the last words of a stream, which its reader may not take. Chosen: as long as between two pings. */
  readonly streamLeave: number;
  /** Between polls of a render; the last repeats. Chosen between the vendor's 2–15 s backoff and the seeds' 30 s. */
  readonly renderPolls: readonly number[];
  /** After this a render is called timed out. Upstream's take 30–90 s. */
  readonly renderTimeout: number;
  /** A timed-out render is still asked for this often, and until this long after its submit: a late file is better than none. */
  readonly renderLatePoll: number;
  readonly renderLate: number;
  /** A finished file's end is reckoned anew this often: the operator may have changed what the tenant's are kept for. */
  readonly fileCheckInterval: number;
  /** A step of work (a poll, a copy, a push) is tried again after this, doubling, up to `retryMax`. */
  readonly retry: number;
  readonly retryMax: number;
  /** A job that owes itself again is begun again no sooner than this. Chosen: others are served meanwhile, and a long chain of steps still goes fast. */
  readonly again: number;
  /** A job that took its instance down too often and cannot be given up is begun again after this. Chosen: an object that is ended once an hour still serves its callers. */
  readonly retryKilled: number;
  /** How long a claimed step may take before another instance may claim it. */
  readonly stepLease: number;
  /** A webhook's answer is awaited this long. Source: Standard Webhooks, 15–30 s. */
  readonly deliveryTimeout: number;
  /** A taken delivery that nobody reports on is taken anew after this. Chosen: the receiver's time, as much again for one that was taken ahead, and 15 s for the report. */
  readonly deliveryLease: number;
  /** From one failed delivery to the next try. Source: Standard Webhooks' example schedule, as in design section 4. */
  readonly deliveries: readonly number[];
  /** The oldest failure since the last success is this old before an endpoint is disabled. Chosen: longer than one event's ten attempts. */
  readonly endpointGiveUp: number;
  /** The time in which test mode's attempts to one host are counted. */
  readonly testHostWindow: number;
  /** An upload without a write this long has expired. Chosen; as tus servers do. */
  readonly uploadIdle: number;
  /** A Nemo token that upstream refused is tried again after this. Chosen: a fault of upstream's passes, a bad token costs a call now and then. */
  readonly tokenRecheck: number;
  /** And however often it is written to, it ends after this. R2 drops the parts of an unfinished file after 7 days. */
  readonly uploadLife: number;
  /** A video that waits looks this often whether what it waits for has ended, and says how far it is. */
  readonly videoPollInterval: number;
  /** How far behind its earliest due time an object may be before the cron wakes it. */
  readonly busyGrace: number;
  /** A result's download without a byte this long is given up. Chosen: a store that answers at all sends within seconds. */
  readonly copyIdle: number;
  /** A result's download is followed at most this long. Chosen: 2 GB at 3.5 MB/s. */
  readonly copyTotal: number;
  /** Between the end of a tenant's keys and of its things: no isolate remembers a verdict any more. Chosen: twice as long as they do. */
  readonly tenantQuiet: number;
  /** What is remembered of a tenant's state may be this old: a pause is felt by everything by then. Chosen: as what writes hears of a key. */
  readonly tenantState: number;
  /** Work of a paused tenant looks this often whether it may go on. */
  readonly pauseCheckInterval: number;
  /** An upload's body without a byte this long is cut. Chosen: longer than a phone takes from one mast to the next. */
  readonly uploadBodyIdle: number;
  /** One request may bring bytes this long. Chosen: what MAX_REQUEST_BYTES take at 0.5 Mbit/s. */
  readonly uploadBodyTotal: number;
  /** A JSON body without a byte this long is given up. Chosen: a phone changes its mast, and nobody holds a request open for nothing. */
  readonly bodyIdle: number;
  /** A JSON body may take this long. Chosen: 256 kB at 20 kbit/s. */
  readonly bodyTotal: number;
  /** An import without a byte this long, headers included, is asked for again. Chosen: longer than a slow server takes to begin. */
  readonly importIdle: number;
  /** From its first request on, an import is over after this. Chosen: 500 MB at 0.8 MB/s. */
  readonly importTotal: number;
  /** Between the requests of one import, after an answer that may pass. Chosen: a restart, a short fault, a longer one. */
  readonly importRetries: readonly number[];
  /** An import that waits for its place looks this often. */
  readonly importPollInterval: number;
  /** What arrives more slowly than a part in this is kept as it comes. Chosen: what a crash may cost a slow sender. */
  readonly uploadKeep: number;
  /** A request waits this long for a buffer. Chosen: as long as a client waits without giving up. */
  readonly uploadBuffer: number;
};

const REAL: Timings = {
  turnKeepalive: 20 * SECOND_MS,
  turnLease: 50 * SECOND_MS,
  settleFirst: 30 * SECOND_MS,
  settleNext: 60 * SECOND_MS,
  settleApart: 30 * SECOND_MS,
  settleGiveUp: 15 * MINUTE_MS,
  quiet: 10 * MINUTE_MS,
  turnStream: 15 * MINUTE_MS,
  progress: 2 * MINUTE_MS,
  ping: 15 * SECOND_MS,
  streamLife: 240 * SECOND_MS,
  streamLifeSpread: 30 * SECOND_MS,
  streamLeave: 15 * SECOND_MS,
  renderPolls: [5 * SECOND_MS, 10 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS],
  renderTimeout: 30 * MINUTE_MS,
  renderLatePoll: 10 * MINUTE_MS,
  renderLate: DAY_MS,
  fileCheckInterval: DAY_MS,
  retry: 5 * SECOND_MS,
  retryMax: 10 * MINUTE_MS,
  again: 20,
  retryKilled: HOUR_MS,
  stepLease: 90 * SECOND_MS,
  deliveryTimeout: 15 * SECOND_MS,
  deliveryLease: 45 * SECOND_MS,
  deliveries: [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
  ],
  endpointGiveUp: 5 * DAY_MS,
  testHostWindow: SECOND_MS,
  uploadIdle: DAY_MS,
  tokenRecheck: 10 * MINUTE_MS,
  uploadLife: 6 * DAY_MS,
  videoPollInterval: 10 * SECOND_MS,
  busyGrace: 60 * SECOND_MS,
  copyIdle: 30 * SECOND_MS,
  copyTotal: 10 * MINUTE_MS,
  uploadBodyIdle: 60 * SECOND_MS,
  uploadBodyTotal: 25 * MINUTE_MS,
  bodyIdle: 20 * SECOND_MS,
  bodyTotal: 2 * MINUTE_MS,
  importIdle: 20 * SECOND_MS,
  importTotal: 10 * MINUTE_MS,
  importRetries: [2 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS],
  importPollInterval: 2 * SECOND_MS,
  uploadKeep: SECOND_MS,
  uploadBuffer: 5 * SECOND_MS,
  tenantQuiet: 2 * MINUTE_MS,
  tenantState: 5 * SECOND_MS,
  pauseCheckInterval: 30 * SECOND_MS,
};

/**
 * What is no step of a schedule but another machine's time to answer, to send or to read: below this a busy machine's answers would
 * count as lost, and a scaled run would send twice what a real one sends once. Chosen.
 */
const FLOORS: Readonly<Partial<Record<keyof Timings, number>>> = {
  streamLeave: 3 * SECOND_MS,
  copyIdle: 3 * SECOND_MS,
  deliveryTimeout: 3 * SECOND_MS,
  deliveryLease: 9 * SECOND_MS,
  uploadBodyIdle: 3 * SECOND_MS,
  uploadBodyTotal: 10 * SECOND_MS,
  bodyIdle: 3 * SECOND_MS,
  bodyTotal: 6 * SECOND_MS,
  importIdle: 4 * SECOND_MS,
  importTotal: 20 * SECOND_MS,
};

/** The waits divided by `scale` (1 in production), each at least 1 ms, and those for other machines at least some seconds. */
export function scaledTimings(scale: number): Timings {
  const shorten = (ms: number, least = 1): number => Math.max(least, Math.round(ms / scale));
  const entries = Object.entries(REAL).map(([name, wait]) => [
    name,
    typeof wait === "number"
      ? shorten(wait, FLOORS[name as keyof Timings]) // REAL's own names
      : (wait as readonly number[]).map((ms) => shorten(ms)),
  ]);
  return Object.fromEntries(entries) as Timings; // the same names, the same kinds of values
}
