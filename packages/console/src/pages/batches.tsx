/** Batches: many videos in one call, a prompt on each line; pause, resume, cancel; each item with its video. */
import type { Batch, Schemas } from "nemo-gateway";
import { useState } from "preact/hooks";
import { goTo, linkTo } from "../router.ts";
import { account, acting, may } from "../session.ts";
import { user } from "../settings.ts";
import { count, moment, t } from "../text.ts";
import { CostNote, spentText } from "../ui/cost.tsx";
import { useAction, useLoad, useOnce, usePages } from "../ui/load.ts";
import {
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
import { samplesOf } from "../ui/samples.ts";

const POLL_MS = 4_000;
const MOST_ITEMS = 500;

export const Page = ({ id }: { readonly id: string | null }) => (id === null ? <Batches /> : <BatchPage id={id} />);

const doneOf = ({ counts: { total, completed, failed, cancelled, needs_input } }: Batch): number =>
  total === 0 ? 1 : (completed + failed + cancelled + needs_input) / total;

function Batches() {
  const batches = usePages(() => acting.value.batches.list({ limit: 20 }), [acting.value], POLL_MS);
  return (
    <>
      <PageHead title={t("batches")} lead={t("batchesLead")} />
      {may("chat") && may("render") ? <NewBatch /> : null}
      <Card title={t("batchesOf", { user: user.value })}>
        <Show of={batches}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="batches" title={t("noBatches")} text={t("noBatchesText")} />
            ) : (
              <Table
                caption={t("batches")}
                rows={rows}
                keyOf={(batch) => batch.id}
                columns={[
                  {
                    title: t("batch"),
                    kind: "main",
                    cell: (batch) => (
                      <a href={linkTo("batches", batch.id)} class="main-link">
                        {t("videosCount", { count: count(batch.counts.total) })}
                      </a>
                    ),
                  },
                  { title: t("status"), cell: (batch) => <Status of={batch.status} /> },
                  { title: t("progress"), cell: (batch) => <Meter value={doneOf(batch)} label={t("progress")} /> },
                  { title: t("credits"), kind: "number", cell: (batch) => spentText(batch.credits) },
                  { title: t("created"), cell: (batch) => <When at={batch.created_at} /> },
                ]}
              />
            )
          }
        </Show>
        <More of={batches} />
      </Card>
    </>
  );
}

