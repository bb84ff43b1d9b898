/** Chat: projects, and one project's conversation beside its timeline, files and renders. */
import type { Project, Render, Schemas, Timeline, Turn, TurnEvent } from "nemo-gateway";
import { useEffect, useRef, useState } from "preact/hooks";
import { goTo, linkTo } from "../router.ts";
import { account, acting, may, online, session } from "../session.ts";
import { user } from "../settings.ts";
import { bytes, clock, percent, type TextKey, t, textOr } from "../text.ts";
import { CostNote, spentText } from "../ui/cost.tsx";
import { type Loaded, useAction, useLoad, useOnce, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Code,
  Confirm,
  Dialog,
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
import { TimelinePicture } from "../ui/timeline.tsx";
import { addFiles, clearFiles, DropArea, filesFor, SentFiles } from "../ui/uploads.tsx";

type Diff = Schemas["TimelineDiff"];
type Action = Schemas["ActionEvent"];

export const Page = ({ id }: { readonly id: string | null }) => (id === null ? <Projects /> : <ProjectPage id={id} />);

/* The list of projects. */

function Projects() {
  const [name, setName] = useState("");
  const projects = usePages(() => acting.value.projects.list({ limit: 20 }), [acting.value]);
  const create = useAction(async () => {
    const project = await acting.value.projects.create(name.trim() === "" ? {} : { name: name.trim() });
    goTo("chat", project.id);
  });
  return (
    <>
      <PageHead title={t("chat")} lead={t("chatLead")} />
      {may("chat") ? (
        <Card title={t("newProject")}>
          <form
            class="inline-form"
            onSubmit={(event) => {
              event.preventDefault();
              void create.run();
            }}
          >
            <Field label={t("name")} error={fieldError(create.error, "/name")}>
              {(ids) => (
                <input
                  {...ids}
                  value={name}
                  maxLength={200}
                  dir="auto"
                  placeholder={t("optional")}
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              )}
            </Field>
            <Button kind="primary" type="submit" icon="plus" busy={create.busy}>
              {t("startChat")}
            </Button>
          </form>
          <Problem error={create.error} />
        </Card>
      ) : null}
      <Card title={t("projectsOf", { user: user.value })}>
        <Show of={projects}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="chat" title={t("noProjects")} text={t("noProjectsText")} />
            ) : (
              <Table
                caption={t("chat")}
                rows={rows}
                keyOf={(project) => project.id}
                columns={[
                  {
                    title: t("name"),
                    kind: "main",
                    cell: (project) => (
                      <a href={linkTo("chat", project.id)} class="main-link">
                        <Words>{project.name === "" ? project.id : project.name}</Words>
                      </a>
                    ),
                  },
                  {
                    title: t("timeline"),
                    cell: (project) => <Words class="words muted">{project.summary ?? "—"}</Words>,
                  },
                  { title: t("created"), cell: (project) => <When at={project.created_at} /> },
                ]}
              />
            )
          }
        </Show>
        <More of={projects} />
      </Card>
    </>
  );
}

/* One project. */

function ProjectPage({ id }: { readonly id: string }) {
  const project = useLoad(() => account.value.projects.retrieve(id), [account.value, id]);
  const timeline = useLoad(() => account.value.projects.timeline(id), [account.value, id]);
  const [diff, setDiff] = useState<Diff | null>(null);
  const [isRendering, setRendering] = useState(false);
  const [renders, setRenders] = useState(0);
  return (
    <Show of={project} rows={6} head={{ title: t("project"), back: { href: linkTo("chat"), label: t("chat") } }}>
      {(shown) => (
        <>
          <PageHead
            title={shown.name === "" ? t("project") : shown.name}
            back={{ href: linkTo("chat"), label: t("chat") }}
          >
            <ProjectActions project={shown} />
          </PageHead>
          <div class="chat-columns">
            <Conversation
              project={shown}
              onTimeline={(changed) => {
                setDiff(changed);
                void timeline.reload();
              }}
              onRender={() => setRendering(true)}
              onRendered={() => setRenders((n) => n + 1)}
            />
            <div class="stack">
              <TimelineCard timeline={timeline} diff={diff} onRender={() => setRendering(true)} />
              <Renders project={id} key={renders} />
              <Card title={t("details")}>
                <Facets of={[[t("id"), <Id key="id" of={shown.id} />]]} />
                <Code
                  samples={samplesOf({
                    method: "POST",
                    path: `/v1/projects/${shown.id}/turns`,
                    body: { prompt: t("samplePrompt") },
                    sdk: `for await (const event of nemo.turns.createAndStream(${JSON.stringify(shown.id)}, { prompt: ${JSON.stringify(t("samplePrompt"))} })) {\n  console.log(event.type);\n}`,
                  })}
                />
              </Card>
            </div>
          </div>
          {isRendering ? (
            <RenderDialog
              project={id}
              onClose={() => setRendering(false)}
              onStarted={() => {
                setRendering(false);
                setRenders((n) => n + 1);
              }}
            />
          ) : null}
        </>
      )}
    </Show>
  );
}

