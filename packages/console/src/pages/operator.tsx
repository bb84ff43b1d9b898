/**
 * The operator's page: tenants, their quotas, keys and invites, and the gateway's status. The admin token is held in this page's
 * memory alone: it is in no cookie, and a reload asks for it again.
 */
import { useState } from "preact/hooks";
import { ask, listOf, type Mode, tenantPath, token } from "../operator.ts";
import { linkTo } from "../router.ts";
import { bytes, count, moment, t, textOr } from "../text.ts";
import { Invites } from "../ui/invites.tsx";
import { useAction, useLoad, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Confirm,
  Dialog,
  Empty,
  Facets,
  Field,
  fieldError,
  Id,
  Json,
  ModeField,
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

type Quotas = Readonly<Record<"concurrent_turns" | "renders_per_day" | "bytes_per_day" | "new_users_per_day", number>>;
type Tenant = {
  readonly id: string;
  readonly name: string;
  readonly state: "active" | "paused" | "deleting";
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly origins: readonly string[];
  readonly quotas: Readonly<Record<Mode, Quotas>>;
  readonly created_at: string;
};
type Key = {
  readonly id: string;
  readonly name: string;
  readonly mode: Mode;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly revoked_at: string | null;
  readonly last_used_on: string | null;
  readonly session_of: string | null;
};
type Counts = Readonly<Record<"ready" | "expiring" | "rejected" | "rationed", number>>;
type GatewayState = {
  readonly overdue: number;
  readonly overdue_at_least: boolean;
  readonly oldest_due_at: string | null;
  readonly outbox_backlog: number;
  readonly dead_letters: { readonly count: number; readonly last_at: string | null };
  readonly stale_encryption: number;
  readonly tokens: { readonly operator: string; readonly live: Counts; readonly test: Counts };
};
type Entry = {
  readonly id: string;
  readonly happened_at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly request_id: string;
  readonly detail: unknown;
};
export function Page({ id }: { readonly id: string | null }) {
  if (token.value === null) return <OperatorSignIn />;
  return id === null ? <Operator /> : <TenantPage id={id} />;
}

function OperatorSignIn() {
  const [given, setGiven] = useState("");
  const enter = useAction(async () => {
    token.value = given.trim();
    try {
      await ask("GET", "/admin/status");
    } catch (error) {
      token.value = null;
      throw error;
    }
  });
  return (
    <>
      <PageHead title={t("operator")} lead={t("operatorLead")} />
      <Card class="narrow">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter.run();
          }}
        >
          <Field label={t("adminToken")} hint={t("adminTokenHint")}>
            {(ids) => (
              <input
                {...ids}
                type="password"
                dir="ltr"
                autocomplete="off"
                required
                value={given}
                onInput={(event) => setGiven(event.currentTarget.value)}
              />
            )}
          </Field>
          <Problem error={enter.error} />
          <Button kind="primary" type="submit" busy={enter.busy} disabled={given.trim() === ""}>
            {t("enter")}
          </Button>
        </form>
      </Card>
    </>
  );
}

const POLL_MS = 15_000;

