/** Webhook endpoints: add one and see its secret once, send a test event, replay what failed. */
import type { CreatedWebhookEndpoint, LoggedDelivery, Schemas, WebhookEndpoint } from "nemo-gateway";
import { useState } from "preact/hooks";
import { linkTo } from "../router.ts";
import { account } from "../session.ts";
import { t } from "../text.ts";
import { useAction, useLoad } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Check,
  Code,
  Confirm,
  Dialog,
  Empty,
  Facets,
  Field,
  fieldError,
  Id,
  PageHead,
  Problem,
  Secret,
  Show,
  Status,
  Table,
  Words,
} from "../ui/parts.tsx";
import { samplesOf } from "../ui/samples.ts";

type EventType = Schemas["EventType"];

/** What an endpoint can be sent, in groups. */
const SHOWN: Readonly<Record<EventType, true>> = {
  "video.completed": true,
  "video.failed": true,
  "video.cancelled": true,
  "video.needs_input": true,
  "turn.completed": true,
  "turn.failed": true,
  "turn.unknown": true,
  "timeline.changed": true,
  "render.completed": true,
  "render.failed": true,
  "upload.completed": true,
  "upload.failed": true,
  "upload.expired": true,
  "asset.ready": true,
  "asset.rejected": true,
  "batch.completed": true,
  "generator_job.completed": true,
  "generator_job.failed": true,
  "credits.low": true,
  "credits.exhausted": true,
  "credits.cap_reached": true,
  "token.expiring": true,
  "endpoint.disabled": true,
  "hook.disabled": true,
};
const TYPES = Object.keys(SHOWN) as EventType[]; // the keys of a record by type

type Open =
  | { readonly kind: "new" }
  | { readonly kind: "test" | "recover" | "rotate" | "delete"; readonly endpoint: WebhookEndpoint };

export function Page() {
  const endpoints = useLoad(async () => (await account.value.webhookEndpoints.list()).data, [account.value]);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => {
    setOpen(null);
    void endpoints.reload();
  };
  const enable = useAction(async (id: string) => {
    await account.value.webhookEndpoints.enable(id);
    await endpoints.reload();
  });
  return (
    <>
      <PageHead title={t("webhooks")} lead={t("webhooksLead")}>
        <Button kind="primary" icon="plus" onClick={() => setOpen({ kind: "new" })}>
          {t("newEndpoint")}
        </Button>
      </PageHead>
      <Problem error={enable.error} />
      <Card title={t("endpoints")}>
        <Show of={endpoints}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="webhooks" title={t("noEndpoints")} text={t("noEndpointsText")} />
            ) : (
              <Table
                caption={t("endpoints")}
                rows={rows}
                keyOf={(endpoint) => endpoint.id}
                columns={[
                  {
                    title: t("address"),
                    kind: "main",
                    cell: (endpoint) => (
                      <span class="two-lines">
                        <Words class="words url">{endpoint.url}</Words>
                        <Id of={endpoint.id} />
                      </span>
                    ),
                  },
                  {
                    title: t("status"),
                    cell: (endpoint) => (
                      <span class="two-lines">
                        <Status of={endpoint.state} />
                        {endpoint.disabled_by === null ? null : (
                          <span class="muted small">{t(`disabled_by_${endpoint.disabled_by}`)}</span>
                        )}
                      </span>
                    ),
                  },
                  {
                    title: t("events"),
                    cell: (endpoint) => (
                      <span class="small">
                        {endpoint.types.includes("*") ? t("allEvents") : endpoint.types.join(", ")}
                      </span>
                    ),
                  },
                  {
                    title: t("actions"),
                    kind: "actions",
                    cell: (endpoint) => (
                      <>
                        {endpoint.state === "disabled" ? (
                          <Button small busy={enable.busy} onClick={() => void enable.run(endpoint.id)}>
                            {t("enable")}
                          </Button>
                        ) : (
                          <Button small onClick={() => setOpen({ kind: "test", endpoint })}>
                            {t("sendTest")}
                          </Button>
                        )}
                        <Button small onClick={() => setOpen({ kind: "recover", endpoint })}>
                          {t("replayFailed")}
                        </Button>
                        <Button small onClick={() => setOpen({ kind: "rotate", endpoint })}>
                          {t("newSecret")}
                        </Button>
                        <Button
                          small
                          kind="quiet"
                          icon="trash"
                          label={t("delete")}
                          onClick={() => setOpen({ kind: "delete", endpoint })}
                        />
                      </>
                    ),
                  },
                ]}
              />
            )
          }
        </Show>
      </Card>
      <Card title={t("asCode")} lead={t("verifyLead")}>
        <Code
          samples={samplesOf({
            method: "POST",
            path: "/v1/webhook_endpoints",
            body: { url: "https://app.example/webhooks", types: ["video.completed", "video.failed"] },
            sdk: `// in your server, with the raw body:\nconst event = await nemo.webhooks.unwrap(body, headers, process.env.WEBHOOK_SECRET);\nif (event.type === "video.completed") console.log(event.data.download_url);`,
          })}
        />
      </Card>
      {open === null ? null : open.kind === "new" ? (
        <NewEndpoint onClose={close} />
      ) : open.kind === "test" ? (
        <Test endpoint={open.endpoint} onClose={close} />
      ) : open.kind === "recover" ? (
        <Recover endpoint={open.endpoint} onClose={close} />
      ) : open.kind === "rotate" ? (
        <Rotate endpoint={open.endpoint} onClose={close} />
      ) : (
        <Delete endpoint={open.endpoint} onClose={close} />
      )}
    </>
  );
}