function ProjectActions({ project }: { readonly project: Project }) {
  const [isDeleting, setDeleting] = useState(false);
  const remove = useAction(async () => {
    await account.value.projects.delete(project.id);
    announce("deleted");
    goTo("chat");
  });
  if (!may("chat")) return null;
  return (
    <>
      <Button icon="trash" onClick={() => setDeleting(true)}>
        {t("delete")}
      </Button>
      {isDeleting ? (
        <Confirm
          title={t("deleteProject")}
          text={t("deleteProjectText")}
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

/* The conversation. A turn's stream begins at its first event, so a reload in its middle shows the same text. */

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "unknown"]);

type Live = {
  readonly texts: Readonly<Record<number, string>>;
  readonly stage: string | null;
  readonly line: string | null;
  readonly actions: readonly Action[];
};
const SILENT: Live = { texts: {}, stage: null, line: null, actions: [] };

/** What a turn shows after one more event. */
function afterEvent(live: Live, event: TurnEvent): Live {
  switch (event.type) {
    case "message": {
      const text = event.partial ? (live.texts[event.message] ?? "") + event.text : event.text;
      return { ...live, texts: { ...live.texts, [event.message]: text } };
    }
    case "progress":
      return { ...live, stage: event.stage };
    case "timeline.changed":
      return { ...live, line: event.line };
    case "action":
      return { ...live, actions: [...live.actions.filter(({ action }) => action !== event.action), event] };
    default:
      return live;
  }
}

const TURNS = 50;
/** How long a request waits for what others send, in seconds; and the pause after one that was answered early, in ms. */
const POLL_SECONDS = 25;
const POLL_AGAIN_MS = 3_000;

/** The shown turns with those of a page, oldest first. Ids sort by time. What has ended here is not made unfinished again. */
function withPage(shown: readonly Turn[], page: readonly Turn[]): Turn[] {
  const known = new Map(shown.map((turn) => [turn.id, turn]));
  const found = page.map((turn) => {
    const before = known.get(turn.id);
    return before !== undefined && ENDED.has(before.status) ? before : turn;
  });
  const ids = new Set(found.map(({ id }) => id));
  const rest = shown.filter(({ id }) => !ids.has(id));
  const first = found[0]?.id ?? "";
  return [...rest.filter(({ id }) => id < first), ...found, ...rest.filter(({ id }) => id >= first)];
}
/** So close to the end counts as being there, in pixels. */
const AT_END_PX = 40;

function Conversation(props: {
  readonly project: Project;
  readonly onTimeline: (diff: Diff | null) => void;
  readonly onRender: () => void;
  readonly onRendered: () => void;
}) {
  const { project } = props;
  const purpose = project.id;
  const [prompt, setPrompt] = useState("");
  const turns = useLoad(
    async () => [...(await account.value.turns.list(project.id, { limit: TURNS })).data].reverse(),
    [account.value, project.id],
  );
  const { data, set } = turns;
  const latest = useRef<readonly Turn[]>([]);
  latest.current = data ?? [];
  const log = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const chooseFiles = useRef<() => void>(() => undefined);
  const files = filesFor(purpose);
  const isSending = files.some(({ state }) => state === "sending" || state === "checking" || state === "paused");

  const once = useOnce();
  const send = useAction(async (text: string) => {
    for (const { asset, state } of files)
      if (asset !== null && state === "ready") await account.value.assets.attach(project.id, { asset_id: asset.id });
    clearFiles(purpose);
    const { turns: api } = account.value;
    const turn = await once(text, (options) => api.create(project.id, { prompt: text }, options));
    setPrompt("");
    set(withPage(latest.current, [turn]));
  });

  // What others send to this project appears here as well: each request waits for a turn that is newer than the last one seen.
  const isLoaded = data !== undefined;
  const seen = useRef<string | undefined>(undefined);
  if (seen.current === undefined && data !== undefined) seen.current = data.at(-1)?.id;
  useEffect(() => {
    if (!isLoaded) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    void (async () => {
      while (!signal.aborted) {
        const isVisible = document.visibilityState === "visible" && online.peek();
        const newest = seen.current === undefined ? {} : { newest: seen.current };
        const asked = { limit: TURNS, wait: POLL_SECONDS, ...newest };
        const began = Date.now();
        const page = isVisible
          ? await account
              .peek()
              .turns.list(project.id, asked, { signal })
              .catch(() => null)
          : null;
        if (signal.aborted) return;
        const last = page?.data[0];
        if (page !== null && last !== undefined && last.id !== seen.current) {
          seen.current = last.id;
          set(withPage(latest.current, [...page.data].reverse()));
        } else if (Date.now() - began < POLL_AGAIN_MS) {
          // It failed, or was answered without a wait, as the version before does.
          await new Promise((resolve) => setTimeout(resolve, POLL_AGAIN_MS));
        }
      }
    })();
    return () => stop.abort();
  }, [isLoaded, account.value, project.id]);

  // The end stays in view while text arrives, unless the reader has scrolled away from it.
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = log.current;
    if (element === null) return undefined;
    const follow = new MutationObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    follow.observe(element, { childList: true, subtree: true, characterData: true });
    return () => follow.disconnect();
  }, []);

  const replace = (turn: Turn): void => set(latest.current.map((one) => (one.id === turn.id ? turn : one)));
  const act = (action: Action): void => {
    if (action.action === "render") props.onRender();
    else if (action.action === "timeline") props.onTimeline(null);
    else if (action.action === "upload") chooseFiles.current();
    else if (action.action === "credits") void send.run("credits");
    else input.current?.focus();
  };
  const submit = (): void => {
    if (prompt.trim() !== "" && !isSending) void send.run(prompt);
  };
  return (
    <section class="conversation" aria-label={t("conversation")}>
      <DropArea purpose={purpose} class="conversation-drop">
        {(choose) => {
          chooseFiles.current = choose;
          return (
            <>
              <div
                ref={log}
                class="turns"
                role="log"
                aria-live="polite"
                tabIndex={0}
                aria-label={t("conversation")}
                onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
                  isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
                }}
              >
                <Show of={turns}>
                  {(rows) =>
                    rows.length === 0 ? (
                      <Empty icon="chat" title={t("sayWhat")} text={t("sayWhatText")}>
                        {[t("samplePrompt"), t("samplePrompt2")].map((sample) => (
                          <Button
                            key={sample}
                            small
                            onClick={() => {
                              setPrompt(sample);
                              input.current?.focus();
                            }}
                          >
                            {sample}
                          </Button>
                        ))}
                      </Empty>
                    ) : (
                      rows.map((turn, n) => (
                        <TurnView
                          key={turn.id}
                          turn={turn}
                          isLast={n === rows.length - 1}
                          isNext={turn.id === rows.find(({ status }) => !ENDED.has(status))?.id}
                          onEnd={(ended, changed) => {
                            replace(ended);
                            if (ended.render_ids.length > 0) props.onRendered();
                            if (ended.timeline?.changed) props.onTimeline(changed);
                          }}
                          onAction={act}
                        />
                      ))
                    )
                  }
                </Show>
              </div>
              {may("chat") ? (
                <form
                  class="composer"
                  onSubmit={(event) => {
                    event.preventDefault();
                    submit();
                  }}
                >
                  <SentFiles purpose={purpose} />
                  <Problem error={send.error} />
                  <label class="unseen" for="prompt">
                    {t("prompt")}
                  </label>
                  <textarea
                    id="prompt"
                    ref={input}
                    rows={2}
                    dir="auto"
                    value={prompt}
                    placeholder={t("chatPlaceholder")}
                    onInput={(event) => setPrompt(event.currentTarget.value)}
                    onPaste={(event) => {
                      if ((event.clipboardData?.files.length ?? 0) > 0)
                        addFiles(purpose, event.clipboardData?.files ?? []);
                    }}
                    onKeyDown={(event) => {
                      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
                      event.preventDefault();
                      submit();
                    }}
                  />
                  <div class="form-foot">
                    <Button
                      kind="primary"
                      type="submit"
                      icon="send"
                      busy={send.busy}
                      disabled={prompt.trim() === "" || isSending}
                    >
                      {t("send")}
                    </Button>
                    {may("upload") ? (
                      <Button icon="attach" onClick={choose}>
                        {t("addFiles")}
                      </Button>
                    ) : null}
                    <CostNote />
                  </div>
                </form>
              ) : null}
            </>
          );
        }}
      </DropArea>
    </section>
  );
}

