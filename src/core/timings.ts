/**
 * Delays, intervals, timeouts and leases, in milliseconds.
 *
 * They are in one place because `TIME_SCALE` (loopback only) divides them all, so that a test runs through a day's
 * schedule in seconds. Timeouts for other machines have a floor. Retention times (links, events, files) are not scaled
 * and are in limits.ts.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

export type Timings = {
  /** Interval of the object's alarm while a turn runs, which renews the turn's lease and keeps the instance alive. */
  readonly turnKeepalive: number;
  /** A turn's lease: no other instance treats the turn as interrupted before it ends. */
  readonly turnLease: number;
  /** First poll of upstream's state after a stream that did not end well. Source: nemo-api reference 8.4. */
  readonly settleFirst: number;
  /** Interval of later polls. Source: nemo-api reference 8.4. */
  readonly settleNext: number;
  /** Minimum time between two equal snapshots that settle a turn. Source: design section 6. */
  readonly settleApart: number;
  /**
   * A turn without any change ends this long after the send. Source: upstream's own 15 minutes, nemo-api reference
   * 4.2.
   */
  readonly settleGiveUp: number;
  /**
   * After this long with heartbeats only, the state is polled beside the open stream. Source: nemo-api reference 4.2.
   */
  readonly quiet: number;
  /** Maximum time that a turn's stream is read. Source: upstream's hard client timeout, nemo-api reference 4.2. */
  readonly turnStream: number;
  /** Maximum time between two progress events. Source: nemo-api reference 8.3. */
  readonly progress: number;
  /** Interval of comment pings in a stream to a caller, counted from the request. */
  readonly ping: number;
  /** A stream to a caller is closed after this long, plus or minus the spread; the client resumes by id. */
  readonly streamLife: number;
  readonly streamLifeSpread: number;
  /** Timeout for writing the end of a stream that its reader may not read. Chosen: as long as between two pings. */
  readonly streamLeave: number;
  /**
   * Delays between polls of a render; the last repeats. Chosen between the vendor's 2–15 s backoff and the seeds' 30
   * s.
   */
  readonly renderPolls: readonly number[];
  /** After this a render is shown as timed out. Upstream's take 30–90 s. */
  readonly renderTimeout: number;
  /**
   * A timed-out render is polled at this interval until `renderLate` after its submit: a late file is better than
   * none.
   */
  readonly renderLatePoll: number;
  readonly renderLate: number;
  /**
   * Interval at which a finished file's expiry is recalculated, since the operator may change the tenant's retention
   * time.
   */
  readonly fileCheckInterval: number;
  /** First retry delay of a step (a poll, a copy, a push); it doubles up to `retryMax`. */
  readonly retry: number;
  readonly retryMax: number;
  /**
   * Minimum delay of a job that schedules itself again. Chosen: other requests run in between, and a long chain of
   * steps is still fast.
   */
  readonly again: number;
  /**
   * Delay of a job that crashed its instance too often and cannot be given up. Chosen: an object that crashes once an
   * hour still serves its callers.
   */
  readonly retryKilled: number;
  /** Lease of a claimed step, after which another instance may claim it. */
  readonly stepLease: number;
  /** Timeout of a webhook's answer. Source: Standard Webhooks, 15–30 s. */
  readonly deliveryTimeout: number;
  /**
   * Lease of a claimed delivery. Chosen: the receiver's timeout, as much again for one that was claimed ahead, and 15
   * s for the report.
   */
  readonly deliveryLease: number;
  /** Delays between the attempts of a delivery. Source: Standard Webhooks' example schedule, as in design section 4. */
  readonly deliveries: readonly number[];
  /**
   * An endpoint is disabled only if the oldest failure since the last success is this old. Chosen: longer than one
   * event's ten attempts.
   */
  readonly endpointGiveUp: number;
  /** The window in which test mode's attempts to one host are counted. */
  readonly testHostWindow: number;
  /** An upload without a write for this long expires. Chosen, as tus servers do. */
  readonly uploadIdle: number;
  /**
   * Delay before a Nemo token that upstream rejected is tried again. Chosen: upstream may recover, and a bad token
   * costs one call now and then.
   */
  readonly tokenRecheck: number;
  /** Maximum lifetime of an unfinished upload. R2 deletes the parts of an unfinished file after 7 days. */
  readonly uploadLife: number;
  /** Interval at which a waiting video checks what it waits for and updates its progress. */
  readonly videoPollInterval: number;
  /** How late an object's earliest job may be before the cron wakes the object. */
  readonly watchdogGrace: number;
  /**
   * A result's download without a byte for this long is aborted. Chosen: a server that answers at all sends within
   * seconds.
   */
  readonly copyIdle: number;
  /** Maximum time of a result's download. Chosen: 2 GB at 3.5 MB/s. */
  readonly copyTotal: number;
  /**
   * Between the revocation of a tenant's keys and the deletion of its data, until no isolate has a key cached. Chosen:
   * twice the cache's maximum age.
   */
  readonly tenantQuiet: number;
  /**
   * Maximum age of a cached tenant state, so a pause takes effect everywhere within this time. Chosen: as for keys of
   * requests that write.
   */
  readonly tenantState: number;
  /** Interval at which jobs of a paused tenant check whether it is active again. */
  readonly pauseCheckInterval: number;
  /** An upload's body without a byte for this long is aborted. Chosen: longer than a phone takes to change cells. */
  readonly uploadBodyIdle: number;
  /** Maximum time of one upload request's body. Chosen: what MAX_REQUEST_BYTES take at 0.5 Mbit/s. */
  readonly uploadBodyTotal: number;
  /**
   * A JSON body without a byte for this long is aborted. Chosen: enough for a phone to change cells, too short to hold
   * idle requests open.
   */
  readonly bodyIdle: number;
  /** Maximum time of a JSON body. Chosen: 256 kB at 20 kbit/s. */
  readonly bodyTotal: number;
  /**
   * An import without a byte for this long, headers included, is retried. Chosen: longer than a slow server takes to
   * begin.
   */
  readonly importIdle: number;
  /** Maximum time of an import, from its first request. Chosen: 500 MB at 0.8 MB/s. */
  readonly importTotal: number;
  /**
   * Delays between the requests of one import after a temporary failure. Chosen: a restart, a short outage, a longer
   * one.
   */
  readonly importRetries: readonly number[];
  /** Interval at which an import that waits for a slot checks again. */
  readonly importPollInterval: number;
  /**
   * Bytes that arrive more slowly than one part in this time are stored in rows as they come. Chosen: a crash costs a slow
   * sender this much at most, and a part fills in time when twenty files share 20 MB/s.
   */
  readonly uploadKeep: number;
  /** How long a request waits for a buffer. Chosen: as long as a client waits without giving up. */
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
  watchdogGrace: 60 * SECOND_MS,
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
  uploadKeep: 5 * SECOND_MS,
  uploadBuffer: 5 * SECOND_MS,
  tenantQuiet: 2 * MINUTE_MS,
  tenantState: 5 * SECOND_MS,
  pauseCheckInterval: 30 * SECOND_MS,
};

/**
 * Floors of scaled values that depend on another machine's time to answer, send or read. Below them, answers of a busy
 * machine would count as lost, and a scaled run would send twice. Chosen.
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

/** The timings divided by `scale` (1 in production), each at least 1 ms and at least its floor. */
export function scaledTimings(scale: number): Timings {
  const shorten = (ms: number, least = 1): number => Math.max(least, Math.round(ms / scale));
  const entries = Object.entries(REAL).map(([name, wait]) => [
    name,
    typeof wait === "number"
      ? shorten(wait, FLOORS[name as keyof Timings]) // the keys of REAL
      : (wait as readonly number[]).map((ms) => shorten(ms)),
  ]);
  return Object.fromEntries(entries) as Timings; // the same names, the same kinds of values
}