function NewBatch() {
  const [text, setText] = useState("");
  const [mode, setMode] = useState<"own_projects" | "one_project">("own_projects");
  const prompts = text.split("\n").filter((line) => line.trim() !== "");
  const body: Schemas["NewBatch"] = { items: prompts.map((prompt) => ({ prompt })), mode };
  const once = useOnce();
  const create = useAction(async () => {
    const { batches } = acting.value;
    goTo("batches", (await once([user.value, body], (options) => batches.create(body, options))).id);
  });
  const tooMany = prompts.length > MOST_ITEMS ? t("tooManyItems", { most: MOST_ITEMS }) : undefined;
  return (
    <Card title={t("newBatch")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <Field label={t("prompts")} hint={t("promptsHint")} error={tooMany ?? fieldError(create.error, "/items")}>
          {(ids) => (
            <textarea
              {...ids}
              rows={4}
              dir="auto"
              required
              value={text}
              placeholder={`${t("samplePrompt")}\n${t("samplePrompt2")}`}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={t("batchMode")} hint={t("batchModeHint")}>
          {(ids) => (
            <select
              {...ids}
              value={mode}
              onChange={(event) =>
                setMode(event.currentTarget.value === "one_project" ? "one_project" : "own_projects")
              }
            >
              <option value="own_projects">{t("ownProjects")}</option>
              <option value="one_project">{t("oneProject")}</option>
            </select>
          )}
        </Field>
        <Problem error={create.error} />
        <div class="form-foot">
          <Button
            kind="primary"
            type="submit"
            busy={create.busy}
            disabled={prompts.length === 0 || tooMany !== undefined}
          >
            {t("makeVideos", { count: count(prompts.length) })}
          </Button>
          <CostNote />
        </div>
        <details class="more-options">
          <summary>{t("asCode")}</summary>
          <Code
            samples={samplesOf({
              method: "POST",
              path: "/v1/batches",
              body,
              user: user.value,
              sdk: `const batch = await nemo.batches.create(${JSON.stringify(body)});`,
            })}
          />
        </details>
      </form>
    </Card>
  );
}

function BatchPage({ id }: { readonly id: string }) {
  const batch = useLoad(() => account.value.batches.retrieve(id), [account.value, id], POLL_MS);
  const items = usePages(() => account.value.batches.videos(id, { limit: 50 }), [account.value, id], POLL_MS);
  const [isCancelling, setCancelling] = useState(false);
  const act = useAction(async (what: "pause" | "resume" | "cancel") => {
    batch.set(await account.value.batches[what](id));
    setCancelling(false);
  });
  return (
    <Show of={batch} rows={6} head={{ title: t("batch"), back: { href: linkTo("batches"), label: t("batches") } }}>
      {(shown) => (
        <>
          <PageHead
            title={t("videosCount", { count: count(shown.counts.total) })}
            back={{ href: linkTo("batches"), label: t("batches") }}
            lead={moment(shown.created_at)}
          >
            {may("chat") && (shown.status === "processing" || shown.status === "paused") ? (
              <>
                <Button busy={act.busy} onClick={() => void act.run(shown.status === "paused" ? "resume" : "pause")}>
                  {t(shown.status === "paused" ? "resume" : "pause")}
                </Button>
                <Button onClick={() => setCancelling(true)}>{t("cancel")}</Button>
              </>
            ) : null}
          </PageHead>
          <Problem error={isCancelling ? undefined : act.error} />
          <Card>
            <p class="row-line">
              <Status of={shown.status} />
              <span class="muted">
                {(["completed", "running", "queued", "needs_input", "failed", "cancelled"] as const)
                  .filter((name) => shown.counts[name] > 0)
                  .map((name) => `${t(`status_${name}`)}: ${count(shown.counts[name])}`)
                  .join(" · ")}
              </span>
            </p>
            <Meter value={doneOf(shown)} label={t("progress")} />
            <Facets
              of={[
                [t("id"), <Id key="id" of={shown.id} />],
                [t("credits"), spentText(shown.credits)],
              ]}
            />
          </Card>
          <Card title={t("videos")}>
            <Show of={items}>
              {(rows) => (
                <Table
                  caption={t("videos")}
                  rows={rows}
                  keyOf={(item) => String(item.index)}
                  columns={[
                    {
                      title: t("prompt"),
                      kind: "main",
                      cell: ({ index, video }) =>
                        video === null ? (
                          <span class="muted">{index + 1}</span>
                        ) : (
                          <a href={linkTo("videos", video.id)} class="main-link">
                            <Words>{video.prompt ?? video.id}</Words>
                          </a>
                        ),
                    },
                    { title: t("status"), cell: (item) => <Status of={item.status} /> },
                    {
                      title: t("progress"),
                      cell: ({ video }) =>
                        video === null || video.ended_at !== null ? (
                          "—"
                        ) : (
                          <Meter value={video.progress / 100} label={t("progress")} />
                        ),
                    },
                    {
                      title: t("error"),
                      cell: ({ video }) => (
                        <Words class="words small">
                          {video?.error?.detail ?? (video?.status === "needs_input" ? (video.message ?? "—") : "—")}
                        </Words>
                      ),
                    },
                  ]}
                />
              )}
            </Show>
            <More of={items} />
          </Card>
          {isCancelling ? (
            <Confirm
              title={t("cancelBatch")}
              text={t("cancelBatchText")}
              action={t("cancelBatch")}
              busy={act.busy}
              error={act.error}
              onConfirm={() => void act.run("cancel")}
              onClose={() => setCancelling(false)}
            />
          ) : null}
        </>
      )}
    </Show>
  );
}
