/** What the operator's status measures, and how it is judged: each check with its thresholds, a reason and the next step. */
import { type EpochMs, MINUTE_MS, SECOND_MS, toRfc3339 } from "./time.ts";
import type { GatewayStatusWire, StatusCheckWire } from "./wire/status.ts";

export const CHECK_STATES = ["ok", "warn", "critical"] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** Everything that is measured for one status. Times are ms since epoch. */
export type Measured = {
  readonly now: EpochMs;
  /** Objects whose work is late; counting stops at `overdueLimit`. */
  readonly overdue: number;
  readonly overdueLimit: number;
  readonly oldestDueAt: EpochMs | null;
  readonly outboxBacklog: number;
  readonly deadLetters: GatewayStatusWire["dead_letters"];
  readonly deadLettersToday: number;
  readonly staleEncryption: number;
  /** Whether `ROOT_SECRET_PREVIOUS` is set. */
  readonly hasPreviousRoot: boolean;
  readonly tokens: GatewayStatusWire["tokens"];
};

/** A check's thresholds: from this value on it warns, or is critical; null: never. */
type Thresholds = { readonly warn: number | null; readonly critical: number | null };

/**
 * The thresholds of every check. Chosen: a minute's cron and one retry are normal, so lateness warns after two minutes;
 * it is critical where `/healthz` fails too.
 */
export const CHECKS = {
  late_work: { unit: "seconds", warn: (2 * MINUTE_MS) / SECOND_MS, critical: (10 * MINUTE_MS) / SECOND_MS },
  late_objects: { unit: "objects", warn: 100, critical: 1_000 },
  unpublished_events: { unit: "events", warn: 1, critical: 100 },
  dead_letters: { unit: "messages in 24 hours", warn: 1, critical: 100 },
  stale_encryption: { unit: "objects", warn: 1, critical: null },
  lost_encryption: { unit: "objects", warn: null, critical: 1 },
  operator_token: { unit: "0 usable, 1 expiring, 2 rejected", warn: 1, critical: 2 },
  rejected_tokens: { unit: "live tokens", warn: 1, critical: null },
} as const satisfies Readonly<Record<string, Thresholds & { readonly unit: string }>>;
export type CheckName = keyof typeof CHECKS;

/** What a value means and what to do about it, for a check that is not ok. */
const ADVICE: Readonly<Record<CheckName, { readonly reason: string; readonly next_step: string }>> = {
  late_work: {
    reason: "Work is overdue for this long: alarms or the cron do not run, or what they call fails.",
    next_step: "Read the log lines alarm_failed, wake_failed and work_failed, and check that the cron trigger exists.",
  },
  late_objects: {
    reason: "Many objects are late at once: the platform or upstream fails, or the wake queue is behind.",
    next_step:
      "Check the wake queue's backlog and the log lines wake_failed and upstream with a status of 500 or more.",
  },
  unpublished_events: {
    reason: "Events are committed, and their tenant's object did not accept them for a minute.",
    next_step: "Read the log lines work_failed with work outbox: they name the tenant whose object fails.",
  },
  dead_letters: {
    reason: "Queue messages failed three times. Nothing is lost: the next cron run sends new ones.",
    next_step: "Read the log lines unknown_queue, unknown_message and wake_failed before the time of the last one.",
  },
  stale_encryption: {
    reason: "A rotation of the root secret is in progress: objects are being encrypted anew.",
    next_step: "Keep ROOT_SECRET_PREVIOUS until this is 0; the cron continues every minute.",
  },
  lost_encryption: {
    reason: "Objects have values that are encrypted under a secret which is not configured: they cannot be read.",
    next_step: "Set the earlier secret as ROOT_SECRET_PREVIOUS and deploy.",
  },
  operator_token: {
    reason: "The operator's Nemo token (NEMO_TOKEN) expires within a day, or Nemo rejected it.",
    next_step: "Create a token at Nemo and run: npx wrangler secret put NEMO_TOKEN",
  },
  rejected_tokens: {
    reason: "Nemo rejected stored tokens of tenants or users: their live turns fail with nemo_token_rejected.",
    next_step:
      "Their owners store new ones with PUT /v1/nemo_token; the log lines upstream with status 401 name the tenants.",
  },
};

const stateOf = (value: number, { warn, critical }: Thresholds): CheckState => {
  if (critical !== null && value >= critical) return "critical";
  return warn !== null && value >= warn ? "warn" : "ok";
};

