/**
 * State machine of a turn. Pure: the user's object commits the state and performs the steps.
 *
 *   queued → sending → streaming → settling → ended
 *      └─────────┴─────────┴──────────────────↗
 *
 * `sending` is committed before the request is sent. After any later failure the turn is settled by reading upstream's
 * state and never by sending again, because upstream charges for a repeated message. Source: nemo-api reference 4.2,
 * 8.4; design section 6.
 */

import type { AnswerLanguage } from "./agent-text/vocabulary.ts";
import type { MessageKind } from "./commands.ts";
import type { Charged, Problem } from "./errors.ts";
import type { KeyId, ProjectId, TurnId } from "./ids.ts";
import type { Evidence, Verdict } from "./rpc/user.ts";
import type { EpochMs } from "./time.ts";
import type { Timeline } from "./timeline/timeline.ts";
import type { Timings } from "./timings.ts";
import type { PromptSource } from "./user-view.ts";
import type { AttributionWire } from "./wire/common.ts";
import type { TurnChannel } from "./wire/turn.ts";

/**
 * How the stream ended: closed by upstream, an error in it, a broken connection, interrupted with its instance,
 * cancelled by the caller.
 */
export type StreamEnd = "closed" | "error" | "cut" | "lost" | "cancelled";

/** A snapshot of upstream's state, as far as settling a turn needs it. */
export type Snapshot = {
  /** Equal when draft and media lists are equal. */
  readonly fingerprint: string;
  readonly summary: string;
  /** The timeline itself, to describe what changed; null where it was not kept. */
  readonly timeline: Timeline | null;
  /** Credits; null where they were not read. `frozen` above 0 means that a generation is running. */
  readonly available: number | null;
  readonly frozen: number | null;
  readonly at: EpochMs;
};

export type Turn = {
  readonly id: TurnId;
  readonly project: ProjectId;
  readonly prompt: string;
  /** The gateway answers everything but `chat` itself. */
  readonly intent: MessageKind;
  /** Whether safe actions that the agent suggests are performed. */
  readonly act: "suggest" | "auto";
  readonly language: string | null;
  /** The language of texts to the caller. */
  readonly answerLanguage: AnswerLanguage;
  readonly metadata: Readonly<Record<string, string>>;
  /** URL that receives its end event beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  /** Whether a lost session may be replaced although its timeline is lost with it. */
  readonly onSessionLoss: "fail" | "restart";
  /** Its session was lost and replaced once; a second loss ends the turn. */
  readonly replaced: boolean;
  /** Who wrote the prompt. */
  readonly source: PromptSource;
  /** The attribution of the generator it is made for; null: its tenant's. */
  readonly attribution: AttributionWire | null;
  /** The API key that requested it; null when unknown. */
  readonly key: KeyId | null;
  /** How it was requested; null or absent when unknown. */
  readonly channel?: TurnChannel | null;
  readonly createdAt: EpochMs;
  readonly phase: "queued" | "sending" | "streaming" | "settling" | "ended";
  readonly sentAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  /** The snapshot before the send; null when it could not be read. */
  readonly before: Snapshot | null;
  readonly stream: {
    readonly end: StreamEnd | null;
    /** A full text came after the last tool call: upstream's final answer. */
    readonly hasFinalText: boolean;
    /** Tool calls without a result: a generation may be running. */
    readonly openTools: number;
    /** Upstream closed the stream itself, whatever `end` says. */
    readonly closed: boolean;
  };
  /** The last snapshot after the stream's end. */
  readonly after: Snapshot | null;
  /** Another turn used the same token meanwhile, so the balance is no evidence for this one. */
  readonly shared: boolean;
  readonly verdict: Verdict | null;
  readonly error: Problem | null;
};

/** A turn that has not ended, and may still change. */
export type OpenTurn = Turn & { readonly phase: Exclude<Turn["phase"], "ended"> };

/** Null for a turn that has ended. */
export const openTurnOf = (turn: Turn | null): OpenTurn | null =>
  turn === null || turn.phase === "ended" ? null : (turn as OpenTurn); // the phase was just checked

/** What all new turns have in common: they wait to be sent. */
export const NEW_TURN = {
  replaced: false,
  phase: "queued",
  sentAt: null,
  endedAt: null,
  before: null,
  stream: { end: null, hasFinalText: false, openTools: 0, closed: false },
  after: null,
  shared: false,
  verdict: null,
  error: null,
} as const satisfies Partial<OpenTurn>;

/** The state to commit before the message is sent. */
export const toSending = (turn: OpenTurn, before: Snapshot | null, now: EpochMs): OpenTurn => ({
  ...turn,
  phase: "sending",
  before,
  sentAt: now,
});

/** Back to `queued` with a new session. Upstream did not know the old one, so nothing was done or charged. */
export const toReplaced = (turn: OpenTurn): OpenTurn => ({
  ...turn,
  phase: "queued",
  replaced: true,
  before: null,
  sentAt: null,
});

/**
 * Whether a turn may continue in a new session after upstream has lost its own: once, and only if no timeline is lost
 * with it or the caller allowed it.
 */
