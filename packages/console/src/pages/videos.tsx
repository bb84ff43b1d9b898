/** Videos: make one from a prompt or a generator's form, follow it, answer its question, play it. */
import type { Generator, Schemas, Streamed, Video, VideoEvent } from "nemo-gateway";
import { useEffect, useRef, useState } from "preact/hooks";
import { goTo, linkTo } from "../router.ts";
import { account, acting, may } from "../session.ts";
import { user } from "../settings.ts";
import { clock, moment, percent, span, type TextKey, t, textOr } from "../text.ts";
import { CostNote, spentText } from "../ui/cost.tsx";
import { useAction, useLoad, useOnce, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Code,
  Confirm,
  Empty,
  Facets,
  Field,
  fieldError,
  Id,
  Meter,
  More,
  PageHead,
  Problem,
  Show,
  Status,
  Table,
  When,
  Words,
} from "../ui/parts.tsx";
import { Player } from "../ui/player.tsx";
import { samplesOf } from "../ui/samples.ts";
import { addFiles, clearFiles, DropArea, filesFor, SentFiles } from "../ui/uploads.tsx";
import { defaultsOf, type Values, VariableFields } from "../ui/variables.tsx";

const POLL_MS = 10_000;
const PURPOSE = "video";
const STATUSES = ["queued", "processing", "needs_input", "completed", "failed", "cancelled"] as const;

export const Page = ({ id }: { readonly id: string | null }) => (id === null ? <Videos /> : <VideoPage id={id} />);

function Videos() {
  const [status, setStatus] = useState<Video["status"] | "">("");
  const videos = usePages(
    () => acting.value.videos.list({ limit: 20, ...(status === "" ? {} : { status }) }),
    [acting.value, status],
    POLL_MS,
  );
  return (
    <>
      <PageHead title={t("videos")} lead={t("videosLead")} />
      {may("chat") && may("render") ? <NewVideo /> : null}
      <Card
        title={t("videosOf", { user: user.value })}
        actions={
          <label class="inline">
            <span class="unseen">{t("status")}</span>
            <select
              value={status}
              onChange={(event) => setStatus(event.currentTarget.value as Video["status"] | "")} // one of the options
            >
              <option value="">{t("allStatuses")}</option>
              {STATUSES.map((one) => (
                <option key={one} value={one}>
                  {textOr(`status_${one}`, one)}
                </option>
              ))}
            </select>
          </label>
        }
      >
        <Show of={videos}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="videos" title={t("noVideos")} text={t("noVideosText")} />
            ) : (
              <Table
                caption={t("videos")}
                rows={rows}
                keyOf={(video) => video.id}
                columns={[
                  {
                    title: t("prompt"),
                    kind: "main",
                    cell: (video) => (
                      <a href={linkTo("videos", video.id)} class="main-link">
                        <Words>{video.prompt ?? video.generator?.slug ?? video.id}</Words>
                      </a>
                    ),
                  },
                  { title: t("status"), cell: (video) => <Status of={video.status} /> },
                  {
                    title: t("length"),
                    kind: "number",
                    cell: (video) => (video.duration_ms === null ? "—" : clock(video.duration_ms)),
                  },
                  { title: t("credits"), kind: "number", cell: (video) => spentText(video.credits) },
                  { title: t("created"), cell: (video) => <When at={video.created_at} /> },
                ]}
              />
            )
          }
        </Show>
        <More of={videos} />
      </Card>
    </>
  );
}

/* Make a video. */

