/** What the pages are made of: headings, buttons, fields, tables, dialogs, messages. */
import { signal } from "@preact/signals";
import { ConnectionError, GatewayError } from "nemo-gateway";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ago, moment, type TextKey, t, textOr } from "../text.ts";
import { Icon, type IconName } from "./icons.tsx";
import type { Loaded, Pages } from "./load.ts";

/* Pages and sections. */

export function PageHead(props: {
  readonly title: string;
  readonly lead?: string;
  readonly back?: { readonly href: string; readonly label: string };
  readonly children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${props.title} · ${t("console")}`;
  }, [props.title]);
  return (
    <header class="page-head">
      <div>
        {props.back ? (
          <a class="back" href={props.back.href}>
            <Icon name="back" /> {props.back.label}
          </a>
        ) : null}
        <h1 tabIndex={-1} dir="auto">
          {props.title}
        </h1>
        {props.lead === undefined ? null : <p class="lead">{props.lead}</p>}
      </div>
      {props.children ? <div class="actions">{props.children}</div> : null}
    </header>
  );
}

export function Card(props: {
  readonly title?: string;
  readonly lead?: string | undefined;
  readonly actions?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section class={`card ${props.class ?? ""}`}>
      {props.title === undefined ? null : (
        <div class="card-head">
          <div>
            <h2>{props.title}</h2>
            {props.lead === undefined ? null : <p class="muted">{props.lead}</p>}
          </div>
          {props.actions ? <div class="actions">{props.actions}</div> : null}
        </div>
      )}
      {props.children}
    </section>
  );
}

/* Buttons. */

type ButtonProps = {
  readonly kind?: "primary" | "plain" | "danger" | "quiet";
  readonly busy?: boolean;
  readonly icon?: IconName;
  readonly small?: boolean;
  readonly label?: string;
  readonly onClick?: (event: MouseEvent) => void;
  readonly children?: ComponentChildren;
  readonly type?: "button" | "submit";
  readonly disabled?: boolean;
  readonly pressed?: boolean;
};

export function Button({ kind = "plain", busy = false, icon, small = false, label, pressed, ...props }: ButtonProps) {
  return (
    <button
      type={props.type ?? "button"}
      class={`button ${kind} ${small ? "small" : ""} ${label !== undefined && !props.children ? "only-icon" : ""}`}
      disabled={props.disabled === true || busy}
      aria-busy={busy}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...(props.onClick === undefined ? {} : { onClick: props.onClick })}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon ? <Icon name={icon} /> : null}
      {props.children}
    </button>
  );
}

export const LinkButton = (props: {
  readonly href: string;
  readonly kind?: "primary" | "plain";
  readonly icon?: IconName;
  readonly download?: boolean;
  readonly children: ComponentChildren;
}) => (
  <a class={`button ${props.kind ?? "plain"}`} href={props.href} {...(props.download ? { download: "" } : {})}>
    {props.icon ? <Icon name={props.icon} /> : null}
    {props.children}
  </a>
);

/* Forms. */

export function Field(props: {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly children: (ids: { readonly id: string; readonly "aria-describedby": string }) => ComponentChildren;
}) {
  const id = useId();
  const about = `${id}-about`;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children({ id, "aria-describedby": about })}
      <p class={props.error === undefined ? "hint" : "hint bad"} id={about} dir="auto">
        {props.error ?? props.hint ?? ""}
      </p>
    </div>
  );
}

export const Check = (props: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) => (
  <label class="check">
    <input type="checkbox" checked={props.checked} onChange={(event) => props.onChange(event.currentTarget.checked)} />
    <span>{props.label}</span>
  </label>
);

export function ModeField(props: {
  readonly value: "live" | "test";
  readonly onChange: (mode: "live" | "test") => void;
}) {
  return (
    <Field label={t("mode")} hint={t("modeHint")}>
      {(ids) => (
        <select
          {...ids}
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value === "live" ? "live" : "test")}
        >
          <option value="test">{t("test")}</option>
          <option value="live">{t("live")}</option>
        </select>
      )}
    </Field>
  );
}

/** A scope and what it allows. */
export const scopeText = (scope: string): string => `${scope} — ${textOr(`scope_${scope}`, scope)}`;

/** A choice of scopes, in the order of `all`. */
export const ScopeField = (props: {
  readonly label: string;
  readonly all: readonly string[];
  readonly value: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
}) => (
  <fieldset>
    <legend>{props.label}</legend>
    {props.all.map((scope) => (
      <Check
        key={scope}
        label={scopeText(scope)}
        checked={props.value.includes(scope)}
        onChange={(checked) =>
          props.onChange(props.all.filter((one) => (one === scope ? checked : props.value.includes(one))))
        }
      />
    ))}
  </fieldset>
);

/* Tables: on narrow screens each row becomes a block with the column's name before each value. */

export type Column<R> = {
  readonly title: string;
  readonly cell: (row: R) => ComponentChildren;
  readonly kind?: "number" | "main" | "actions";
};

export function Table<R>(props: {
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
}) {
  return (
    <div class="table-frame">
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map(({ title, kind }) => (
              <th key={title} scope="col" class={kind ?? ""}>
                {kind === "actions" ? <span class="unseen">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.keyOf(row)}>
              {props.columns.map(({ title, cell, kind }) => (
                <td
                  key={title}
                  class={kind ?? ""}
                  data-title={kind === "actions" || kind === "main" ? undefined : title}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/* States: loading, empty, failed. */

export const Loading = (props: { readonly rows?: number }) => (
  <div class="loading" role="status" aria-label={t("loading")}>
    {Array.from({ length: props.rows ?? 3 }, (_, row) => (
      <span key={row} class="bone" />
    ))}
  </div>
);

export const Empty = (props: {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}) => (
  <div class="empty">
    <span class="empty-icon">
      <Icon name={props.icon} />
    </span>
    <h2>{props.title}</h2>
    <p>{props.text}</p>
    {props.children ? <div class="actions">{props.children}</div> : null}
  </div>
);

/** What an error says, in the words of the gateway. */
export function messageOf(error: unknown): string {
  if (error instanceof GatewayError) return error.problem?.detail ?? t("answered", { status: error.status });
  if (error instanceof ConnectionError || (error instanceof TypeError && !navigator.onLine)) return t("noConnection");
  return error instanceof Error ? error.message : String(error);
}

/** The message that the gateway gives for one field of a form, by its JSON pointer. */
export const fieldError = (error: unknown, field: string): string | undefined =>
  error instanceof GatewayError ? error.errors.find((one) => one.field === field)?.message : undefined;

export function Problem(props: { readonly error: unknown; readonly retry?: (() => void) | undefined }) {
  const { error } = props;
  if (error === undefined || error === null) return null;
  const gateway = error instanceof GatewayError ? error : null;
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p class="problem-title" dir="auto">
          {gateway?.problem?.title ?? t("failed")}
        </p>
        <p dir="auto">{messageOf(error)}</p>
        {gateway?.requestId ? (
          <p class="muted small">
            {gateway.code} · <code>{gateway.requestId}</code>
          </p>
        ) : null}
      </div>
      {props.retry ? (
        <Button small onClick={props.retry}>
          {t("tryAgain")}
        </Button>
      ) : null}
    </div>
  );
}

/** The state of what is being loaded, and the content once it is there. */
export function Show<T>(props: {
  readonly of: Loaded<T>;
  readonly rows?: number;
  /** The heading until there is content that has its own. */
  readonly head?: { readonly title: string; readonly back: { readonly href: string; readonly label: string } };
  readonly children: (data: T) => ComponentChildren;
}) {
  const { data, error, reload } = props.of;
  return (
    <>
      {data === undefined && props.head !== undefined ? <PageHead {...props.head} /> : null}
      {error === undefined ? null : <Problem error={error} retry={() => void reload()} />}
      {data !== undefined ? props.children(data) : error === undefined ? <Loading rows={props.rows ?? 3} /> : null}
    </>
  );
}

export function More<T>(props: { readonly of: Pages<T> }) {
  const [busy, setBusy] = useState(false);
  const { more } = props.of;
  if (more === null) return null;
  const load = (): void => {
    setBusy(true);
    void more().finally(() => setBusy(false));
  };
  return (
    <div class="more">
      <Button busy={busy} onClick={load}>
        {t("loadMore")}
      </Button>
    </div>
  );
}

/* Values. */

/** The colour of a status says how it is; the word says what it is. */
const TONES: Readonly<Record<string, string>> = {
  completed: "good",
  delivered: "good",
  ready: "good",
  enabled: "good",
  active: "good",
  accepted: "good",
  valid: "good",
  ok: "good",
  failed: "bad",
  failing: "bad",
  rejected: "bad",
  unknown: "bad",
  revoked: "off",
  expired: "off",
  cancelled: "off",
  deleted: "off",
  disabled: "bad",
  needs_input: "ask",
  paused: "ask",
  expiring: "ask",
  rationed: "ask",
  ending: "ask",
};

export const Status = (props: { readonly of: string }) => (
  <span class={`status ${TONES[props.of] ?? "busy"}`}>{textOr(`status_${props.of}`, props.of)}</span>
);

export const When = (props: { readonly at: string | null }) =>
  props.at === null ? (
    <span class="muted">—</span>
  ) : (
    <time dateTime={props.at} title={moment(props.at)}>
      {ago(props.at)}
    </time>
  );

/** Text of a person, an agent or a file: always text, in its own direction. */
export const Words = (props: { readonly children: string; readonly class?: string }) => (
  <bdi class={props.class ?? "words"}>{props.children}</bdi>
);

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce("copied");
  } catch {
    announce("notCopied");
  }
}

export const CopyButton = (props: { readonly text: string; readonly label?: string }) => (
  <Button kind="quiet" small icon="copy" label={props.label ?? t("copy")} onClick={() => void copy(props.text)} />
);

export const Id = (props: { readonly of: string }) => (
  <span class="id">
    <code title={props.of}>{props.of}</code>
    <CopyButton text={props.of} label={t("copyId")} />
  </span>
);

/** A secret that can be seen once. */
export const Secret = (props: { readonly value: string; readonly label: string }) => (
  <div class="secret">
    <p>{t("shownOnce")}</p>
    <div class="secret-value">
      <code title={props.label}>{props.value}</code>
      <Button icon="copy" onClick={() => void copy(props.value)}>
        {t("copy")}
      </Button>
    </div>
  </div>
);

export const Facets = (props: { readonly of: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="facets">
    {props.of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

export const Meter = (props: { readonly value: number; readonly label: string }) => (
  <progress class="meter" max={1} value={Math.min(1, Math.max(0, props.value))} aria-label={props.label} />
);

/** Code in several languages, one shown at a time. */
export function Code(props: { readonly samples: readonly { readonly name: string; readonly text: string }[] }) {
  const [shown, setShown] = useState(0);
  const sample = props.samples[shown] ?? props.samples[0];
  return (
    <div class="code">
      <div class="code-head">
        <div role="group" aria-label={t("code")} class="segments">
          {props.samples.map(({ name }, n) => (
            <button key={name} type="button" aria-pressed={n === shown} onClick={() => setShown(n)}>
              {name}
            </button>
          ))}
        </div>
        <CopyButton text={sample?.text ?? ""} />
      </div>
      <pre dir="ltr" tabIndex={0} role="region" aria-label={sample?.name ?? ""}>
        <code>{sample?.text}</code>
      </pre>
    </div>
  );
}

export const Json = (props: { readonly value: unknown; readonly label: string }) => (
  <pre class="json" dir="ltr" tabIndex={0} role="region" aria-label={props.label}>
    <code>{typeof props.value === "string" ? props.value : JSON.stringify(props.value, null, 2)}</code>
  </pre>
);

/* Dialogs. */

export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close(); // a click beside the dialog
      }}
    >
      <div class="dialog">
        <div class="dialog-head">
          <h2 id={id}>{props.title}</h2>
          <Button kind="quiet" icon="close" label={t("close")} onClick={() => element.current?.close()} />
        </div>
        {props.children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be undone. With `typed`, the person has to write that word first. */
export function Confirm(props: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly typed?: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const [written, setWritten] = useState("");
  const isReady = props.typed === undefined || written === props.typed;
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) props.onConfirm();
        }}
      >
        <p dir="auto">{props.text}</p>
        {props.typed === undefined ? null : (
          <Field label={t("typeToConfirm", { word: props.typed })}>
            {(ids) => (
              <input
                {...ids}
                value={written}
                autocomplete="off"
                onInput={(event) => setWritten(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        <Problem error={props.error} />
        <div class="dialog-actions">
          <Button onClick={props.onClose}>{t("keep")}</Button>
          <Button kind="danger" type="submit" busy={props.busy} disabled={!isReady}>
            {props.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/* Short messages at the edge of the screen, read out by screen readers. */

const message = signal<{ readonly key: TextKey; readonly at: number } | null>(null);
const SHOWN_MS = 4_000;

export function announce(key: TextKey): void {
  const shown = { key, at: Date.now() };
  message.value = shown;
  setTimeout(() => {
    if (message.peek() === shown) message.value = null;
  }, SHOWN_MS);
}

export const Messages = () => (
  <div class="toast-frame" role="status" aria-live="polite">
    {message.value === null ? null : <p class="toast">{t(message.value.key)}</p>}
  </div>
);
