/** Keys: make, rotate with a grace period, revoke; the sessions of this console, and connected apps. */
import type { CreatedKey, Key } from "nemo-gateway";
import { useState } from "preact/hooks";
import { account, session } from "../session.ts";
import { day, moment, t } from "../text.ts";
import { useAction, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Confirm,
  Dialog,
  Empty,
  Field,
  fieldError,
  More,
  PageHead,
  Problem,
  ScopeField,
  Secret,
  Show,
  Status,
  Table,
  When,
  Words,
} from "../ui/parts.tsx";

const LIFETIMES = [0, 30, 90, 365] as const;
const DAY_MS = 24 * 3_600_000;
const GRACES = [0, 3_600, 86_400, 604_800] as const;

/** How a key is: valid, about to end after a rotation, or over. */
function stateOf({ revoked_at, expires_at }: Key): "valid" | "ending" | "revoked" | "expired" {
  const now = Date.now();
  if (revoked_at !== null) return Date.parse(revoked_at) > now ? "ending" : "revoked";
  return expires_at !== null && Date.parse(expires_at) <= now ? "expired" : "valid";
}

export function Page() {
  const keys = usePages(() => account.value.keys.list({ limit: 100 }), [account.value]);
  const [dialog, setDialog] = useState<"new" | { readonly rotate: Key } | { readonly revoke: Key } | null>(null);
  const close = (): void => {
    setDialog(null);
    void keys.reload();
  };
  return (
    <>
      <PageHead title={t("keys")} lead={t("keysLead")}>
        <Button kind="primary" icon="plus" onClick={() => setDialog("new")}>
          {t("newKey")}
        </Button>
      </PageHead>
      <Show of={keys}>
        {(all) => {
          const own = all.filter(({ session_of, app }) => session_of === null && app === null);
          const apps = all.filter((key) => key.app !== null && stateOf(key) === "valid");
          const sessions = all.filter((key) => key.session_of !== null && stateOf(key) === "valid");
          return (
            <>
              <Card title={t("keys")}>
                {own.length === 0 ? (
                  <Empty icon="keys" title={t("noKeys")} text={t("noKeysText")} />
                ) : (
                  <Table
                    caption={t("keys")}
                    rows={own}
                    keyOf={(key) => key.id}
                    columns={[
                      {
                        title: t("name"),
                        kind: "main",
                        cell: (key) => (
                          <span class="two-lines">
                            <Words>{key.name}</Words>
                            <code class="muted">{key.hint}…</code>
                          </span>
                        ),
                      },
                      { title: t("status"), cell: (key) => <Status of={stateOf(key)} /> },
                      { title: t("scopes"), cell: (key) => <span class="small">{key.scopes.join(", ")}</span> },
                      {
                        title: t("lastUsed"),
                        cell: (key) => (key.last_used_on === null ? t("never") : day(key.last_used_on)),
                      },
                      { title: t("ends"), cell: (key) => <When at={key.revoked_at ?? key.expires_at} /> },
                      {
                        title: t("actions"),
                        kind: "actions",
                        cell: (key) =>
                          stateOf(key) === "valid" || stateOf(key) === "ending" ? (
                            <>
                              {key.rotated_at === null ? (
                                <Button small onClick={() => setDialog({ rotate: key })}>
                                  {t("rotate")}
                                </Button>
                              ) : null}
                              <Button small onClick={() => setDialog({ revoke: key })}>
                                {t("revoke")}
                              </Button>
                            </>
                          ) : null,
                      },
                    ]}
                  />
                )}
              </Card>
              {apps.length === 0 ? null : (
                <Card title={t("apps")} lead={t("appsLead")}>
                  <Table
                    caption={t("apps")}
                    rows={apps}
                    keyOf={(key) => key.id}
                    columns={[
                      {
                        title: t("name"),
                        kind: "main",
                        cell: (key) => (
                          <span class="two-lines">
                            <Words>{key.name}</Words>
                            <code class="muted">{key.app?.host ?? key.app?.redirect_host}</code>
                          </span>
                        ),
                      },
                      { title: t("scopes"), cell: (key) => <span class="small">{key.scopes.join(", ")}</span> },
                      { title: t("appActsFor"), cell: (key) => <UserOf hash={key.app?.user_hash ?? null} /> },
                      {
                        title: t("lastUsed"),
                        cell: (key) => (key.last_used_on === null ? t("never") : day(key.last_used_on)),
                      },
                      {
                        title: t("actions"),
                        kind: "actions",
                        cell: (key) => (
                          <Button small onClick={() => setDialog({ revoke: key })}>
                            {t("disconnect")}
                          </Button>
                        ),
                      },
                    ]}
                  />
                </Card>
              )}
              <Card title={t("sessions")} lead={t("sessionsLead")}>
                <Table
                  caption={t("sessions")}
                  rows={sessions}
                  keyOf={(key) => key.id}
                  columns={[
                    {
                      title: t("session"),
                      kind: "main",
                      cell: (key) => (
                        <span>
                          <code>{key.id}</code>{" "}
                          {key.id === session.value?.id ? <em class="muted">{t("thisOne")}</em> : null}
                        </span>
                      ),
                    },
                    { title: t("begun"), cell: (key) => <When at={key.created_at} /> },
                    { title: t("ends"), cell: (key) => <When at={key.expires_at} /> },
                    {
                      title: t("actions"),
                      kind: "actions",
                      cell: (key) =>
                        key.id === session.value?.id ? null : (
                          <Button small onClick={() => setDialog({ revoke: key })}>
                            {t("end")}
                          </Button>
                        ),
                    },
                  ]}
                />
              </Card>
            </>
          );
        }}
      </Show>
      <More of={keys} />
      {dialog === null ? null : dialog === "new" ? (
        <NewKey onClose={close} />
      ) : "rotate" in dialog ? (
        <RotateKey of={dialog.rotate} onClose={close} />
      ) : (
        <RevokeKey of={dialog.revoke} onClose={close} />
      )}
    </>
  );
}