function NewVideo() {
  const [prompt, setPrompt] = useState("");
  const [generator, setGenerator] = useState<Generator | null>(null);
  const [values, setValues] = useState<Values>({});
  const [question, setQuestion] = useState<"wait" | "fail">("wait");
  const generators = useLoad(async () => (await account.value.generators.list({ limit: 100 })).data, [account.value]);
  const files = filesFor(PURPOSE);
  const assets = files.flatMap(({ asset, state }) => (asset !== null && state === "ready" ? [asset.id] : []));
  const isSending = files.some(({ state }) => state === "sending" || state === "checking" || state === "paused");
  const body: Omit<Schemas["NewVideo"], "prompt"> = {
    ...(assets.length === 0 ? {} : { assets }),
    ...(question === "wait" ? {} : { on_question: question }),
  };
  const once = useOnce();
  const action = useAction(async () => {
    const client = acting.value;
    const video =
      generator === null
        ? await once([user.value, body, prompt], (options) => client.videos.create({ ...body, prompt }, options))
        : await once([user.value, body, generator.id, values], (options) =>
            client.generators.createVideo(generator.id, { ...body, variables: values }, options),
          );
    clearFiles(PURPOSE);
    goTo("videos", video.id);
  });
  const choose = (id: string): void => {
    const chosen = generators.data?.find((one) => one.id === id) ?? null;
    setGenerator(chosen);
    setValues(chosen === null ? {} : defaultsOf(chosen));
    action.clear();
  };
  const path = generator === null ? "/v1/videos" : `/v1/generators/${generator.slug}/videos`;
  const sent = generator === null ? { ...body, prompt } : { ...body, variables: values };
  const sdk =
    generator === null
      ? `const video = await nemo.videos.createAndWait(${JSON.stringify(sent)});`
      : `const video = await nemo.generators.createVideo(${JSON.stringify(generator.slug)}, ${JSON.stringify(sent)});`;
  const needsFile = generator?.needs_file === true && assets.length === 0;
  return (
    <Card title={t("makeVideo")}>
      <DropArea purpose={PURPOSE}>
        {(chooseFiles) => (
          <form
            class="stack"
            onPaste={(event) => {
              if ((event.clipboardData?.files.length ?? 0) > 0) addFiles(PURPOSE, event.clipboardData?.files ?? []);
            }}
            onSubmit={(event) => {
              event.preventDefault();
              void action.run();
            }}
          >
            <Field label={t("from")} hint={generator?.description}>
              {(ids) => (
                <select {...ids} value={generator?.id ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
                  <option value="">{t("aPrompt")}</option>
                  {(generators.data ?? []).map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {generator === null ? (
              <Field label={t("prompt")} hint={t("promptHint")} error={fieldError(action.error, "/prompt")}>
                {(ids) => (
                  <textarea
                    {...ids}
                    rows={3}
                    dir="auto"
                    required
                    value={prompt}
                    placeholder={t("samplePrompt")}
                    onInput={(event) => setPrompt(event.currentTarget.value)}
                  />
                )}
              </Field>
            ) : (
              <VariableFields of={generator.variables} values={values} error={action.error} onChange={setValues} />
            )}
            <SentFiles purpose={PURPOSE} />
            <details class="more-options">
              <summary>{t("moreOptions")}</summary>
              <Field label={t("onQuestion")} hint={t("onQuestionHint")}>
                {(ids) => (
                  <select
                    {...ids}
                    value={question}
                    onChange={(event) => setQuestion(event.currentTarget.value === "fail" ? "fail" : "wait")}
                  >
                    <option value="wait">{t("onQuestionWait")}</option>
                    <option value="fail">{t("onQuestionFail")}</option>
                  </select>
                )}
              </Field>
            </details>
            <Problem error={action.error} />
            {needsFile ? <p class="notice">{t("needsFile")}</p> : null}
            <div class="form-foot">
              <Button kind="primary" type="submit" busy={action.busy} disabled={isSending || needsFile}>
                {t("makeVideo")}
              </Button>
              {may("upload") ? (
                <Button icon="attach" onClick={chooseFiles}>
                  {t("addFiles")}
                </Button>
              ) : null}
              <CostNote />
            </div>
            <details class="more-options">
              <summary>{t("asCode")}</summary>
              <Code samples={samplesOf({ method: "POST", path, body: sent, user: user.value, sdk })} />
            </details>
          </form>
        )}
      </DropArea>
    </Card>
  );
}

/* One video. */

const STAGES = ["project", "assets", "turn", "timeline", "render", "file", "done"] as const;
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "needs_input"]);
/** How often a running video is read beside its stream, for its estimate. */
const READ_MS = 5_000;

function VideoPage({ id }: { readonly id: string }) {
  const video = useLoad(() => account.value.videos.retrieve(id), [account.value, id]);
  const [events, setEvents] = useState<readonly Streamed<VideoEvent>[]>([]);
  const [streamError, setStreamError] = useState<unknown>(undefined);
  const { data, set } = video;
  const isRunning = data !== undefined && !ENDED.has(data.status);

  // The first connection begins at the first event, so a reload shows the same as before. A stream ends with each end of the
  // video, and a question that was answered continues it: it is read until nothing comes after the end.
  const cursor = useRef(0);
  const isThere = data !== undefined;
  useEffect(() => {
    if (!isThere) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    setStreamError(undefined);
    void (async () => {
      try {
        for (let isOver = false; !isOver; ) {
          const start = cursor.current;
          for await (const event of account.peek().videos.events(id, { signal, after: start })) {
            cursor.current = event.cursor;
            setEvents((was) => [...was, event]);
            if ("video" in event) set(event.video);
          }
          const now = await account.peek().videos.retrieve(id, { signal });
          set(now);
          isOver = ENDED.has(now.status) && cursor.current === start;
        }
      } catch (error) {
        if (!signal.aborted) setStreamError(error);
      }
    })();
    return () => stop.abort();
  }, [id, isThere, isRunning]);

  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => void video.reload(), READ_MS);
    return () => clearInterval(timer);
  }, [isRunning]);

  return (
    <Show of={video} rows={6} head={{ title: t("video"), back: { href: linkTo("videos"), label: t("videos") } }}>
      {(shown) => (
        <>
          <PageHead
            title={titleOf(shown)}
            back={{ href: linkTo("videos"), label: t("videos") }}
            lead={`${textOr(`status_${shown.status}`, shown.status)} · ${moment(shown.created_at)}`}
          >
            <VideoActions video={shown} onChange={set} />
          </PageHead>
          <Stages video={shown} />
          {shown.status === "needs_input" ? <Question video={shown} onAnswered={set} /> : null}
          {shown.error === null ? null : (
            <div class="problem" role="alert">
              <div>
                <p class="problem-title">{shown.error.title}</p>
                <p dir="auto">{shown.error.detail}</p>
                {shown.charged === null ? null : (
                  <p class="muted small">
                    {t("chargedIs", { charged: textOr(`charged_${shown.charged}`, shown.charged) })}
                  </p>
                )}
              </div>
            </div>
          )}
          {streamError === undefined ? null : <Problem error={streamError} retry={() => void video.reload()} />}
          <div class="columns wide-first">
            <div class="stack">
              {shown.download_url === null ? null : (
                <Player url={shown.download_url} title={titleOf(shown)} width={shown.width} height={shown.height} />
              )}
              <Card title={t("whatHappened")}>
                <EventLog events={events} />
              </Card>
              {may("chat") && (shown.status === "completed" || shown.status === "failed") ? (
                <ChangeVideo video={shown} onChanged={set} />
              ) : null}
            </div>
            <div class="stack">
              <Card title={t("details")}>
                <Facets
                  of={[
                    [t("id"), <Id key="id" of={shown.id} />],
                    [t("prompt"), shown.prompt === null ? "—" : <Words class="long">{shown.prompt}</Words>],
                    [
                      t("generator"),
                      shown.generator === null ? (
                        "—"
                      ) : (
                        <a href={linkTo("generators", shown.generator.id)}>{shown.generator.slug}</a>
                      ),
                    ],
                    [
                      t("project"),
                      shown.project_id === null ? "—" : <a href={linkTo("chat", shown.project_id)}>{t("openChat")}</a>,
                    ],
                    [t("credits"), spentText(shown.credits)],
                    [t("took"), span(shown.elapsed_ms)],
                    [t("length"), shown.duration_ms === null ? "—" : clock(shown.duration_ms)],
                    [t("dimensions"), shown.width === null ? "—" : `${shown.width} × ${shown.height}`],
                  ]}
                />
              </Card>
              <Card title={t("asCode")}>
                <Code
                  samples={samplesOf({
                    method: "GET",
                    path: `/v1/videos/${shown.id}`,
                    sdk: `const video = await nemo.videos.wait(${JSON.stringify(shown.id)});\nconsole.log(video.status, video.download_url);`,
                  })}
                />
              </Card>
            </div>
          </div>
        </>
      )}
    </Show>
  );
}