export const mayReplace = (turn: Turn, hasTimeline: boolean): boolean =>
  !turn.replaced && (!hasTimeline || turn.onSessionLoss === "restart");

/** The state after the answer's headers. */
export const toStreaming = (turn: OpenTurn): OpenTurn => ({ ...turn, phase: "streaming" });

/** The stream has ended in any way; from here upstream's state decides. */
export const toSettling = (turn: OpenTurn, stream: Turn["stream"], error: Problem | null): OpenTurn => ({
  ...turn,
  phase: "settling",
  stream,
  error: error ?? turn.error,
});

/** Ends a turn. An ended turn never changes. */
export const toEnded = (turn: OpenTurn, verdict: Verdict, error: Problem | null, now: EpochMs): Turn => ({
  ...turn,
  phase: "ended",
  verdict,
  error: verdict.status === "completed" ? null : (error ?? turn.error),
  endedAt: now,
  before: withoutTimeline(turn.before),
  after: withoutTimeline(turn.after),
});

/** An ended turn keeps the summaries of its timelines, not the timelines. */
const withoutTimeline = (snapshot: Snapshot | null): Snapshot | null =>
  snapshot === null ? null : { ...snapshot, timeline: null };

/** Repairs a turn that a restarted instance finds running: its stream is lost. Null when there is nothing to repair. */
export function afterRestart(given: Turn): OpenTurn | null {
  const turn = openTurnOf(given);
  if (turn?.phase !== "sending" && turn?.phase !== "streaming") return null;
  return toSettling(turn, { ...turn.stream, end: "lost" }, null);
}

/** Whether the stream alone proves the end: closed by upstream, after a final text, no generation running. */
const isFinished = ({ stream }: Turn): boolean =>
  stream.end === "closed" && stream.hasFinalText && stream.openTools === 0;

/** Upstream reported that its agent failed, and then closed the stream itself, so nothing more follows. */
const hasFailed = ({ stream }: Turn): boolean => stream.end === "error" && stream.closed;

/**
 * When to poll upstream's state for the first time after the stream's end: at once if upstream closed the stream,
 * later after a broken connection, since the work continues without us.
 */
export const firstPollAt = (turn: Turn, now: EpochMs, timings: Timings): EpochMs =>
  turn.stream.end === "closed" || hasFailed(turn) ? now : now + timings.settleFirst;

/**
 * Until when a shared token is marked as used by a turn that is about to be sent. Counted from now, because a turn may
 * have been queued for long.
 */
export const leaseUntil = (now: EpochMs, timings: Timings): EpochMs => now + 2 * timings.settleGiveUp;

/** The latest time at which a turn is settled. */
export const giveUpAt = (turn: Turn, timings: Timings): EpochMs =>
  (turn.sentAt ?? turn.createdAt) + timings.settleGiveUp;

export const isChanged = (turn: Turn, snapshot: Snapshot): boolean =>
  turn.before !== null && turn.before.fingerprint !== snapshot.fingerprint;

export type Settled =
  | { readonly do: "wait"; readonly turn: Turn; readonly at: EpochMs }
  | { readonly do: "end"; readonly verdict: Verdict; readonly snapshot: Snapshot };

/**
 * Evaluates one snapshot of upstream's state for a turn whose stream has ended.
 *
 * The turn ends when one of these holds:
 *
 * - the stream proves the end;
 * - the timeline changed, two snapshots at least `settleApart` apart are equal, and no credits are frozen (frozen
 *   credits of a shared token may belong to another turn);
 * - upstream reported that its agent failed and closed the stream, two such snapshots are equal, and no credits are
 *   known to be frozen;
 * - `settleGiveUp` has passed since the send.
 *
 * The first change does not end it: a generation has two stages.
 */
export function afterSnapshot(
  turn: Turn,
  snapshot: Snapshot,
  shared: boolean,
  now: EpochMs,
  timings: Timings,
): Settled {
  const changed = isChanged(turn, snapshot);
  const end = (status: Verdict["status"]): Settled => ({
    do: "end",
    verdict: { status, charged: chargedBy(turn, snapshot, shared) },
    snapshot,
  });
  if (isFinished(turn)) return end("completed");
  const last = turn.after;
  const equal = last !== null && last.fingerprint === snapshot.fingerprint && (shared || isSameBalance(last, snapshot));
  const isStill = equal && snapshot.at - last.at >= timings.settleApart;
  const idle = shared || snapshot.frozen === null || snapshot.frozen === 0;
  if (changed && isStill && idle) return end("completed");
  if (hasFailed(turn) && isStill && snapshot.frozen === 0) return end("failed");
  if (now >= giveUpAt(turn, timings)) {
    if (changed) return end("completed");
    return end(!shared && balanceOf(turn, snapshot, shared) === "equal" ? "failed" : "unknown");
  }
  // An equal snapshot keeps the time of the first one, so that the distance between the two grows.
  const after = equal ? { ...snapshot, at: last.at } : snapshot;
  const isSoon = changed || last === null || hasFailed(turn);
  const wait = isSoon ? timings.settleApart : timings.settleNext;
  return { do: "wait", turn: { ...turn, after, shared }, at: Math.min(now + wait, giveUpAt(turn, timings)) };
}