/** The user that an app acts for: its ids end in the same characters. */
const UserOf = ({ hash }: { readonly hash: string | null }) =>
  hash === null ? t("appAllUsers") : <code class="muted">…{hash}</code>;

function NewKey({ onClose }: { readonly onClose: () => void }) {
  const own = session.value?.scopes ?? [];
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(own.filter((scope) => scope !== "keys"));
  const [days, setDays] = useState(0);
  const [made, setMade] = useState<CreatedKey | null>(null);
  const create = useAction(async () => {
    const expires_at = days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString();
    setMade(await account.value.keys.create({ name: name.trim(), scopes: scopes as CreatedKey["scopes"], expires_at })); // of its own list
  });
  if (made !== null) return <ShownKey of={made} onClose={onClose} />;
  return (
    <Dialog title={t("newKey")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <Field label={t("name")} hint={t("keyNameHint")} error={fieldError(create.error, "/name")}>
          {(ids) => (
            <input
              {...ids}
              value={name}
              maxLength={100}
              required
              dir="auto"
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <ScopeField label={t("scopes")} all={own} value={scopes} onChange={setScopes} />
        <Field label={t("expires")} error={fieldError(create.error, "/expires_at")}>
          {(ids) => (
            <select {...ids} value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
              {LIFETIMES.map((one) => (
                <option key={one} value={String(one)}>
                  {one === 0 ? t("never") : t("afterDays", { days: one })}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Problem error={create.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button kind="primary" type="submit" busy={create.busy} disabled={name.trim() === "" || scopes.length === 0}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const ShownKey = ({ of, onClose }: { readonly of: CreatedKey; readonly onClose: () => void }) => (
  <Dialog title={of.name} onClose={onClose}>
    {of.secret === undefined ? <p>{t("secretNotShown")}</p> : <Secret value={of.secret} label={t("apiKey")} />}
    <div class="dialog-actions">
      <Button kind="primary" onClick={onClose}>
        {t("done")}
      </Button>
    </div>
  </Dialog>
);

function RotateKey({ of, onClose }: { readonly of: Key; readonly onClose: () => void }) {
  const [grace, setGrace] = useState<number>(86_400);
  const [made, setMade] = useState<CreatedKey | null>(null);
  const rotate = useAction(async () => setMade(await account.value.keys.rotate(of.id, { grace_seconds: grace })));
  if (made !== null) return <ShownKey of={made} onClose={onClose} />;
  return (
    <Dialog title={t("rotateKey", { name: of.name })} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void rotate.run();
        }}
      >
        <p>{t("rotateText")}</p>
        <Field label={t("grace")} hint={t("graceHint")}>
          {(ids) => (
            <select {...ids} value={String(grace)} onChange={(event) => setGrace(Number(event.currentTarget.value))}>
              {GRACES.map((one) => (
                <option key={one} value={String(one)}>
                  {t(`grace_${one}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Problem error={rotate.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button kind="primary" type="submit" busy={rotate.busy}>
            {t("rotate")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function RevokeKey({ of, onClose }: { readonly of: Key; readonly onClose: () => void }) {
  const revoke = useAction(async () => {
    await account.value.keys.revoke(of.id);
    announce("revoked");
    onClose();
  });
  const isApp = of.app !== null;
  const created = moment(of.created_at);
  return (
    <Confirm
      title={t(isApp ? "disconnectApp" : "revokeKey", { name: of.name })}
      text={isApp ? t("disconnectText", { created }) : t("revokeText", { hint: of.hint, created })}
      action={t(isApp ? "disconnect" : "revoke")}
      busy={revoke.busy}
      error={revoke.error}
      onConfirm={() => void revoke.run()}
      onClose={onClose}
    />
  );
}