function TurnView(props: {
  readonly turn: Turn;
  readonly isLast: boolean;
  /** The first turn that has not ended: the one that runs. */
  readonly isNext: boolean;
  readonly onEnd: (turn: Turn, diff: Diff | null) => void;
  readonly onAction: (action: Action) => void;
}) {
  const { turn } = props;
  const isRunning = !ENDED.has(turn.status);
  const [live, setLive] = useState<Live>(SILENT);
  const [error, setError] = useState<unknown>(undefined);
  const [attempt, setAttempt] = useState(0);
  const wasRead = useRef(false);
  // One turn of a project runs at a time, and a browser opens few connections. The stream of the last turn is also read when it
  // has ended: it has the actions that the agent suggested.
  const isRead = wasRead.current || props.isNext || (props.isLast && !isRunning);
  wasRead.current = isRead;
  useEffect(() => {
    if (!isRead) return undefined;
    const stop = new AbortController();
    setLive(SILENT);
    setError(undefined);
    void (async () => {
      let [shown, diff] = [SILENT, null as Diff | null];
      try {
        for await (const event of account.peek().turns.stream(turn.id, { signal: stop.signal })) {
          shown = afterEvent(shown, event);
          setLive(shown);
          if (event.type === "timeline.changed") diff = event.diff;
          if ("turn" in event) props.onEnd(event.turn, diff);
        }
      } catch (failure) {
        if (!stop.signal.aborted) setError(failure);
      }
    })();
    return () => stop.abort();
  }, [turn.id, isRead, attempt]);

  const cancel = useAction(async () => {
    const cancelled = await account.value.turns.cancel(turn.id);
    if (ENDED.has(cancelled.status)) props.onEnd(cancelled, null);
  });
  const streamed = Object.values(live.texts).join("\n\n");
  const text = isRunning ? streamed : (turn.text ?? streamed);
  const line = turn.timeline?.changed ? turn.timeline.summary : null;
  return (
    <article class="turn">
      <p class="said" dir="auto">
        {turn.prompt ?? ""}
      </p>
      {turn.channel === null ? null : (
        <p class="said-by muted small" title={turn.key_id ?? ""}>
          {turn.key_id === session.value?.id ? t("by_you") : textOr(`by_${turn.channel}`, turn.channel)}
        </p>
      )}
      <div class="answered">
        {text === "" ? null : (
          <p class="long turn-text" dir="auto">
            {text}
          </p>
        )}
        {isRunning ? (
          <p class="working">
            <span class="spinner" aria-hidden="true" />{" "}
            {turn.status === "queued" && live.stage === null
              ? t("status_queued")
              : textOr(`progress_${live.stage ?? "working"}`, live.stage ?? "")}
            <Button small kind="quiet" busy={cancel.busy} onClick={() => void cancel.run()}>
              {t("cancel")}
            </Button>
          </p>
        ) : null}
        {(live.line ?? line) ? (
          <p class="change-line" dir="auto">
            {live.line ?? line}
          </p>
        ) : null}
        {turn.error === null ? null : (
          <div class="problem">
            <div>
              <p class="problem-title">{turn.error.title}</p>
              <p dir="auto">{turn.error.detail}</p>
            </div>
          </div>
        )}
        <Problem error={error ?? cancel.error} retry={() => setAttempt((n) => n + 1)} />
        {props.isLast && !isRunning && live.actions.length > 0 ? (
          <div class="suggestions" role="group" aria-label={t("suggested")}>
            {live.actions.map((action) => (
              <Button key={action.action} small onClick={() => props.onAction(action)}>
                {textOr(`action_${action.action}`, action.action)}
              </Button>
            ))}
          </div>
        ) : null}
        {isRunning ? null : (
          <p class="turn-foot muted small">
            <Status of={turn.status} /> <When at={turn.created_at} />
            {turn.credits === null ? null : <span>{t("creditsSpent", { credits: spentText(turn.credits) })}</span>}
          </p>
        )}
      </div>
    </article>
  );
}

