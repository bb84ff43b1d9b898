/** Usage: turns, renders, bytes and deliveries by day as bars with the numbers beside them, and sums by user or key. */
import type { Schemas } from "nemo-gateway";
import { useState } from "preact/hooks";
import { account } from "../session.ts";
import { bytes, count, day, t } from "../text.ts";
import { useLoad } from "../ui/load.ts";
import { Card, Empty, PageHead, Show, Table, Words } from "../ui/parts.tsx";

type Day = Schemas["UsageOfDay"];
type OfOne = Schemas["UsageOfUser"] | Schemas["UsageOfKey"];
type Counts = Omit<Day, "day">;

const SPANS = [7, 30, 90] as const;
const DAY_MS = 24 * 3_600_000;

type Measure = {
  readonly name: string;
  readonly of: (usage: Counts) => number;
  readonly shown: (value: number) => string;
};

const totalOf = (counts: object): number =>
  Object.values(counts).reduce((sum: number, value) => sum + (typeof value === "number" ? value : 0), 0);

const measures = (): readonly Measure[] => [
  { name: t("turns"), of: ({ turns }) => totalOf(turns), shown: count },
  { name: t("credits"), of: ({ credits }) => credits.measured + credits.estimated, shown: count },
  { name: t("renders"), of: ({ renders }) => totalOf(renders), shown: count },
  { name: t("uploaded"), of: (usage) => usage.upload_bytes, shown: bytes },
  { name: t("rendered"), of: (usage) => usage.render_bytes, shown: bytes },
  { name: t("deliveries"), of: ({ deliveries }) => totalOf(deliveries), shown: count },
];

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export function Page() {
  const [days, setDays] = useState<number>(30);
  const [by, setBy] = useState<"user" | "key">("user");
  const to = dayOf(Date.now());
  const from = dayOf(Date.now() - (days - 1) * DAY_MS);
  const usage = useLoad(async () => {
    const rows: Day[] = [];
    for await (const row of account.value.usage({ by: "day", from, to, limit: 100 })) if ("day" in row) rows.push(row);
    return rows;
  }, [account.value, from, to]);
  const sums = useLoad(async () => {
    const page = await account.value.usage({ by, from, to, limit: 100 });
    return page.data.flatMap((row): OfOne[] => ("day" in row ? [] : [row]));
  }, [account.value, by, from, to]);
  return (
    <>
      <PageHead title={t("usage")} lead={t("usageLead")}>
        <div class="segments" role="group" aria-label={t("period")}>
          {SPANS.map((one) => (
            <button key={one} type="button" aria-pressed={one === days} onClick={() => setDays(one)}>
              {t("daysShort", { days: one })}
            </button>
          ))}
        </div>
      </PageHead>
      <Show of={usage} rows={6}>
        {(rows) => {
          const byDay = new Map(rows.map((row) => [row.day, row]));
          const all = Array.from({ length: days }, (_, n) => dayOf(Date.parse(from) + n * DAY_MS));
          return (
            <>
              <div class="charts">
                {measures().map((measure) => (
                  <Bars key={measure.name} measure={measure} days={all} usage={byDay} />
                ))}
              </div>
              <Card title={t("byDay")}>
                {rows.length === 0 ? (
                  <Empty icon="usage" title={t("noUsage")} text={t("noUsageText")} />
                ) : (
                  <Table
                    caption={t("byDay")}
                    rows={rows}
                    keyOf={(row) => row.day}
                    columns={[
                      { title: t("day"), kind: "main", cell: (row) => day(row.day) },
                      ...measures().map(({ name, of, shown }) => ({
                        title: name,
                        kind: "number" as const,
                        cell: (row: Day) => shown(of(row)),
                      })),
                    ]}
                  />
                )}
              </Card>
            </>
          );
        }}
      </Show>
      <Card
        title={t(by === "user" ? "byUser" : "byKey")}
        actions={
          <div class="segments" role="group" aria-label={t("sumsBy")}>
            <button type="button" aria-pressed={by === "user"} onClick={() => setBy("user")}>
              {t("users")}
            </button>
            <button type="button" aria-pressed={by === "key"} onClick={() => setBy("key")}>
              {t("keys")}
            </button>
          </div>
        }
      >
        <Show of={sums}>
          {(rows) =>
            rows.length === 0 ? (
              <p class="muted">{t("noUsage")}</p>
            ) : (
              <Table
                caption={t(by === "user" ? "byUser" : "byKey")}
                rows={rows}
                keyOf={(row) => nameOf(row)}
                columns={[
                  {
                    title: t(by === "user" ? "userId" : "key"),
                    kind: "main",
                    cell: (row) => <Words>{nameOf(row)}</Words>,
                  },
                  ...measures().map(({ name, of, shown }) => ({
                    title: name,
                    kind: "number" as const,
                    cell: (row: OfOne) => shown(of(row)),
                  })),
                ]}
              />
            )
          }
        </Show>
      </Card>
    </>
  );
}

const nameOf = (row: OfOne): string =>
  "key" in row ? (row.key ?? t("otherKeys")) : (row.user ?? row.uh ?? t("withoutUser"));

const HEIGHT = 72;

/** The bars decorate: the sum is beside them, each day's number in its title and in the table below. */
function Bars(props: {
  readonly measure: Measure;
  readonly days: readonly string[];
  readonly usage: ReadonlyMap<string, Day>;
}) {
  const { name, of, shown } = props.measure;
  const values = props.days.map((at) => {
    const usage = props.usage.get(at);
    return { at, value: usage === undefined ? 0 : of(usage) };
  });
  const most = Math.max(...values.map(({ value }) => value), 1);
  const sum = values.reduce((total, { value }) => total + value, 0);
  const width = 100 / values.length;
  const [first, last] = [values[0]?.at, values.at(-1)?.at];
  return (
    <figure class="chart">
      <figcaption>
        <span>{name}</span>
        <strong>{shown(sum)}</strong>
      </figcaption>
      <svg width="100%" height={HEIGHT} role="img" aria-label={`${name}: ${shown(sum)}`}>
        {values.map(({ at, value }, n) => (
          <rect
            key={at}
            class={value === 0 ? "none" : "bar-of-day"}
            x={`${n * width + width * 0.12}%`}
            width={`${width * 0.76}%`}
            y={value === 0 ? HEIGHT - 2 : HEIGHT - Math.max(3, (value / most) * HEIGHT)}
            height={value === 0 ? 2 : Math.max(3, (value / most) * HEIGHT)}
            rx="1.5"
          >
            <title>{`${day(at)}: ${shown(value)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="axis muted small" aria-hidden="true">
        <span>{first === undefined ? "" : day(first)}</span>
        <span>{last === undefined ? "" : day(last)}</span>
      </p>
    </figure>
  );
}
