/** Deliveries: what was sent to whom, each attempt with its answer, the body as it was sent, and a button to send it again. */
import type { Delivery, LoggedDelivery } from "nemo-gateway";
import { useState } from "preact/hooks";
import { linkTo } from "../router.ts";
import { account } from "../session.ts";
import { count, moment, t, textOr } from "../text.ts";
import { useAction, useLoad, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Empty,
  Facets,
  Id,
  Json,
  More,
  PageHead,
  Problem,
  Show,
  Status,
  Table,
  When,
  Words,
} from "../ui/parts.tsx";

const POLL_MS = 4_000;
const STATES = ["pending", "delivered", "failed"] as const;
type State = Delivery["state"];

export const Page = ({ id }: { readonly id: string | null }) =>
  id === null ? <Deliveries /> : <DeliveryPage id={id} />;

function Deliveries() {
  const [state, setState] = useState<State | "">("");
  const [target, setTarget] = useState("");
  const endpoints = useLoad(async () => (await account.value.webhookEndpoints.list()).data, [account.value]);
  const deliveries = usePages(
    () =>
      account.value.deliveries.list({
        limit: 50,
        ...(state === "" ? {} : { state }),
        ...(target === "" ? {} : { target_id: target }),
      }),
    [account.value, state, target],
    POLL_MS,
  );
  const retry = useAction(async (id: string) => {
    await account.value.deliveries.retry(id);
    announce("replayStarted");
    await deliveries.reload();
  });
  const urls = new Map((endpoints.data ?? []).map(({ id, url }) => [id, url]));
  return (
    <>
      <PageHead title={t("deliveries")} lead={t("deliveriesLead")} />
      <Problem error={retry.error} />
      <Card
        title={t("deliveries")}
        actions={
          <>
            <select
              aria-label={t("endpoints")}
              value={target}
              onChange={(event) => setTarget(event.currentTarget.value)}
            >
              <option value="">{t("allTargets")}</option>
              {(endpoints.data ?? []).map(({ id, url }) => (
                <option key={id} value={id}>
                  {url}
                </option>
              ))}
            </select>
            <select
              aria-label={t("status")}
              value={state}
              onChange={(event) => setState(event.currentTarget.value as State | "")} // one of the options
            >
              <option value="">{t("allStatuses")}</option>
              {STATES.map((one) => (
                <option key={one} value={one}>
                  {textOr(`status_${one}`, one)}
                </option>
              ))}
            </select>
          </>
        }
      >
        <Show of={deliveries}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="deliveries" title={t("noDeliveries")} text={t("noDeliveriesText")} />
            ) : (
              <Table
                caption={t("deliveries")}
                rows={rows}
                keyOf={(delivery) => delivery.id}
                columns={[
                  {
                    title: t("event"),
                    kind: "main",
                    cell: (delivery) => (
                      <a href={linkTo("deliveries", delivery.id)} class="main-link">
                        <code>{delivery.event_type}</code>
                      </a>
                    ),
                  },
                  { title: t("status"), cell: (delivery) => <Status of={delivery.state} /> },
                  { title: t("to"), cell: (delivery) => <Words class="words url">{targetOf(delivery, urls)}</Words> },
                  { title: t("attempts"), kind: "number", cell: (delivery) => count(delivery.attempts) },
                  { title: t("answer"), kind: "number", cell: (delivery) => delivery.last_status ?? "—" },
                  { title: t("created"), cell: (delivery) => <When at={delivery.created_at} /> },
                  {
                    title: t("actions"),
                    kind: "actions",
                    cell: (delivery) =>
                      delivery.state === "failed" || delivery.attempts > 0 ? (
                        <Button small icon="retry" busy={retry.busy} onClick={() => void retry.run(delivery.id)}>
                          {t("replay")}
                        </Button>
                      ) : null,
                  },
                ]}
              />
            )
          }
        </Show>
        <More of={deliveries} />
      </Card>
    </>
  );
}

function targetOf({ target }: Delivery, urls: ReadonlyMap<string, string>): string {
  return target.kind === "callback" ? target.url : (urls.get(target.id) ?? target.id);
}

const ATTEMPT_POLL_MS = 2_000;

function DeliveryPage({ id }: { readonly id: string }) {
  const delivery = useLoad(() => account.value.deliveries.retrieve(id), [account.value, id], ATTEMPT_POLL_MS);
  const eventId = delivery.data?.event_id ?? null;
  const event = useLoad(
    async () => (eventId === null ? null : account.value.events.retrieve(eventId)),
    [account.value, eventId],
  );
  const retry = useAction(async () => {
    delivery.set(await account.value.deliveries.retry(id));
  });
  return (
    <Show
      of={delivery}
      rows={6}
      head={{ title: t("delivery"), back: { href: linkTo("deliveries"), label: t("deliveries") } }}
    >
      {(shown) => (
        <>
          <PageHead
            title={shown.event_type}
            back={{ href: linkTo("deliveries"), label: t("deliveries") }}
            lead={`${textOr(`status_${shown.state}`, shown.state)} · ${moment(shown.created_at)}`}
          >
            <Button kind="primary" icon="retry" busy={retry.busy} onClick={() => void retry.run()}>
              {t("replay")}
            </Button>
          </PageHead>
          <Problem error={retry.error} />
          <div class="columns">
            <Card title={t("attempts")}>
              <Attempts of={shown} />
            </Card>
            <Card title={t("details")}>
              <Facets
                of={[
                  [t("id"), <Id key="id" of={shown.id} />],
                  [t("event"), <Id key="event" of={shown.event_id} />],
                  [
                    t("to"),
                    <Words key="to" class="url">
                      {shown.target.kind === "callback" ? shown.target.url : shown.target.id}
                    </Words>,
                  ],
                  [t("nextTry"), <When key="due" at={shown.due_at} />],
                  [t("ended"), <When key="end" at={shown.ended_at} />],
                ]}
              />
            </Card>
          </div>
          <Card title={t("requestBody")} lead={t("requestBodyLead")}>
            <Show of={event}>{(body) => (body === null ? null : <Json value={body} label={t("requestBody")} />)}</Show>
          </Card>
        </>
      )}
    </Show>
  );
}

function Attempts({ of }: { readonly of: LoggedDelivery }) {
  if (of.log.length === 0) return <p class="muted">{t("noAttempts")}</p>;
  return (
    <ol class="attempts">
      {of.log.map(({ attempt, at, took_ms, status, error, answer }) => (
        <li key={attempt}>
          <p class="row-line">
            <strong>{t("attemptNumber", { number: attempt })}</strong>
            <span class={`status ${status !== null && status >= 200 && status < 300 ? "good" : "bad"}`}>
              {status ?? textOr(`error_${error}`, error ?? "—")}
            </span>
            <span class="muted small">
              {moment(at)} · {count(took_ms)} ms
            </span>
          </p>
          {error === null || status === null ? null : <p class="small bad">{error}</p>}
          {answer === "" ? null : <Json value={answer} label={t("answer")} />}
        </li>
      ))}
    </ol>
  );
}