/* The timeline and its renders. */

function TimelineCard(props: {
  readonly timeline: Loaded<Timeline>;
  readonly diff: Diff | null;
  readonly onRender: () => void;
}) {
  return (
    <Card
      title={t("timeline")}
      actions={
        may("render") && props.timeline.data?.exportable === true ? (
          <Button icon="play" onClick={props.onRender}>
            {t("render")}
          </Button>
        ) : null
      }
    >
      <Show of={props.timeline}>{(timeline) => <TimelinePicture timeline={timeline} diff={props.diff} />}</Show>
    </Card>
  );
}

function RenderDialog(props: {
  readonly project: string;
  readonly onClose: () => void;
  readonly onStarted: () => void;
}) {
  const plan = useLoad(() => account.value.renders.plan(props.project), [props.project]);
  const once = useOnce();
  const start = useAction(async () => {
    const { renders } = account.value;
    await once(props.project, (options) => renders.create(props.project, {}, options));
    props.onStarted();
  });
  return (
    <Dialog title={t("render")} onClose={props.onClose}>
      <p>{t("renderText")}</p>
      <Show of={plan} rows={2}>
        {(shown) => (
          <>
            <Facets
              of={[
                [t("timeline"), <Words key="summary">{shown.summary}</Words>],
                [t("length"), shown.duration_ms === null ? "—" : clock(shown.duration_ms, true)],
                [t("dimensions"), shown.width === null ? "—" : `${shown.width} × ${shown.height}`],
                [t("format"), `${shown.output.format}, ${shown.output.quality}`],
              ]}
            />
            {shown.reuses === null ? null : <p class="notice">{t("renderReused")}</p>}
          </>
        )}
      </Show>
      <Problem error={start.error} />
      <p class="cost">{t("renderCost")}</p>
      <div class="dialog-actions">
        <Button onClick={props.onClose}>{t("keep")}</Button>
        <Button kind="primary" busy={start.busy} disabled={plan.data === undefined} onClick={() => void start.run()}>
          {t("render")}
        </Button>
      </div>
    </Dialog>
  );
}