const TITLE_CHARS = 80;
function titleOf(video: Video): string {
  const text = (video.prompt ?? video.generator?.slug ?? t("video")).split("\n", 1)[0] ?? "";
  return text.length > TITLE_CHARS ? `${text.slice(0, TITLE_CHARS)}…` : text;
}

function Stages({ video }: { readonly video: Video }) {
  const at = STAGES.indexOf(video.stage);
  const isRunning = !ENDED.has(video.status);
  return (
    <section class="stages" aria-label={t("progress")}>
      <ol>
        {STAGES.map((stage, n) => {
          const isDone = video.status === "completed" || n < at;
          const state = isDone ? "done" : n === at ? (isRunning ? "now" : video.status) : "next";
          return (
            <li key={stage} class={state} aria-current={n === at && isRunning ? "step" : undefined}>
              <span class="dot" aria-hidden="true" />
              {t(`stage_${stage}` satisfies TextKey)}
            </li>
          );
        })}
      </ol>
      {isRunning ? (
        <>
          <Meter value={video.progress / 100} label={t("progress")} />
          <p class="muted small" aria-live="polite">
            {percent(video.progress / 100)}
            {video.estimated_seconds === null
              ? ""
              : ` · ${t("aboutLeft", { time: span(video.estimated_seconds * 1_000) })}`}
          </p>
        </>
      ) : null}
    </section>
  );
}

