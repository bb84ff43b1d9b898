/** The load of a request measurement, in a process of its own: so many connections, each asking again as soon as it has its answer. */
import autocannon from "autocannon";
import { settings, tell } from "./child.ts";
import { requestSettings } from "./request-messages.ts";
import { percentile } from "./statistics.ts";

const { url, headers, connections, seconds } = await settings(requestSettings);
const waits: number[] = [];
let refused = 0;
const running = autocannon({ url, headers, connections, duration: seconds });
// Its own percentiles are whole milliseconds: most answers here come in less than one.
running.on("response", (_client: unknown, status: number, _bytes: number, ms: number) => {
  waits.push(ms);
  if (status !== 200) refused++;
});
const { errors, timeouts, duration } = await running;
tell({
  perSecond: waits.length / duration,
  p50: percentile(waits, 0.5),
  p95: percentile(waits, 0.95),
  faults: refused + errors + timeouts,
});
