/** The invites of a tenant, on the operator's page: make a link for a person, see whether it was used, revoke it. */
import { useState } from "preact/hooks";
import { ask, listOf, type Mode, tenantPath } from "../operator.ts";
import { t } from "../text.ts";
import { useAction, usePages } from "./load.ts";
import {
  announce,
  Button,
  Card,
  Confirm,
  Dialog,
  Field,
  fieldError,
  ModeField,
  More,
  Problem,
  ScopeField,
  Secret,
  Show,
  Status,
  Table,
  When,
  Words,
} from "./parts.tsx";

type Invite = {
  readonly id: string;
  readonly label: string;
  readonly mode: Mode;
  readonly scopes: readonly string[];
  readonly state: "open" | "accepted" | "revoked" | "expired";
  readonly expires_at: string;
};

type Props = {
  readonly of: string;
  readonly scopes: readonly string[];
  readonly isOpen: boolean;
  readonly onChanged: () => void;
};

export function Invites({ of, scopes, isOpen, onChanged }: Props) {
  const invites = usePages(() => listOf<Invite>(tenantPath(of, "/invites")), [of]);
  const [dialog, setDialog] = useState<"new" | Invite | null>(null);
  const close = (): void => {
    setDialog(null);
    void invites.reload();
    onChanged();
  };
  return (
    <Card
      title={t("invites")}
      lead={t("invitesLead")}
      actions={
        isOpen ? (
          <Button small icon="plus" onClick={() => setDialog("new")}>
            {t("newInvite")}
          </Button>
        ) : null
      }
    >
      <Show of={invites}>
        {(rows) =>
          rows.length === 0 ? (
            <p class="muted">{t("noInvites")}</p>
          ) : (
            <Table
              caption={t("invites")}
              rows={rows}
              keyOf={(invite) => invite.id}
              columns={[
                {
                  title: t("inviteFor"),
                  kind: "main",
                  cell: (invite) => (
                    <span class="two-lines">
                      <Words>{invite.label}</Words>
                      <code class="muted small">{invite.id}</code>
                    </span>
                  ),
                },
                { title: t("status"), cell: (invite) => <Status of={invite.state} /> },
                { title: t("mode"), cell: (invite) => <span class={`mode ${invite.mode}`}>{t(invite.mode)}</span> },
                { title: t("scopes"), cell: (invite) => <span class="small">{invite.scopes.join(", ")}</span> },
                {
                  title: t("ends"),
                  cell: (invite) => <When at={invite.state === "open" ? invite.expires_at : null} />,
                },
                {
                  title: t("actions"),
                  kind: "actions",
                  cell: (invite) =>
                    invite.state === "open" || invite.state === "accepted" ? (
                      <Button small onClick={() => setDialog(invite)}>
                        {t("revoke")}
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </Show>
      <More of={invites} />
      {dialog === null ? null : dialog === "new" ? (
        <NewInvite of={of} all={scopes} onClose={close} />
      ) : (
        <RevokeInvite of={dialog} onClose={close} />
      )}
    </Card>
  );
}

const HOURS = [24, 72, 168] as const;

function NewInvite({
  of,
  all,
  onClose,
}: {
  readonly of: string;
  readonly all: readonly string[];
  onClose: () => void;
}) {
  const [label, setLabel] = useState("");
  const [mode, setMode] = useState<Mode>("test");
  const [hours, setHours] = useState(72);
  const [scopes, setScopes] = useState(all);
  const [url, setUrl] = useState<string | null>(null);
  const create = useAction(async () => {
    const wanted = { label: label.trim(), mode, scopes, expires_in_seconds: hours * 3600 };
    const made = await ask<{ url?: string }>("POST", tenantPath(of, "/invites"), wanted);
    setUrl(made.url ?? "");
  });
  if (url !== null)
    return (
      <Dialog title={t("newInvite")} onClose={onClose}>
        <p dir="auto">{t("inviteSend", { label: label.trim() })}</p>
        <Secret value={url} label={t("inviteLink")} />
        <div class="dialog-actions">
          <Button kind="primary" onClick={onClose}>
            {t("done")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={t("newInvite")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <Field label={t("inviteFor")} hint={t("inviteForHint")} error={fieldError(create.error, "/label")}>
          {(ids) => (
            <input
              {...ids}
              required
              maxLength={100}
              dir="auto"
              value={label}
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
          )}
        </Field>
        <ModeField value={mode} onChange={setMode} />
        <Field label={t("inviteLife")}>
          {(ids) => (
            <select {...ids} value={String(hours)} onChange={(event) => setHours(Number(event.currentTarget.value))}>
              {HOURS.map((one) => (
                <option key={one} value={String(one)}>
                  {t(`inviteHours_${one}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <ScopeField label={t("inviteScopes")} all={all} value={scopes} onChange={setScopes} />
        <Problem error={create.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button kind="primary" type="submit" busy={create.busy} disabled={label.trim() === "" || scopes.length === 0}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function RevokeInvite({ of, onClose }: { readonly of: Invite; readonly onClose: () => void }) {
  const revoke = useAction(async () => {
    await ask("DELETE", `/admin/invites/${encodeURIComponent(of.id)}`);
    announce("revoked");
    onClose();
  });
  return (
    <Confirm
      title={t("revokeInvite", { label: of.label })}
      text={t("revokeInviteText")}
      action={t("revoke")}
      busy={revoke.busy}
      error={revoke.error}
      onConfirm={() => void revoke.run()}
      onClose={onClose}
    />
  );
}