/** A balance that was not read does not contradict another. */
const isSameBalance = (one: Snapshot, other: Snapshot): boolean =>
  one.available === null || other.available === null || one.available === other.available;

/** The verdict of a turn whose upstream state could not be read before it was given up. */
export const unreadable = (): Verdict => ({ status: "unknown", charged: "unknown" });

function balanceOf(turn: Turn, snapshot: Snapshot, shared: boolean): Evidence["balance"] {
  if (shared) return "shared";
  if (turn.before?.available == null || snapshot.available === null) return "unread";
  return snapshot.available < turn.before.available ? "lower" : "equal";
}

function chargedBy(turn: Turn, snapshot: Snapshot, shared: boolean): Charged {
  const balance = balanceOf(turn, snapshot, shared);
  if (balance === "lower") return "yes";
  return balance === "equal" ? "no" : "unknown";
}

/** The evidence of the verdict, for the turn's record. */
export function evidenceOf(turn: Turn, snapshot: Snapshot | null, shared: boolean): Evidence {
  return {
    stream: turn.stream.end ?? "none",
    timeline:
      snapshot === null || turn.before === null ? "unread" : isChanged(turn, snapshot) ? "changed" : "unchanged",
    balance: snapshot === null ? "unread" : balanceOf(turn, snapshot, shared),
  };
}

/**
 * The cost of a turn: measured only when nothing else used the token; otherwise only the vendor's list price is known.
 */
export function spentBy(
  turn: Turn,
  snapshot: Snapshot | null,
  shared: boolean,
): { amount: number | null; basis: "measured" | "estimated" | "unknown" } {
  if (turn.sentAt === null) return { amount: 0, basis: "measured" };
  if (!shared && turn.before?.available != null && snapshot?.available != null) {
    return { amount: Math.max(0, turn.before.available - snapshot.available), basis: "measured" };
  }
  return { amount: null, basis: "unknown" };
}

/*
 * API calls that a turn's text suggests. Upstream mentions buttons and panels; callers of the API need the equivalent
 * call. The table is closed, so that no text of upstream's can become a method, a path or a body.
 */

export type ActionName = "timeline" | "render" | "credits" | "turn" | "upload";

export type Action = {
  readonly action: ActionName;
  readonly method: "GET" | "POST";
  /** A template: `{id}` stands for the turn's own project. */
  readonly path: string;
};

const TABLE: Readonly<Record<ActionName, Action>> = {
  timeline: { action: "timeline", method: "GET", path: "/v1/projects/{id}/timeline" },
  render: { action: "render", method: "POST", path: "/v1/projects/{id}/renders" },
  credits: { action: "credits", method: "GET", path: "/v1/credits" },
  turn: { action: "turn", method: "POST", path: "/v1/projects/{id}/turns" },
  upload: { action: "upload", method: "POST", path: "/v1/uploads" },
};

export const ACTION_NAMES: readonly ActionName[] = ["timeline", "render", "credits", "turn", "upload"];

/** The table's entry; the same object each time. */
export const actionOf = (name: ActionName): Action => TABLE[name];

/** The action for an `action` event, with its project's id in the path. */
export const actionFor = (action: Action, project: ProjectId): Action => ({
  ...action,
  path: action.path.replace("{id}", project),
});

/**
 * Whether `"act": "auto"` may perform the action unasked: reading the timeline, and rendering the same project.
 * Compared with the table's whole entry, so a path that was filled in or made elsewhere is not safe.
 */
export function isSafeAction(action: Action): boolean {
  if (action.action !== "timeline" && action.action !== "render") return false;
  const known = actionOf(action.action);
  return known.method === action.method && known.path === action.path;
}

/* Texts of the gateway's own answers to commands, in the caller's language. */

/** The balance of the caller's Nemo account. Numbers as upstream gives them. */
export const sayCredits = (available: number, frozen: number, language: AnswerLanguage): string =>
  language === "zh"
    ? `可用积分：${available}${frozen > 0 ? `（另有 ${frozen} 冻结中）` : ""}。`
    : `Available credits: ${available}${frozen > 0 ? ` (${frozen} more are held by running work)` : ""}.`;

/** The answer when the balance is not the user's own. */
export const sayCreditsShared = (language: AnswerLanguage): string =>
  language === "zh"
    ? "积分由此应用的提供方管理，请向其查询。"
    : "The credits belong to the operator of this app; ask there how many are left.";

export const sayExport = (language: AnswerLanguage): string =>
  language === "zh"
    ? "已开始导出视频，完成后即可下载。"
    : "The export has started; the video can be downloaded when it is done.";

export const sayUpload = (language: AnswerLanguage): string =>
  language === "zh" ? "请先上传文件，再把它加入这个项目。" : "Upload the file first, then add it to this project.";