function Operator() {
  const [isNew, setNew] = useState(false);
  const [query, setQuery] = useState("");
  const status = useLoad(() => ask<GatewayState>("GET", "/admin/status"), [], POLL_MS);
  const health = useLoad(
    async () => {
      const response = await fetch("/healthz", { credentials: "omit" });
      return (await response.json()) as { status: string; database: string; problem: string | null }; // the public document's Health
    },
    [],
    POLL_MS,
  );
  const tenants = usePages(() => listOf<Tenant>("/admin/tenants"), []);
  const wanted = query.trim().toLowerCase();
  return (
    <>
      <PageHead title={t("operator")} lead={t("operatorLead")}>
        <Button kind="primary" icon="plus" onClick={() => setNew(true)}>
          {t("newTenant")}
        </Button>
        <Button
          onClick={() => {
            token.value = null;
          }}
        >
          {t("leave")}
        </Button>
      </PageHead>
      <Card title={t("gatewayStatus")}>
        <Show of={status} rows={2}>
          {(shown) => (
            <Facets
              of={[
                [
                  t("health"),
                  <span key="health">
                    <Status of={health.data?.status ?? "unknown"} /> {health.data?.problem ?? ""}
                  </span>,
                ],
                [t("overdue"), `${count(shown.overdue)}${shown.overdue_at_least ? "+" : ""}`],
                [t("oldestDue"), <When key="due" at={shown.oldest_due_at} />],
                [t("outbox"), count(shown.outbox_backlog)],
                [t("deadLetters"), count(shown.dead_letters.count)],
                [t("staleEncryption"), count(shown.stale_encryption)],
                [t("operatorToken"), textOr(`status_${shown.tokens.operator}`, shown.tokens.operator)],
                [t("liveTokens"), tokenCounts(shown.tokens.live)],
              ]}
            />
          )}
        </Show>
      </Card>
      <FindById />
      <Card
        title={t("tenants")}
        actions={
          <input
            type="search"
            aria-label={t("searchTenants")}
            placeholder={t("searchTenants")}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        }
      >
        <Show of={tenants}>
          {(all) => {
            const rows = all.filter(({ name, id }) => name.toLowerCase().includes(wanted) || id.includes(wanted));
            return rows.length === 0 ? (
              <Empty icon="users" title={t("noTenants")} text={t("noTenantsText")} />
            ) : (
              <Table
                caption={t("tenants")}
                rows={rows}
                keyOf={(tenant) => tenant.id}
                columns={[
                  {
                    title: t("name"),
                    kind: "main",
                    cell: (tenant) => (
                      <span class="two-lines">
                        <a href={linkTo("operator", tenant.id)} class="main-link">
                          <Words>{tenant.name}</Words>
                        </a>
                        <code class="muted small">{tenant.id}</code>
                      </span>
                    ),
                  },
                  { title: t("status"), cell: (tenant) => <Status of={tenant.state} /> },
                  { title: t("tier"), cell: (tenant) => textOr(`tier_${tenant.tier}`, tenant.tier) },
                  { title: t("created"), cell: (tenant) => <When at={tenant.created_at} /> },
                ]}
              />
            );
          }}
        </Show>
        <More of={tenants} />
      </Card>
      {isNew ? (
        <NewTenant
          onClose={() => {
            setNew(false);
            void tenants.reload();
          }}
        />
      ) : null}
    </>
  );
}

const tokenCounts = ({ ready, expiring, rejected, rationed }: Counts): string =>
  `${t("status_ready")} ${count(ready)} · ${t("status_expiring")} ${count(expiring)} · ${t("status_rejected")} ${count(rejected + rationed)}`;

