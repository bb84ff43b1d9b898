/**
 * The load of a stream measurement, in its own process: opens the streams evenly and measures while all of them run. Meanwhile
 * it opens short extra streams to measure the time to the first event.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { report, settings } from "./child.ts";
import { msBetween, openStream, type Seen, type UnwrappedAnswer } from "./open-stream.ts";
import { clockNs, paceText } from "./pace.ts";
import { percentile } from "./statistics.ts";
import { loadSettings, PROBES_PER_SECOND } from "./stream-messages.ts";

/** Streams opened per second. */
const OPENED_PER_SECOND = 150;
/** Time from the opening of the last stream to the first measured event. */
const SETTLED_AFTER_MS = 1_000;
/** An extra stream: short enough to end long before its user's next turn. */
const PROBE = { rate: 100, count: 2, bytes: 200 };
const EVENT_BYTES = 200;
/** How much later than the upstream a stream may end: a server that is seconds behind is slow, but has lost nothing. */
const TAIL_MS = 60_000;

const { streams, probes, rate, seconds } = await settings(loadSettings);
const rampMs = Math.max(300, (streams.length * 1_000) / OPENED_PER_SECOND);
const count = Math.ceil((rampMs / 1_000 + SETTLED_AFTER_MS / 1_000 + seconds + 0.5) * rate);
const delays: number[] = [];
const window = { from: 0n, to: 0n };

/** The results of the streams; of one that does not end in time, the result so far. */
function within(opened: readonly UnwrappedAnswer[], afterMs: number): Promise<Seen[]> {
  const late = (seen: Seen): Promise<Seen> =>
    sleep(afterMs, undefined, { ref: false }).then(() => ({ ...seen, fault: "not ended in time" }));
  return Promise.all(opened.map(({ seen, ended }) => Promise.race([ended, late(seen)])));
}

const began = performance.now();
const running: UnwrappedAnswer[] = [];
for (const [at, stream] of streams.entries()) {
  await sleep(Math.max(0, began + (at * rampMs) / streams.length - performance.now()));
  running.push(
    openStream(stream, paceText({ rate, count, bytes: EVENT_BYTES }), ({ sentNs }, atNs) => {
      if (sentNs >= window.from && sentNs < window.to) delays.push(msBetween(sentNs, atNs));
    }),
  );
}
await sleep(SETTLED_AFTER_MS);
window.from = clockNs();
window.to = window.from + BigInt(seconds) * 1_000_000_000n;
report("begin");

const probing: UnwrappedAnswer[] = [];
for (let at = 0; clockNs() < window.to; at++) {
  const probe = probes[at % probes.length];
  if (probe !== undefined) probing.push(openStream(probe, paceText(PROBE), () => {}));
  await sleep(1_000 / PROBES_PER_SECOND);
}
report("end");

const done = await within(running, TAIL_MS);
const probed = await within(probing, TAIL_MS);
const faults: Record<string, number> = {};
for (const { fault } of [...done, ...probed]) if (fault !== null) faults[fault] = (faults[fault] ?? 0) + 1;
const middle = (pick: (seen: Seen) => number): number =>
  percentile(probed.filter(({ fault }) => fault === null).map(pick), 0.5);
report({
  p50: percentile(delays, 0.5),
  p99: percentile(delays, 0.99),
  firstByte: middle(({ firstByteMs }) => firstByteMs),
  firstEvent: middle(({ firstEventMs }) => firstEventMs),
  wire: middle(({ wireMs }) => wireMs),
  lost: done.reduce((total, { events }) => total + count - events, 0),
  strays: done.reduce((total, { strays }) => total + strays, 0),
  faults,
});
