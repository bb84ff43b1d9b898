/** Users: your own ids of the people that resources belong to; act as one, issue a token, sign out, delete. */
import type { User, UserToken } from "nemo-gateway";
import { useState } from "preact/hooks";
import { account, may } from "../session.ts";
import { user } from "../settings.ts";
import { moment, t } from "../text.ts";
import { useAction, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Code,
  Confirm,
  Dialog,
  Empty,
  More,
  PageHead,
  Problem,
  Secret,
  Show,
  Status,
  Table,
  When,
  Words,
} from "../ui/parts.tsx";
import { samplesOf } from "../ui/samples.ts";

type Open = { readonly kind: "token" | "signOut" | "delete"; readonly of: User };

export function Page() {
  const users = usePages(() => account.value.users.list({ limit: 50 }), [account.value]);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => {
    setOpen(null);
    void users.reload();
  };
  const isWriter = may("chat") || may("upload") || may("render");
  return (
    <>
      <PageHead title={t("users")} lead={t("usersLead")} />
      <Card title={t("users")}>
        <Show of={users}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="users" title={t("noUsers")} text={t("noUsersText")} />
            ) : (
              <Table
                caption={t("users")}
                rows={rows}
                keyOf={(one) => one.id}
                columns={[
                  {
                    title: t("userId"),
                    kind: "main",
                    cell: (one) => (
                      <span>
                        <Words>{one.id}</Words> {one.id === user.value ? <em class="muted">{t("actedAs")}</em> : null}
                      </span>
                    ),
                  },
                  { title: t("status"), cell: (one) => <Status of={one.state} /> },
                  { title: t("created"), cell: (one) => <When at={one.created_at} /> },
                  {
                    title: t("actions"),
                    kind: "actions",
                    cell: (one) =>
                      one.state === "active" ? (
                        <>
                          <Button
                            small
                            disabled={one.id === user.value}
                            onClick={() => {
                              user.value = one.id;
                            }}
                          >
                            {t("actAsThis")}
                          </Button>
                          {isWriter ? (
                            <>
                              <Button small onClick={() => setOpen({ kind: "token", of: one })}>
                                {t("token")}
                              </Button>
                              <Button small onClick={() => setOpen({ kind: "signOut", of: one })}>
                                {t("signOutUser")}
                              </Button>
                            </>
                          ) : null}
                          {may("keys") ? (
                            <Button
                              small
                              kind="quiet"
                              icon="trash"
                              label={t("delete")}
                              onClick={() => setOpen({ kind: "delete", of: one })}
                            />
                          ) : null}
                        </>
                      ) : null,
                  },
                ]}
              />
            )
          }
        </Show>
        <More of={users} />
      </Card>
      {open === null ? null : open.kind === "token" ? (
        <Token of={open.of} onClose={close} />
      ) : open.kind === "signOut" ? (
        <SignOutUser of={open.of} onClose={close} />
      ) : (
        <DeleteUser of={open.of} onClose={close} />
      )}
    </>
  );
}

type DialogProps = { readonly of: User; readonly onClose: () => void };

function Token({ of, onClose }: DialogProps) {
  const [made, setMade] = useState<UserToken | null>(null);
  const issue = useAction(async () => setMade(await account.value.users.createToken(of.id)));
  return (
    <Dialog title={t("tokenFor", { user: of.id })} onClose={onClose}>
      <p>{t("tokenText")}</p>
      {made === null ? null : (
        <>
          <Secret value={made.token} label={t("token")} />
          <p class="muted small">{t("validUntil", { at: moment(made.expires_at) })}</p>
        </>
      )}
      <Problem error={issue.error} />
      <Code
        samples={samplesOf({
          method: "POST",
          path: `/v1/users/${encodeURIComponent(of.id)}/tokens`,
          body: {},
          sdk: `const { token } = await nemo.users.createToken(${JSON.stringify(of.id)});`,
        })}
      />
      <div class="dialog-actions">
        <Button onClick={onClose}>{t("close")}</Button>
        <Button kind="primary" busy={issue.busy} onClick={() => void issue.run()}>
          {t("issueToken")}
        </Button>
      </div>
    </Dialog>
  );
}

function SignOutUser({ of, onClose }: DialogProps) {
  const act = useAction(async () => {
    await account.value.users.signOut(of.id);
    announce("done");
    onClose();
  });
  return (
    <Confirm
      title={t("signOutUser")}
      text={t("signOutUserText", { user: of.id })}
      action={t("signOutUser")}
      busy={act.busy}
      error={act.error}
      onConfirm={() => void act.run()}
      onClose={onClose}
    />
  );
}

function DeleteUser({ of, onClose }: DialogProps) {
  const act = useAction(async () => {
    await account.value.users.delete(of.id);
    announce("deleted");
    onClose();
  });
  return (
    <Confirm
      title={t("deleteUser")}
      text={t("deleteUserText", { user: of.id })}
      action={t("delete")}
      typed={of.id}
      busy={act.busy}
      error={act.error}
      onConfirm={() => void act.run()}
      onClose={onClose}
    />
  );
}
