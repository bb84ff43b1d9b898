/** The load of a request measurement, in its own process: several connections, each of which sends the next request after a response. */
import autocannon, { type Result } from "autocannon";
import { report, settings } from "./child.ts";
import { requestSettings } from "./request-messages.ts";
import { percentile } from "./statistics.ts";

const { url, headers, connections, seconds } = await settings(requestSettings);
const timings: number[] = [];
let problem = 0;
const { errors, timeouts, duration } = await new Promise<Result>((resolve, reject) => {
  const done = (error: unknown, result: Result): void => (error ? reject(error) : resolve(result));
  const running = autocannon({ url, headers, connections, duration: seconds }, done);
  // Its own percentiles are whole milliseconds, and most responses take less than one.
  running.on("response", (_client, status, _bytes, ms) => {
    timings.push(ms);
    if (status !== 200) problem++;
  });
});
report({
  requests: timings.length,
  perSecond: timings.length / duration,
  p50: percentile(timings, 0.5),
  p95: percentile(timings, 0.95),
  faults: problem + errors + timeouts,
});
