/**
 * Which deliveries may leave now. Targets take turns, and each has so many places: fewer when its last answer was slow or did
 * not come, so that those that hang leave room for those that answer. A host's pace comes on top of it: in live mode by how
 * many are open, in test mode by how many began of late.
 */
import type { Mode } from "../../core/ids.ts";
import {
  DELIVERIES_IN_FLIGHT,
  HOST_IN_FLIGHT,
  PROVEN_REMEMBERED,
  SLOW_ANSWER_PART,
  SLOW_TARGET_IN_FLIGHT,
  TARGET_IN_FLIGHT,
  TEST_HOST_PER_SECOND,
  UNPROVEN_IN_FLIGHT,
} from "../../core/limits.ts";
import type { DeliveryOutcome } from "../../core/tenant-port.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRows, DeliveryWork } from "./delivery-rows.ts";

type Place = Pick<DeliveryWork, "host" | "lane">;
/** What is open: in all, of lanes that are not known to answer soon, by lane, and by host what its pace counts. */
type Open = { all: number; unproven: number; readonly lanes: Map<string, number>; hosts: Map<string, number> };

export class DeliveryPace {
  readonly #ground: Ground;
  readonly #rows: DeliveryRows;
  readonly #mode: Mode;
  /** Test mode: when attempts to each host began. Forgotten with the instance: a pace is a courtesy, not a promise. */
  readonly #begun = new Map<string, EpochMs[]>();
  /** Whether the last answer of a lane came, and came soon. Forgotten with the instance: the next answer tells. */
  readonly #isQuick = new Map<string, boolean>();
  /** The lane that was served last. */
  #last = "";

  constructor(ground: Ground, rows: DeliveryRows, mode: Mode) {
    this.#ground = ground;
    this.#rows = rows;
    this.#mode = mode;
  }

  /** Up to `want` deliveries that may leave now: one of each target in turn, in each the longest due first. */
  choose(want: number): DeliveryWork[] {
    const now = this.#ground.now();
    const open = this.#open(now);
    const most = Math.min(want, DELIVERIES_IN_FLIGHT - open.all);
    if (most <= 0) return [];
    const lines: DeliveryWork[][] = [];
    let unproven = open.unproven;
    for (const lane of this.#inTurn(this.#rows.dueLanes(now))) {
      const isProven = this.#isQuick.get(lane) === true;
      const places = this.#mostIn(lane) - (open.lanes.get(lane) ?? 0);
      if (places <= 0 || (!isProven && unproven >= UNPROVEN_IN_FLIGHT)) continue;
      const due = this.#rows.due(lane, now, Math.min(places, most));
      const [first] = due;
      if (first === undefined || !this.#fits(first, open)) continue;
      if (!isProven) unproven += 1;
      lines.push(due);
      if (lines.length === most) break;
    }
    const chosen: DeliveryWork[] = [];
    for (let nth = 0; nth < most; nth++) {
      for (const row of lines.flatMap((line) => line[nth] ?? [])) {
        if (chosen.length === most || !this.#fits(row, open)) continue;
        this.#count(row, open);
        chosen.push(row);
      }
    }
    return chosen;
  }

  /** Attempts have begun. */
  begin(rows: readonly DeliveryWork[]): void {
    this.#last = rows.at(-1)?.lane ?? this.#last;
    if (this.#mode !== "test") return;
    for (const { host } of rows) this.#begun.set(host, [...(this.#begun.get(host) ?? []), this.#ground.now()]);
  }

  /** An attempt is over. */
  heard({ lane }: DeliveryWork, { status, tookMs }: DeliveryOutcome): void {
    const isQuick = status !== null && tookMs <= this.#ground.config.waits.deliveryTimeout * SLOW_ANSWER_PART;
    this.#isQuick.delete(lane);
    this.#isQuick.set(lane, isQuick);
    const [oldest] = this.#isQuick.keys();
    if (oldest !== undefined && this.#isQuick.size > PROVEN_REMEMBERED) this.#isQuick.delete(oldest);
  }

  /** When a host that is at its pace may be sent to again; null when none is. */
  freeAt(): EpochMs | null {
    const full = [...this.#recent().values()].filter((begun) => begun.length >= this.#mostAt);
    const moments = full.map((begun) => Math.min(...begun) + this.#ground.config.waits.testHostWindow);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  /** From the one after the lane that was served last. */
  #inTurn(lanes: readonly string[]): string[] {
    return [...lanes.filter((lane) => lane > this.#last), ...lanes.filter((lane) => lane <= this.#last)];
  }

  /** How many may be open at one host, or begin there in a second. */
  get #mostAt(): number {
    return this.#mode === "test" ? TEST_HOST_PER_SECOND : HOST_IN_FLIGHT;
  }

  #mostIn(lane: string): number {
    return this.#isQuick.get(lane) === false ? SLOW_TARGET_IN_FLIGHT : TARGET_IN_FLIGHT;
  }

  #open(now: EpochMs): Open {
    const open: Open = { all: 0, unproven: 0, lanes: new Map<string, number>(), hosts: new Map<string, number>() };
    for (const place of this.#rows.inFlight(now)) this.#count(place, open);
    if (this.#mode === "test") open.hosts = new Map([...this.#recent()].map(([host, begun]) => [host, begun.length]));
    return open;
  }

  #fits({ host, lane }: Place, { unproven, lanes, hosts }: Open): boolean {
    const hasPlace = this.#isQuick.get(lane) === true || unproven < UNPROVEN_IN_FLIGHT;
    return hasPlace && (lanes.get(lane) ?? 0) < this.#mostIn(lane) && (hosts.get(host) ?? 0) < this.#mostAt;
  }

  #count({ host, lane }: Place, open: Open): void {
    open.all += 1;
    if (this.#isQuick.get(lane) !== true) open.unproven += 1;
    open.lanes.set(lane, (open.lanes.get(lane) ?? 0) + 1);
    open.hosts.set(host, (open.hosts.get(host) ?? 0) + 1);
  }

  #recent(): Map<string, EpochMs[]> {
    const since = this.#ground.now() - this.#ground.config.waits.testHostWindow;
    for (const [host, begun] of this.#begun) {
      const recent = begun.filter((at) => at > since);
      if (recent.length === 0) this.#begun.delete(host);
      else this.#begun.set(host, recent);
    }
    return this.#begun;
  }
}