const RENDER_POLL_MS = 2_000;
const RENDER_ENDED: ReadonlySet<string> = new Set(["completed", "failed"]);

function Renders({ project }: { readonly project: string }) {
  const [isRunning, setRunning] = useState(false);
  const renders = useLoad(
    async () => (await account.value.projects.renders(project, { limit: 5 })).data,
    [account.value, project],
    isRunning ? RENDER_POLL_MS : null,
  );
  const { data } = renders;
  useEffect(() => {
    setRunning(data?.some(({ status }) => !RENDER_ENDED.has(status)) ?? false);
  }, [data]);
  if (data?.length === 0) return null;
  return (
    <Card title={t("renders")}>
      <Show of={renders}>
        {(rows) => (
          <div class="stack">
            {rows.map((render, n) => (
              <RenderView key={render.id} render={render} isFirst={n === 0} />
            ))}
          </div>
        )}
      </Show>
    </Card>
  );
}

function RenderView({ render, isFirst }: { readonly render: Render; readonly isFirst: boolean }) {
  const [isOpen, setOpen] = useState(isFirst);
  const cancel = useAction(async () => {
    await account.value.renders.cancel(render.id);
  });
  const isRunning = !RENDER_ENDED.has(render.status);
  const size = [
    render.duration_ms === null ? null : clock(render.duration_ms, true),
    render.size_bytes === null ? null : bytes(render.size_bytes),
  ].filter((part) => part !== null);
  return (
    <article class="render">
      <p class="row-line">
        <Status of={render.status} /> <When at={render.created_at} />
        <span class="muted small">{size.join(" · ")}</span>
        {render.download_url !== null && !isOpen ? (
          <Button small icon="play" onClick={() => setOpen(true)}>
            {t("play")}
          </Button>
        ) : null}
        {isRunning ? (
          <Button small kind="quiet" busy={cancel.busy} onClick={() => void cancel.run()}>
            {t("cancel")}
          </Button>
        ) : null}
      </p>
      {isRunning ? (
        <>
          <Meter value={render.progress / 100} label={t("progress")} />
          <p class="muted small">
            {percent(render.progress / 100)}{" "}
            {render.stage === null ? "" : t(`render_${render.stage}` satisfies TextKey)}
          </p>
        </>
      ) : null}
      {render.error === null ? null : (
        <p class="bad" dir="auto">
          {render.error.detail}
        </p>
      )}
      {render.warnings.map(({ code, detail }) => (
        <p key={code} class="notice" dir="auto">
          {detail}
        </p>
      ))}
      {render.download_url !== null && isOpen ? (
        <Player url={render.download_url} title={t("render")} width={render.width} height={render.height} />
      ) : null}
      <Problem error={cancel.error} />
    </article>
  );
}
