/** Navigation around the pages: who is signed in, in which mode, for which user; and the page itself, loaded when it is opened. */
import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { linkTo, route } from "./router.ts";
import { account, may, me, online, session, signOut } from "./session.ts";
import { DEFAULT_USER, type Language, language, type Theme, theme, user } from "./settings.ts";
import { type TextKey, t } from "./text.ts";
import { Icon, type IconName } from "./ui/icons.tsx";
import { useAction, useLoad } from "./ui/load.ts";
import { Button, Dialog, Field, Loading, Problem } from "./ui/parts.tsx";

type PageModule = { readonly Page: FunctionComponent<{ readonly id: string | null }> };
type PageEntry = {
  readonly title: TextKey;
  readonly icon: IconName;
  readonly load: () => Promise<PageModule>;
  /** The scope without which the page shows nothing. */
  readonly scope?: string;
};

const PAGES = {
  overview: { title: "overview", icon: "overview", load: () => import("./pages/overview.tsx") },
  videos: { title: "videos", icon: "videos", load: () => import("./pages/videos.tsx"), scope: "read" },
  chat: { title: "chat", icon: "chat", load: () => import("./pages/chat.tsx"), scope: "read" },
  files: { title: "files", icon: "files", load: () => import("./pages/files.tsx"), scope: "read" },
  generators: { title: "generators", icon: "generators", load: () => import("./pages/generators.tsx"), scope: "read" },
  batches: { title: "batches", icon: "batches", load: () => import("./pages/batches.tsx"), scope: "read" },
  webhooks: { title: "webhooks", icon: "webhooks", load: () => import("./pages/webhooks.tsx"), scope: "webhooks" },
  deliveries: {
    title: "deliveries",
    icon: "deliveries",
    load: () => import("./pages/deliveries.tsx"),
    scope: "webhooks",
  },
  keys: { title: "keys", icon: "keys", load: () => import("./pages/keys.tsx"), scope: "keys" },
  users: { title: "users", icon: "users", load: () => import("./pages/users.tsx"), scope: "read" },
  usage: { title: "usage", icon: "usage", load: () => import("./pages/usage.tsx"), scope: "read" },
  audit: { title: "auditLog", icon: "audit", load: () => import("./pages/audit.tsx"), scope: "keys" },
  authorize: { title: "appAsks", icon: "keys", load: () => import("./pages/authorize.tsx") },
  operator: { title: "operator", icon: "operator", load: () => import("./pages/operator.tsx") },
} as const satisfies Readonly<Record<string, PageEntry>>;
type PageName = keyof typeof PAGES;

/** Pages with a credential of their own. */
export const OPERATOR_PAGES: ReadonlySet<string> = new Set(["operator"]);

const GROUPS: readonly { readonly title: TextKey; readonly pages: readonly PageName[] }[] = [
  { title: "create", pages: ["overview", "videos", "chat", "files", "generators", "batches"] },
  { title: "connect", pages: ["webhooks", "deliveries", "keys"] },
  { title: "manage", pages: ["users", "usage", "audit"] },
];

const isPage = (name: string): name is PageName => name in PAGES;
const isMenuOpen = signal(false);

export function Shell() {
  const { page, id } = route.value;
  useEffect(() => {
    isMenuOpen.value = false;
  }, [page, id]);
  const signedIn = session.value;
  return (
    <div class={`shell ${isMenuOpen.value ? "menu-open" : ""}`}>
      <a class="skip" href={location.hash} onClick={focusMain}>
        {t("skipToContent")}
      </a>
      <header class="bar">
        <Button
          kind="quiet"
          icon={isMenuOpen.value ? "close" : "menu"}
          label={t("menu")}
          pressed={isMenuOpen.value}
          onClick={() => {
            isMenuOpen.value = !isMenuOpen.value;
          }}
        />
        <Brand />
        {signedIn ? <Mode /> : null}
      </header>
      <div class="side">
        <div class="side-head">
          <Brand />
          {signedIn ? <Mode /> : null}
        </div>
        {signedIn ? <UserSwitch /> : null}
        <nav aria-label={t("pages")}>
          {signedIn ? (
            GROUPS.map((group) => (
              <div key={group.title} class="nav-group">
                <p class="nav-title">{t(group.title)}</p>
                {group.pages.map((name) => (
                  <NavLink key={name} name={name} isCurrent={page === name} />
                ))}
              </div>
            ))
          ) : (
            <div class="nav-group">
              <NavLink name="operator" isCurrent />
              <a class="nav" href={linkTo("overview")}>
                <Icon name="keys" /> {t("signIn")}
              </a>
            </div>
          )}
        </nav>
        <div class="side-foot">
          <a class="nav" href="/docs">
            <Icon name="audit" /> {t("reference")}
          </a>
          {signedIn ? <NavLink name="operator" isCurrent={page === "operator"} /> : null}
          {signedIn ? <SignOut /> : null}
          <Appearance />
        </div>
      </div>
      <div class="content">
        {signedIn?.mode === "test" && page !== "operator" ? (
          <p class="test-mode" role="note">
            <strong>{t("testMode")}</strong> <span>{t("testModeLead")}</span>
          </p>
        ) : null}
        {online.value ? null : (
          <p class="notice" role="status">
            {t("offline")}
          </p>
        )}
        <main id="main">
          <CurrentPage name={page} id={id} />
        </main>
      </div>
    </div>
  );
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("h1")?.focus();
}