type DialogProps = { readonly endpoint: WebhookEndpoint; readonly onClose: () => void };

function NewEndpoint({ onClose }: { readonly onClose: () => void }) {
  const [url, setUrl] = useState("");
  const [isAll, setAll] = useState(true);
  const [types, setTypes] = useState<readonly EventType[]>(["video.completed", "video.failed"]);
  const [made, setMade] = useState<CreatedWebhookEndpoint | null>(null);
  const create = useAction(async () =>
    setMade(await account.value.webhookEndpoints.create({ url: url.trim(), types: isAll ? ["*"] : [...types] })),
  );
  if (made !== null)
    return (
      <Dialog title={t("endpointAdded")} onClose={onClose}>
        {made.secret === undefined ? (
          <p>{t("secretNotShown")}</p>
        ) : (
          <Secret value={made.secret} label={t("signingSecret")} />
        )}
        <p class="muted">{t("secretUse")}</p>
        <div class="dialog-actions">
          <Button kind="primary" onClick={onClose}>
            {t("done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("newEndpoint")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <Field label={t("address")} hint={t("addressHint")} error={fieldError(create.error, "/url")}>
          {(ids) => (
            <input
              {...ids}
              type="url"
              dir="ltr"
              required
              value={url}
              placeholder="https://app.example/webhooks"
              onInput={(event) => setUrl(event.currentTarget.value)}
            />
          )}
        </Field>
        <fieldset>
          <legend>{t("events")}</legend>
          <Check label={t("allEvents")} checked={isAll} onChange={setAll} />
          {isAll ? null : (
            <div class="checks">
              {TYPES.map((type) => (
                <Check
                  key={type}
                  label={type}
                  checked={types.includes(type)}
                  onChange={(checked) =>
                    setTypes(TYPES.filter((one) => (one === type ? checked : types.includes(one))))
                  }
                />
              ))}
            </div>
          )}
        </fieldset>
        <Problem error={create.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button
            kind="primary"
            type="submit"
            busy={create.busy}
            disabled={url.trim() === "" || (!isAll && types.length === 0)}
          >
            {t("add")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Test({ endpoint, onClose }: DialogProps) {
  const [type, setType] = useState<EventType>("video.completed");
  const [sent, setSent] = useState<LoggedDelivery | null>(null);
  const send = useAction(async () => setSent(await account.value.webhookEndpoints.test(endpoint.id, { type })));
  return (
    <Dialog title={t("sendTest")} onClose={onClose}>
      <p>
        <Words class="url">{endpoint.url}</Words>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send.run();
        }}
      >
        <Field label={t("event")} hint={t("testHint")}>
          {(ids) => (
            <select {...ids} value={type} onChange={(event) => setType(event.currentTarget.value as EventType)}>
              {TYPES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Problem error={send.error} />
        {sent === null ? null : (
          <Facets
            of={[
              [t("status"), <Status key="state" of={sent.state} />],
              [t("answer"), `${sent.last_status ?? "—"} ${sent.last_answer ?? ""}`],
              [
                t("delivery"),
                <a key="link" href={linkTo("deliveries", sent.id)}>
                  {sent.id}
                </a>,
              ],
            ]}
          />
        )}
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("close")}</Button>
          <Button kind="primary" type="submit" busy={send.busy}>
            {t("sendTest")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const SINCE_HOURS = [1, 24, 72, 168] as const;

function Recover({ endpoint, onClose }: DialogProps) {
  const [hours, setHours] = useState(24);
  const recover = useAction(async () => {
    await account.value.webhookEndpoints.recover(endpoint.id, {
      since: new Date(Date.now() - hours * 3_600_000).toISOString(),
    });
    announce("replayStarted");
    onClose();
  });
  return (
    <Dialog title={t("replayFailed")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void recover.run();
        }}
      >
        <p>{t("replayText")}</p>
        <Field label={t("since")}>
          {(ids) => (
            <select {...ids} value={String(hours)} onChange={(event) => setHours(Number(event.currentTarget.value))}>
              {SINCE_HOURS.map((one) => (
                <option key={one} value={String(one)}>
                  {t("lastHours", { hours: one })}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Problem error={recover.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button kind="primary" type="submit" busy={recover.busy}>
            {t("replay")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Rotate({ endpoint, onClose }: DialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAction(async () =>
    setSecret((await account.value.webhookEndpoints.rotateSecret(endpoint.id)).secret ?? ""),
  );
  if (secret !== null)
    return (
      <Dialog title={t("newSecret")} onClose={onClose}>
        <Secret value={secret} label={t("signingSecret")} />
        <div class="dialog-actions">
          <Button kind="primary" onClick={onClose}>
            {t("done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Confirm
      title={t("newSecret")}
      text={t("newSecretText")}
      action={t("newSecret")}
      busy={rotate.busy}
      error={rotate.error}
      onConfirm={() => void rotate.run()}
      onClose={onClose}
    />
  );
}

function Delete({ endpoint, onClose }: DialogProps) {
  const remove = useAction(async () => {
    await account.value.webhookEndpoints.delete(endpoint.id);
    announce("deleted");
    onClose();
  });
  return (
    <Confirm
      title={t("deleteEndpoint")}
      text={t("deleteEndpointText", { url: endpoint.url })}
      action={t("delete")}
      busy={remove.busy}
      error={remove.error}
      onConfirm={() => void remove.run()}
      onClose={onClose}
    />
  );
}