/** Opens a tenant by its id, or finds the audit entries of a request. */
function FindById() {
  const [given, setGiven] = useState("");
  const [found, setFound] = useState<readonly (Entry & { tenant: string })[] | null>(null);
  const find = useAction(async () => {
    const id = given.trim();
    if (id.startsWith("ten_")) {
      await ask("GET", tenantPath(id));
      location.hash = linkTo("operator", id);
      return;
    }
    const hits: (Entry & { tenant: string })[] = [];
    for await (const { id: tenant } of await listOf<Tenant>("/admin/tenants")) {
      const entries = await listOf<Entry>(tenantPath(tenant, "/audit_log"));
      for (const entry of entries.data)
        if ([entry.request_id, entry.target, entry.actor, entry.id].includes(id)) hits.push({ ...entry, tenant });
    }
    setFound(hits);
  });
  return (
    <Card title={t("find")} lead={t("findLead")}>
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          void find.run();
        }}
      >
        <Field label={t("idOrRequest")}>
          {(ids) => (
            <input
              {...ids}
              dir="ltr"
              required
              value={given}
              placeholder="ten_… / req_… / key_…"
              onInput={(event) => setGiven(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button type="submit" icon="search" busy={find.busy} disabled={given.trim() === ""}>
          {t("find")}
        </Button>
      </form>
      <Problem error={find.error} />
      {found === null ? null : found.length === 0 ? (
        <p class="muted" role="status">
          {t("nothingFound")}
        </p>
      ) : (
        <ul class="rows" role="status">
          {found.map((entry) => (
            <li key={entry.id}>
              <a href={linkTo("operator", entry.tenant)}>
                <code>{entry.action}</code> {entry.target}
              </a>
              <span class="row-end">{moment(entry.happened_at)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function NewTenant({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [tier, setTier] = useState("small");
  const create = useAction(async () => {
    const tenant = await ask<Tenant>("POST", "/admin/tenants", { name: name.trim(), tier });
    onClose();
    location.hash = linkTo("operator", tenant.id);
  });
  return (
    <Dialog title={t("newTenant")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <Field label={t("name")} error={fieldError(create.error, "/name")}>
          {(ids) => (
            <input
              {...ids}
              required
              maxLength={100}
              dir="auto"
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={t("tier")} hint={t("tierHint")}>
          {(ids) => (
            <select {...ids} value={tier} onChange={(event) => setTier(event.currentTarget.value)}>
              {["small", "medium", "large"].map((one) => (
                <option key={one} value={one}>
                  {textOr(`tier_${one}`, one)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Problem error={create.error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("keep")}</Button>
          <Button kind="primary" type="submit" busy={create.busy} disabled={name.trim() === ""}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function TenantPage({ id }: { readonly id: string }) {
  const tenant = useLoad(() => ask<Tenant>("GET", tenantPath(id)), [id]);
  const keys = useLoad(async () => (await listOf<Key>(tenantPath(id, "/keys"))).data, [id]);
  const entries = usePages(() => listOf<Entry>(tenantPath(id, "/audit_log")), [id]);
  const [open, setOpen] = useState<"pause" | "delete" | "key" | null>(null);
  const act = useAction(async (what: "pause" | "resume" | "delete") => {
    if (what === "delete") await ask("DELETE", tenantPath(id));
    else await ask("POST", tenantPath(id, `/${what}`));
    setOpen(null);
    announce("done");
    await Promise.all([tenant.reload(), entries.reload(), keys.reload()]);
  });
  return (
    <Show of={tenant} rows={6} head={{ title: t("tenants"), back: { href: linkTo("operator"), label: t("operator") } }}>
      {(shown) => (
        <>
          <PageHead
            title={shown.name}
            back={{ href: linkTo("operator"), label: t("operator") }}
            lead={`${textOr(`status_${shown.state}`, shown.state)} · ${moment(shown.created_at)}`}
          >
            {shown.state === "paused" ? (
              <Button busy={act.busy} onClick={() => void act.run("resume")}>
                {t("resume")}
              </Button>
            ) : null}
            {shown.state === "active" ? <Button onClick={() => setOpen("pause")}>{t("pause")}</Button> : null}
            {shown.state === "deleting" ? null : (
              <Button icon="trash" onClick={() => setOpen("delete")}>
                {t("delete")}
              </Button>
            )}
          </PageHead>
          <Problem error={open === null ? act.error : undefined} />
          <div class="columns">
            <QuotaForm key={JSON.stringify(shown.quotas)} of={shown} onSaved={tenant.set} />
            <Card title={t("details")}>
              <Facets
                of={[
                  [t("id"), <Id key="id" of={shown.id} />],
                  [t("status"), <Status key="state" of={shown.state} />],
                  [t("tier"), textOr(`tier_${shown.tier}`, shown.tier)],
                  [t("scopes"), shown.scopes.join(", ")],
                  [t("origins"), shown.origins.join(", ") || "—"],
                ]}
              />
            </Card>
          </div>
          <Card
            title={t("keys")}
            actions={
              shown.state === "deleting" ? null : (
                <Button small icon="plus" onClick={() => setOpen("key")}>
                  {t("newKey")}
                </Button>
              )
            }
          >
            <Show of={keys}>
              {(rows) =>
                rows.length === 0 ? (
                  <p class="muted">{t("noKeys")}</p>
                ) : (
                  <Table
                    caption={t("keys")}
                    rows={rows}
                    keyOf={(key) => key.id}
                    columns={[
                      {
                        title: t("name"),
                        kind: "main",
                        cell: (key) => (
                          <span class="two-lines">
                            <Words>{key.name}</Words>
                            <code class="muted small">{key.id}</code>
                          </span>
                        ),
                      },
                      { title: t("mode"), cell: (key) => <span class={`mode ${key.mode}`}>{t(key.mode)}</span> },
                      { title: t("scopes"), cell: (key) => <span class="small">{key.scopes.join(", ")}</span> },
                      { title: t("lastUsed"), cell: (key) => key.last_used_on ?? t("never") },
                      { title: t("revoked"), cell: (key) => <When at={key.revoked_at} /> },
                    ]}
                  />
                )
              }
            </Show>
          </Card>
          <Invites
            of={shown.id}
            scopes={shown.scopes}
            isOpen={shown.state !== "deleting"}
            onChanged={() => void entries.reload()}
          />
          <Card title={t("auditLog")}>
            <Show of={entries}>
              {(rows) => (
                <Table
                  caption={t("auditLog")}
                  rows={rows}
                  keyOf={(entry) => entry.id}
                  columns={[
                    { title: t("action"), kind: "main", cell: (entry) => <code>{entry.action}</code> },
                    { title: t("when"), cell: (entry) => moment(entry.happened_at) },
                    { title: t("by"), cell: (entry) => <code class="small">{entry.actor}</code> },
                    { title: t("target"), cell: (entry) => <code class="small">{entry.target}</code> },
                    {
                      title: t("details"),
                      cell: (entry) => (
                        <details>
                          <summary>{t("show")}</summary>
                          <Json value={entry.detail} label={t("details")} />
                        </details>
                      ),
                    },
                  ]}
                />
              )}
            </Show>
            <More of={entries} />
          </Card>
          {open === "pause" ? (
            <Confirm
              title={t("pauseTenant", { name: shown.name })}
              text={t("pauseTenantText")}
              action={t("pause")}
              busy={act.busy}
              error={act.error}
              onConfirm={() => void act.run("pause")}
              onClose={() => setOpen(null)}
            />
          ) : null}
          {open === "delete" ? (
            <Confirm
              title={t("deleteTenant", { name: shown.name })}
              text={t("deleteTenantText")}
              action={t("delete")}
              typed={shown.name}
              busy={act.busy}
              error={act.error}
              onConfirm={() => void act.run("delete")}
              onClose={() => setOpen(null)}
            />
          ) : null}
          {open === "key" ? (
            <NewTenantKey
              tenant={shown}
              onClose={() => {
                setOpen(null);
                void keys.reload();
              }}
            />
          ) : null}
        </>
      )}
    </Show>
  );
}

const QUOTAS = ["concurrent_turns", "renders_per_day", "bytes_per_day", "new_users_per_day"] as const;
const MODES = ["live", "test"] as const;

function QuotaForm({ of, onSaved }: { readonly of: Tenant; readonly onSaved: (tenant: Tenant) => void }) {
  const [quotas, setQuotas] = useState(of.quotas);
  const save = useAction(async () => {
    onSaved(await ask<Tenant>("PATCH", tenantPath(of.id), { quotas }));
    announce("saved");
  });
  return (
    <Card title={t("quotas")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        {MODES.map((mode) => (
          <fieldset key={mode} class="quotas">
            <legend>
              <span class={`mode ${mode}`}>{t(mode)}</span>
            </legend>
            {QUOTAS.map((name) => (
              <Field
                key={name}
                label={t(`quota_${name}`)}
                hint={name === "bytes_per_day" ? bytes(quotas[mode][name]) : undefined}
                error={fieldError(save.error, `/quotas/${mode}/${name}`)}
              >
                {(ids) => (
                  <input
                    {...ids}
                    type="number"
                    min={0}
                    step={1}
                    required
                    value={String(quotas[mode][name])}
                    onInput={({ currentTarget: { valueAsNumber } }) => {
                      if (Number.isInteger(valueAsNumber))
                        setQuotas({ ...quotas, [mode]: { ...quotas[mode], [name]: valueAsNumber } });
                    }}
                  />
                )}
              </Field>
            ))}
          </fieldset>
        ))}
        <Problem error={save.error} />
        <div class="form-foot">
          <Button type="submit" kind="primary" busy={save.busy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function NewTenantKey({ tenant, onClose }: { readonly tenant: Tenant; readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [mode, setMode] = useState<Mode>("test");
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAction(async () => {
    const made = await ask<{ secret?: string }>("POST", tenantPath(tenant.id, "/keys"), { name: name.trim(), mode });
    setSecret(made.secret ?? "");
  });
  return (
    <Dialog title={t("newKey")} onClose={onClose}>
      {secret === null ? (
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
                required
                maxLength={100}
                dir="auto"
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <ModeField value={mode} onChange={setMode} />
          <Problem error={create.error} />
          <div class="dialog-actions">
            <Button onClick={onClose}>{t("keep")}</Button>
            <Button kind="primary" type="submit" busy={create.busy} disabled={name.trim() === ""}>
              {t("create")}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <Secret value={secret} label={t("apiKey")} />
          <div class="dialog-actions">
            <Button kind="primary" onClick={onClose}>
              {t("done")}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
