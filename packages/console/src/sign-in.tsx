/** The pages for those who have no session: accept an invite, or paste a key. */
import { useState } from "preact/hooks";
import { goTo, invite, linkTo, route } from "./router.ts";
import { acceptInvite, endedBecause, online, session, signIn } from "./session.ts";
import { Appearance } from "./shell.tsx";
import { t } from "./text.ts";
import { useAction } from "./ui/load.ts";
import { Button, Field, Problem } from "./ui/parts.tsx";

/** The page of an invite's link. It signs in when the person asks for it: programs that only open links use no invite up. */
export function Invited({ code }: { readonly code: string }) {
  const action = useAction(async () => {
    await acceptInvite(code);
    invite.value = null;
    goTo("overview");
  });
  return (
    <div class="alone">
      <main class="sign-in">
        <p class="brand">
          <span class="brand-mark" aria-hidden="true" /> nemo-gateway
        </p>
        <h1 tabIndex={-1}>{t("invited")}</h1>
        <p class="muted">{t("invitedLead")}</p>
        {online.value ? null : <p class="notice">{t("offline")}</p>}
        {session.value ? <p class="notice">{t("invitedSignedIn")}</p> : null}
        <Problem error={action.error} />
        <Button kind="primary" busy={action.busy} onClick={() => void action.run()}>
          {t("signIn")}
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            invite.value = null;
          }}
        >
          {t(session.value ? "keepSession" : "useKey")}
        </Button>
      </main>
      <Appearance />
    </div>
  );
}

export function SignIn() {
  const [key, setKey] = useState("");
  const action = useAction(async () => {
    await signIn(key);
    setKey("");
  });
  const why = endedBecause.value;
  return (
    <div class="alone">
      <main class="sign-in">
        <p class="brand">
          <span class="brand-mark" aria-hidden="true" /> nemo-gateway
        </p>
        <h1>{t("signIn")}</h1>
        <p class="muted">{t("signInLead")}</p>
        {route.value.page === "authorize" ? <p class="notice">{t("appSignIn")}</p> : null}
        {online.value ? null : <p class="notice">{t("offline")}</p>}
        {why === null ? null : (
          <p class="notice" role="status">
            {t("sessionEnded")} {why}
          </p>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void action.run();
          }}
        >
          <Field label={t("apiKey")} hint={t("apiKeyHint")}>
            {(ids) => (
              <input
                {...ids}
                type="password"
                value={key}
                onInput={(event) => setKey(event.currentTarget.value)}
                placeholder="ngw_test_…"
                autocomplete="off"
                spellcheck={false}
                dir="ltr"
                required
              />
            )}
          </Field>
          <Problem error={action.error} />
          <Button kind="primary" type="submit" busy={action.busy} disabled={key.trim() === ""}>
            {t("signIn")}
          </Button>
        </form>
        <ul class="plain-list small muted">
          <li>{t("sessionRule")}</li>
          <li>{t("noKey")}</li>
        </ul>
        <p class="small">
          <a href={linkTo("operator")}>{t("operatorPage")}</a> · <a href="/docs">{t("reference")}</a>
        </p>
      </main>
      <Appearance />
    </div>
  );
}