function Question({ video, onAnswered }: { readonly video: Video; readonly onAnswered: (video: Video) => void }) {
  const [answer, setAnswer] = useState("");
  const once = useOnce();
  const action = useAction(async () => {
    const { videos } = account.value;
    onAnswered(await once(answer, (options) => videos.continue(video.id, { prompt: answer }, options)));
    setAnswer("");
  });
  return (
    <section class="question" aria-label={t("agentAsks")}>
      <h2>{t("agentAsks")}</h2>
      <p class="long" dir="auto">
        {video.message ?? ""}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <Field label={t("yourAnswer")} error={fieldError(action.error, "/prompt")}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              dir="auto"
              required
              value={answer}
              onInput={(event) => setAnswer(event.currentTarget.value)}
            />
          )}
        </Field>
        <Problem error={action.error} />
        <div class="form-foot">
          <Button
            kind="primary"
            type="submit"
            icon="send"
            busy={action.busy}
            disabled={answer.trim() === "" || !may("chat")}
          >
            {t("answer")}
          </Button>
          <CostNote />
        </div>
      </form>
    </section>
  );
}

function ChangeVideo({ video, onChanged }: { readonly video: Video; readonly onChanged: (video: Video) => void }) {
  const [prompt, setPrompt] = useState("");
  const once = useOnce();
  const action = useAction(async () => {
    const { videos } = account.value;
    onChanged(await once(prompt, (options) => videos.continue(video.id, { prompt }, options)));
    setPrompt("");
  });
  return (
    <Card title={t("changeVideo")} lead={t("changeVideoLead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <Field label={t("change")} error={fieldError(action.error, "/prompt")}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              dir="auto"
              required
              value={prompt}
              placeholder={t("changeSample")}
              onInput={(event) => setPrompt(event.currentTarget.value)}
            />
          )}
        </Field>
        <Problem error={action.error} />
        <div class="form-foot">
          <Button type="submit" kind="primary" busy={action.busy} disabled={prompt.trim() === ""}>
            {t("changeVideo")}
          </Button>
          <CostNote />
        </div>
      </form>
    </Card>
  );
}

function VideoActions({ video, onChange }: { readonly video: Video; readonly onChange: (video: Video) => void }) {
  const [isDeleting, setDeleting] = useState(false);
  const isRunning = !ENDED.has(video.status) || video.status === "needs_input";
  const cancel = useAction(async () => onChange(await account.value.videos.cancel(video.id)));
  const remove = useAction(async () => {
    await account.value.videos.delete(video.id);
    announce("deleted");
    goTo("videos");
  });
  if (!may("chat")) return null;
  return (
    <>
      {isRunning ? (
        <Button busy={cancel.busy} onClick={() => void cancel.run()}>
          {t("cancel")}
        </Button>
      ) : (
        <Button icon="trash" onClick={() => setDeleting(true)}>
          {t("delete")}
        </Button>
      )}
      <Problem error={cancel.error} />
      {isDeleting ? (
        <Confirm
          title={t("deleteVideo")}
          text={t("deleteVideoText")}
          action={t("delete")}
          busy={remove.busy}
          error={remove.error}
          onConfirm={() => void remove.run()}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </>
  );
}

function EventLog({ events }: { readonly events: readonly Streamed<VideoEvent>[] }) {
  const lines = events.flatMap((event) => {
    const line = lineOf(event);
    return line === null ? [] : [{ cursor: event.cursor, ...line }];
  });
  // The start of a step is published again when the video is continued there.
  const shown = lines.filter(({ name, text }, n) => lines[n - 1]?.name !== name || lines[n - 1]?.text !== text);
  if (shown.length === 0) return <p class="muted">{t("nothingYet")}</p>;
  return (
    <ol class="log" aria-live="polite">
      {shown.map(({ cursor, name, text }) => (
        <li key={cursor}>
          <span class="log-name">{name}</span>
          <span dir="auto" class="long">
            {text}
          </span>
        </li>
      ))}
    </ol>
  );
}

function lineOf(event: Streamed<VideoEvent>): { name: string; text: string } | null {
  switch (event.type) {
    case "video.stage":
      return { name: t("stage"), text: t(`stage_${event.stage}`) };
    case "message":
      return event.partial ? null : { name: t("agent"), text: event.text };
    case "timeline.changed":
      return { name: t("timeline"), text: event.line };
    case "video.completed":
    case "video.failed":
    case "video.cancelled":
    case "video.needs_input": {
      const status = event.type.slice("video.".length);
      return { name: t("status"), text: textOr(`status_${status}`, status) };
    }
    default:
      return null;
  }
}