const OPERATOR_TOKEN: Readonly<Record<string, number>> = { expiring: 1, rejected: 2 };

/** The value of each check. */
export function valuesOf(measured: Measured): Readonly<Record<CheckName, number>> {
  const { now, oldestDueAt, staleEncryption, hasPreviousRoot, tokens } = measured;
  return {
    late_work: oldestDueAt === null ? 0 : Math.max(0, Math.floor((now - oldestDueAt) / SECOND_MS)),
    late_objects: measured.overdue,
    unpublished_events: measured.outboxBacklog,
    dead_letters: measured.deadLettersToday,
    stale_encryption: hasPreviousRoot ? staleEncryption : 0,
    lost_encryption: hasPreviousRoot ? 0 : staleEncryption,
    operator_token: OPERATOR_TOKEN[tokens.operator] ?? 0,
    rejected_tokens: tokens.live.rejected,
  };
}

function checksOf(measured: Measured): StatusCheckWire[] {
  const values = valuesOf(measured);
  const names = Object.keys(CHECKS) as CheckName[]; // the keys of CHECKS
  return names.map((name) => {
    const { unit, warn, critical } = CHECKS[name];
    const state = stateOf(values[name], { warn, critical });
    const advice = state === "ok" ? { reason: null, next_step: null } : ADVICE[name];
    return { name, state, value: values[name], unit, warn_from: warn, critical_from: critical, ...advice };
  });
}

/** The status: its state is that of its worst check. */
export function statusOf(measured: Measured): GatewayStatusWire {
  const checks = checksOf(measured);
  const worst = Math.max(...checks.map(({ state }) => CHECK_STATES.indexOf(state)));
  const { overdue, overdueLimit, oldestDueAt } = measured;
  return {
    state: CHECK_STATES[worst] ?? "critical",
    checks,
    overdue,
    overdue_at_least: overdue >= overdueLimit,
    oldest_due_at: oldestDueAt === null ? null : toRfc3339(oldestDueAt),
    outbox_backlog: measured.outboxBacklog,
    dead_letters: measured.deadLetters,
    stale_encryption: measured.staleEncryption,
    tokens: measured.tokens,
  };
}

/* The same as Prometheus text, version 0.0.4. Labels come from fixed lists: no tenant, user or address is one. */

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Metric = { readonly name: string; readonly help: string; readonly samples: readonly Sample[] };

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

function metricText({ name, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

/** The content type of `metricsOf`. Source: Prometheus, "Exposition formats", text format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function metricsOf(measured: Measured): string {
  const { overdue, oldestDueAt, now, outboxBacklog, deadLetters, deadLettersToday, staleEncryption, tokens } = measured;
  const modes = ["live", "test"] as const;
  const late = oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt) / SECOND_MS;
  const metrics: Metric[] = [
    {
      name: "nemo_gateway_check_state",
      help: "Each check of GET /admin/status: 0 ok, 1 warn, 2 critical.",
      samples: checksOf(measured).map(({ name, state }) => ({
        labels: { check: name },
        value: CHECK_STATES.indexOf(state),
      })),
    },
    {
      name: "nemo_gateway_overdue_objects",
      help: `Objects whose work is late; counting stops at ${measured.overdueLimit}.`,
      samples: one(overdue),
    },
    {
      name: "nemo_gateway_oldest_overdue_seconds",
      help: "How late the oldest work is.",
      samples: one(late),
    },
    {
      name: "nemo_gateway_outbox_backlog_events",
      help: "Events that are committed and not published for a minute.",
      samples: one(outboxBacklog),
    },
    {
      name: "nemo_gateway_dead_letters",
      help: "Queue messages that failed three times, by how long they are counted.",
      samples: [
        { labels: { period: "24h" }, value: deadLettersToday },
        { labels: { period: "30d" }, value: deadLetters.count },
      ],
    },
    {
      name: "nemo_gateway_stale_encryption_objects",
      help: "Objects with values encrypted under an earlier root secret.",
      samples: one(staleEncryption),
    },
    {
      name: "nemo_gateway_nemo_tokens",
      help: "Stored Nemo tokens of tenants and users by state.",
      samples: modes.flatMap((mode) =>
        Object.entries(tokens[mode]).map(([state, value]) => ({ labels: { mode, state }, value })),
      ),
    },
  ];
  return metrics.map(metricText).join("");
}
