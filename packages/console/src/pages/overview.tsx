/** What to do next, what is left of the quotas, and what happened lately. */
import { linkTo } from "../router.ts";
import { account, acting, may, me, session } from "../session.ts";
import { user } from "../settings.ts";
import { bytes, count, moment, t, textOr } from "../text.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { useLoad } from "../ui/load.ts";
import { Card, Code, Facets, Id, Meter, PageHead, Show, Status, When, Words } from "../ui/parts.tsx";
import { samplesOf } from "../ui/samples.ts";

const POLL_MS = 15_000;

export function Page() {
  const own = useLoad(() => account.value.me(), [account.value], POLL_MS);
  const videos = useLoad(
    async () => (may("read") ? (await acting.value.videos.list({ limit: 5 })).data : []),
    [acting.value],
    POLL_MS,
  );
  const tenant = me.value?.tenant?.name ?? "";
  return (
    <>
      <PageHead title={tenant === "" ? t("overview") : tenant} lead={t("overviewLead")} />
      {session.value?.session_of?.startsWith("inv_") && may("keys") ? (
        <p class="notice">
          {t("invitedSession", { end: session.value.expires_at === null ? "" : moment(session.value.expires_at) })}{" "}
          <a href={linkTo("keys")}>{t("newKey")}</a>
        </p>
      ) : null}
      <div class="steps">
        {may("chat") ? <Step icon="videos" page="videos" title={t("stepVideo")} text={t("stepVideoText")} /> : null}
        {may("chat") ? <Step icon="chat" page="chat" title={t("stepChat")} text={t("stepChatText")} /> : null}
        {may("webhooks") ? (
          <Step icon="webhooks" page="webhooks" title={t("stepWebhook")} text={t("stepWebhookText")} />
        ) : null}
        {may("keys") ? <Step icon="keys" page="keys" title={t("stepKey")} text={t("stepKeyText")} /> : null}
      </div>
      <div class="columns">
        <Card title={t("recentVideos")} lead={t("ofUser", { user: user.value })}>
          <Show of={videos}>
            {(rows) =>
              rows.length === 0 ? (
                <p class="muted">{t("noVideosYet")}</p>
              ) : (
                <ul class="rows">
                  {rows.map((video) => (
                    <li key={video.id}>
                      <a href={linkTo("videos", video.id)}>
                        <Words>{video.prompt ?? video.id}</Words>
                      </a>
                      <span class="row-end">
                        <Status of={video.status} />
                        <When at={video.created_at} />
                      </span>
                    </li>
                  ))}
                </ul>
              )
            }
          </Show>
        </Card>
        <Card title={t("quotas")} lead={t("quotasLead")}>
          <Show of={own}>
            {({ quotas }) => (
              <ul class="meters">
                {Object.entries(quotas).map(([name, { limit, remaining }]) => {
                  const used = limit - remaining;
                  const shown = name.includes("bytes") ? bytes : count;
                  const title = textOr(`quota_${name}`, name);
                  return (
                    <li key={name}>
                      <span class="meter-line">
                        <span>{title}</span>
                        <span class="muted">{t("usedOf", { used: shown(used), limit: shown(limit) })}</span>
                      </span>
                      <Meter value={limit === 0 ? 1 : used / limit} label={title} />
                    </li>
                  );
                })}
              </ul>
            )}
          </Show>
        </Card>
      </div>
      <Card title={t("firstCall")} lead={t("firstCallLead")}>
        <Code
          samples={samplesOf({
            method: "POST",
            path: "/v1/videos",
            body: { prompt: t("samplePrompt") },
            user: user.value,
            sdk: `const video = await nemo.videos.createAndWait({ prompt: ${JSON.stringify(t("samplePrompt"))} });\nconsole.log(video.download_url);`,
          })}
        />
      </Card>
      <Card title={t("thisSession")}>
        <Show of={own} rows={2}>
          {({ tenant: of, scopes, nemo_token: token }) => (
            <Facets
              of={[
                [t("account"), of === null ? "—" : <Id of={of.id} />],
                [t("session"), session.value ? <Id of={session.value.id} /> : "—"],
                [t("endsAt"), session.value?.expires_at ? moment(session.value.expires_at) : "—"],
                [t("scopes"), scopes.join(", ")],
                [
                  t("nemoToken"),
                  token === null
                    ? "—"
                    : `${textOr(`source_${token.source}`, token.source)} · ${textOr(`status_${token.state}`, token.state)}`,
                ],
              ]}
            />
          )}
        </Show>
      </Card>
    </>
  );
}

const Step = (props: {
  readonly icon: IconName;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}) => (
  <a class="step" href={linkTo(props.page)}>
    <span class="step-icon">
      <Icon name={props.icon} />
    </span>
    <span>
      <strong>{props.title}</strong>
      <span class="muted">{props.text}</span>
    </span>
  </a>
);