const Brand = () => (
  <a class="brand" href={linkTo("overview")}>
    <span class="brand-mark" aria-hidden="true" />
    <bdi>{me.value?.tenant?.name ?? "nemo-gateway"}</bdi>
  </a>
);

const Mode = () => {
  const mode = session.value?.mode ?? "test";
  return <span class={`mode ${mode}`}>{t(mode === "test" ? "test" : "live")}</span>;
};

function NavLink({ name, isCurrent }: { readonly name: PageName; readonly isCurrent: boolean }) {
  const { title, icon } = PAGES[name];
  return (
    <a class="nav" href={linkTo(name)} aria-current={isCurrent ? "page" : undefined}>
      <Icon name={icon} /> {t(title)}
    </a>
  );
}

const loadedPages = new Map<string, PageModule>();

function CurrentPage({ name, id }: { readonly name: string; readonly id: string | null }) {
  const [failed, setFailed] = useState<unknown>(undefined);
  const [, setLoaded] = useState(0);
  const entry: PageEntry | null = isPage(name) ? PAGES[name] : null;
  const module = loadedPages.get(name);
  useEffect(() => {
    setFailed(undefined);
    if (entry === null || module !== undefined) return;
    entry.load().then(
      (loaded) => {
        loadedPages.set(name, loaded);
        setLoaded((n) => n + 1);
      },
      () => setFailed(new Error(t("pageNotLoaded"))),
    );
  }, [name, module]);
  if (entry === null)
    return (
      <>
        <h1 tabIndex={-1}>{t("noSuchPage")}</h1>
        <p>
          <a href={linkTo("overview")}>{t("toOverview")}</a>
        </p>
      </>
    );
  if (entry.scope !== undefined && !may(entry.scope))
    return (
      <>
        <h1 tabIndex={-1}>{t(entry.title)}</h1>
        <p>{t("missingScope", { scope: entry.scope })}</p>
      </>
    );
  if (failed !== undefined) return <Problem error={failed} retry={() => location.reload()} />;
  return module === undefined ? <Loading rows={5} /> : <module.Page key={`${name}/${id ?? ""}`} id={id} />;
}

/* Who acts: the user that lists and new resources are for. */

const OTHER = "\u0000other";

function UserSwitch() {
  const [isNaming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const users = useLoad(
    async () => (may("read") ? (await account.value.users.list({ limit: 100 })).data : []),
    [account.value, user.value],
  );
  const known = (users.data ?? []).filter(({ state }) => state === "active").map(({ id }) => id);
  const all = [...new Set([DEFAULT_USER, user.value, ...known])];
  return (
    <div class="user-switch">
      <label>
        <span>{t("actAs")}</span>
        <select
          value={user.value}
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value === OTHER) {
              event.currentTarget.value = user.value;
              setNaming(true);
            } else user.value = value;
          }}
        >
          {all.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
          <option value={OTHER}>{t("otherUser")}</option>
        </select>
      </label>
      {isNaming ? (
        <Dialog title={t("otherUser")} onClose={() => setNaming(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              user.value = name.trim();
              setNaming(false);
            }}
          >
            <Field label={t("userId")} hint={t("userIdHint")}>
              {(ids) => (
                <input
                  {...ids}
                  value={name}
                  maxLength={128}
                  required
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              )}
            </Field>
            <div class="dialog-actions">
              <Button kind="primary" type="submit" disabled={name.trim() === ""}>
                {t("actAsThis")}
              </Button>
            </div>
          </form>
        </Dialog>
      ) : null}
    </div>
  );
}

function SignOut() {
  const action = useAction(signOut);
  return (
    <>
      <button type="button" class="nav" onClick={() => void action.run()} disabled={action.busy}>
        <Icon name="close" /> {t("signOut")}
      </button>
      <Problem error={action.error} />
    </>
  );
}

/** Language and theme. */
export const Appearance = () => (
  <div class="appearance">
    <label>
      <span class="unseen">{t("language")}</span>
      <select
        value={language.value}
        onChange={(event) => {
          language.value = event.currentTarget.value as Language; // one of the options
        }}
      >
        <option value="en" lang="en">
          English
        </option>
        <option value="zh" lang="zh-CN">
          中文
        </option>
      </select>
    </label>
    <label>
      <span class="unseen">{t("theme")}</span>
      <select
        value={theme.value}
        onChange={(event) => {
          theme.value = event.currentTarget.value as Theme; // one of the options
        }}
      >
        <option value="auto">{t("themeAuto")}</option>
        <option value="light">{t("themeLight")}</option>
        <option value="dark">{t("themeDark")}</option>
      </select>
    </label>
  </div>
);
