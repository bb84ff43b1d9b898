/** What an app asks for, and the person's decision. The app's browser window came here from `/authorize`. */
import { useState } from "preact/hooks";
import { askGateway, session, signOut } from "../session.ts";
import { user } from "../settings.ts";
import { t } from "../text.ts";
import { useAction, useLoad } from "../ui/load.ts";
import { Button, Card, Facets, Field, PageHead, Problem, Show, scopeText, Words } from "../ui/parts.tsx";

/** The answer of `POST /console/app`. */
type Asked = {
  readonly name: string;
  readonly host: string | null;
  readonly redirect_host: string;
  readonly mode: "live" | "test";
  readonly scopes: readonly string[];
  readonly missing_scopes: readonly string[];
};

export function Page({ id }: { readonly id: string | null }) {
  const request = id ?? "";
  const asked = useLoad(() => askGateway<Asked>("/console/app", { request }), [request, session.value?.id]);
  const [forAll, setForAll] = useState(false);
  const [isDecided, setDecided] = useState(false);
  const decide = useAction(async (approve: boolean) => {
    const sent = { request, approve, user: forAll ? null : user.value };
    const { redirect_to } = await askGateway<{ redirect_to: string }>("/console/app/decision", sent);
    setDecided(true);
    location.replace(redirect_to);
  });
  const another = useAction(signOut);
  if (isDecided)
    return (
      <>
        <PageHead title={t("appDecided")} />
        <p>{t("appDecidedText")}</p>
      </>
    );
  return (
    <>
      <PageHead title={t("appAsks")} lead={t("appAsksLead")} />
      <Show of={asked}>
        {(app) => (
          <Card title={t("appRequest")}>
            <Facets
              of={[
                [t("app"), <Words key="name">{app.name}</Words>],
                [t("appHost"), app.host === null ? t("appUnknown") : <code key="host">{app.host}</code>],
                [t("appReturns"), <code key="to">{app.redirect_host}</code>],
                [t("mode"), t(app.mode === "test" ? "appTest" : "appLive")],
              ]}
            />
            <h3>{t("appMay")}</h3>
            {app.scopes.length === 0 ? <p class="notice">{t("appNothing")}</p> : null}
            <ul>
              {app.scopes.map((scope) => (
                <li key={scope}>{scopeText(scope)}</li>
              ))}
            </ul>
            {app.missing_scopes.length === 0 ? null : (
              <p class="muted small">{t("appMissing", { scopes: app.missing_scopes.join(", ") })}</p>
            )}
            <Field label={t("appActsFor")} hint={t("appActsForHint")}>
              {(ids) => (
                <select
                  {...ids}
                  value={forAll ? "all" : "one"}
                  onChange={(event) => setForAll(event.currentTarget.value === "all")}
                >
                  <option value="one">{user.value}</option>
                  <option value="all">{t("appAllUsers")}</option>
                </select>
              )}
            </Field>
            <p class="muted small">{t("appEnds")}</p>
            <Problem error={decide.error ?? another.error} />
            <div class="dialog-actions">
              <Button onClick={() => void another.run()} busy={another.busy}>
                {t("appOtherKey")}
              </Button>
              <Button onClick={() => void decide.run(false)} busy={decide.busy}>
                {t("appDeny")}
              </Button>
              <Button
                kind="primary"
                onClick={() => void decide.run(true)}
                busy={decide.busy}
                disabled={app.scopes.length === 0}
              >
                {t("appApprove")}
              </Button>
            </div>
          </Card>
        )}
      </Show>
    </>
  );
}
