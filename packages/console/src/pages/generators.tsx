/** Generators: the built-in ones and your own; edit a recipe, have the agent write one, make a video from one. */
import type { Generator, GeneratorJob, Schemas } from "nemo-gateway";
import { useEffect, useState } from "preact/hooks";
import { goTo, linkTo } from "../router.ts";
import { account, acting, may } from "../session.ts";
import { user } from "../settings.ts";
import { moment, t, textOr } from "../text.ts";
import { CostNote } from "../ui/cost.tsx";
import { useAction, useLoad, useOnce, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Check,
  Code,
  Confirm,
  Empty,
  Facets,
  Field,
  fieldError,
  Id,
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
import { defaultsOf, type Values, VariableFields } from "../ui/variables.tsx";

type NewGenerator = Schemas["NewGenerator"];
type Variable = Schemas["Variable"];

const NEW = "new";

export const Page = ({ id }: { readonly id: string | null }) =>
  id === null ? <Generators /> : id === NEW ? <NewGeneratorPage /> : <GeneratorPage id={id} />;

function Generators() {
  const generators = usePages(() => account.value.generators.list({ limit: 50 }), [account.value]);
  return (
    <>
      <PageHead title={t("generators")} lead={t("generatorsLead")}>
        {may("chat") ? (
          <a class="button primary" href={linkTo("generators", NEW)}>
            {t("newGenerator")}
          </a>
        ) : null}
      </PageHead>
      {may("chat") ? <MakeGenerator onMade={() => void generators.reload()} /> : null}
      <Card title={t("generators")}>
        <Show of={generators}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="generators" title={t("noGenerators")} text={t("noGeneratorsText")} />
            ) : (
              <Table
                caption={t("generators")}
                rows={rows}
                keyOf={(one) => one.id}
                columns={[
                  {
                    title: t("name"),
                    kind: "main",
                    cell: (one) => (
                      <span class="two-lines">
                        <a href={linkTo("generators", one.id)} class="main-link">
                          <Words>{one.name}</Words>
                        </a>
                        <Words class="words muted small">{one.description}</Words>
                      </span>
                    ),
                  },
                  { title: t("madeBy"), cell: (one) => t(`made_by_${one.made_by}`) },
                  {
                    title: t("variables"),
                    cell: (one) => <span class="small">{one.variables.map(({ name }) => name).join(", ") || "—"}</span>,
                  },
                  { title: t("version"), kind: "number", cell: (one) => one.version },
                  { title: t("changed"), cell: (one) => <When at={one.updated_at} /> },
                ]}
              />
            )
          }
        </Show>
        <More of={generators} />
      </Card>
    </>
  );
}

const JOB_POLL_MS = 2_000;

/** The agent writes a generator from a description. */
function MakeGenerator({ onMade }: { readonly onMade: () => void }) {
  const [description, setDescription] = useState("");
  const [job, setJob] = useState<GeneratorJob | null>(null);
  const once = useOnce();
  const make = useAction(async () => {
    const client = acting.value;
    setJob(await once([user.value, description], (options) => client.generators.make({ description }, options)));
    setDescription("");
  });
  const isRunning = job?.status === "running";
  useEffect(() => {
    if (job === null || !isRunning) return undefined;
    const timer = setInterval(() => {
      void account
        .peek()
        .generators.job(job.id)
        .then((next) => {
          setJob(next);
          if (next.status !== "running") onMade();
        })
        .catch(() => undefined); // asked again
    }, JOB_POLL_MS);
    return () => clearInterval(timer);
  }, [job?.id, isRunning]);
  return (
    <Card title={t("makeGenerator")} lead={t("makeGeneratorLead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <Field label={t("description")} error={fieldError(make.error, "/description")}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              dir="auto"
              required
              maxLength={2_000}
              value={description}
              placeholder={t("makeGeneratorSample")}
              onInput={(event) => setDescription(event.currentTarget.value)}
            />
          )}
        </Field>
        <Problem error={make.error} />
        {job === null ? null : (
          <p class="row-line" role="status">
            <Status of={job.status} />
            {job.generator_id === null ? (
              <span class="muted" dir="auto">
                {job.error?.detail ?? job.fault ?? t("agentWrites")}
              </span>
            ) : (
              <a href={linkTo("generators", job.generator_id)}>{job.slug}</a>
            )}
          </p>
        )}
        <div class="form-foot">
          <Button type="submit" busy={make.busy || isRunning} disabled={description.trim() === ""}>
            {t("makeGenerator")}
          </Button>
          <CostNote />
        </div>
      </form>
    </Card>
  );
}

function NewGeneratorPage() {
  const create = useAction(async (given: NewGenerator) => {
    goTo("generators", (await account.value.generators.create(given)).id);
  });
  return (
    <>
      <PageHead title={t("newGenerator")} back={{ href: linkTo("generators"), label: t("generators") }} />
      <Card>
        <Editor
          of={{ name: "", description: "", prompt: "", variables: [], needs_file: false }}
          busy={create.busy}
          error={create.error}
          onSave={(given) => void create.run(given)}
        />
      </Card>
    </>
  );
}

function GeneratorPage({ id }: { readonly id: string }) {
  const generator = useLoad(() => account.value.generators.retrieve(id), [account.value, id]);
  const [isEditing, setEditing] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const save = useAction(async (given: NewGenerator) => {
    const { slug: _, ...changed } = given;
    generator.set(await account.value.generators.update(id, changed));
    setEditing(false);
    announce("saved");
  });
  const remove = useAction(async () => {
    await account.value.generators.delete(id);
    announce("deleted");
    goTo("generators");
  });
  return (
    <Show
      of={generator}
      rows={6}
      head={{ title: t("generator"), back: { href: linkTo("generators"), label: t("generators") } }}
    >
      {(shown) => {
        const isOwn = shown.made_by !== "built_in";
        return (
          <>
            <PageHead
              title={shown.name}
              lead={shown.description}
              back={{ href: linkTo("generators"), label: t("generators") }}
            >
              {isOwn && may("chat") ? (
                <>
                  <Button onClick={() => setEditing(!isEditing)} pressed={isEditing}>
                    {t("edit")}
                  </Button>
                  <Button icon="trash" onClick={() => setDeleting(true)}>
                    {t("delete")}
                  </Button>
                </>
              ) : null}
            </PageHead>
            {isEditing ? (
              <Card title={t("edit")}>
                <Editor
                  of={{ ...shown, prompt: shown.prompt ?? "" }}
                  busy={save.busy}
                  error={save.error}
                  onSave={(given) => void save.run(given)}
                />
              </Card>
            ) : null}
            <div class="columns">
              <TryIt of={shown} />
              <div class="stack">
                <Card title={t("recipe")}>
                  <pre class="json" dir="auto">
                    {shown.prompt ?? "—"}
                  </pre>
                  <Facets
                    of={[
                      [t("id"), <Id key="id" of={shown.id} />],
                      [t("slug"), <code key="slug">{shown.slug}</code>],
                      [t("version"), String(shown.version)],
                      [t("madeBy"), t(`made_by_${shown.made_by}`)],
                      [t("takes"), shown.accepts.join(", ")],
                      [t("changed"), shown.updated_at === null ? "—" : moment(shown.updated_at)],
                    ]}
                  />
                </Card>
                {shown.tips.length === 0 ? null : (
                  <Card title={t("tips")}>
                    <ul class="plain-list">
                      {shown.tips.map((tip) => (
                        <li key={tip} dir="auto">
                          {tip}
                        </li>
                      ))}
                    </ul>
                  </Card>
                )}
              </div>
            </div>
            {isDeleting ? (
              <Confirm
                title={t("deleteGenerator")}
                text={t("deleteGeneratorText", { name: shown.name })}
                action={t("delete")}
                busy={remove.busy}
                error={remove.error}
                onConfirm={() => void remove.run()}
                onClose={() => setDeleting(false)}
              />
            ) : null}
          </>
        );
      }}
    </Show>
  );
}

function TryIt({ of }: { readonly of: Generator }) {
  const [values, setValues] = useState<Values>(defaultsOf(of));
  const once = useOnce();
  const make = useAction(async () => {
    const client = acting.value;
    const video = await once([user.value, values], (options) =>
      client.generators.createVideo(of.id, { variables: values }, options),
    );
    goTo("videos", video.id);
  });
  return (
    <Card title={t("makeVideo")} lead={of.needs_file ? t("needsFileHere") : undefined}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <VariableFields of={of.variables} values={values} error={make.error} onChange={setValues} />
        <Problem error={make.error} />
        <div class="form-foot">
          <Button kind="primary" type="submit" busy={make.busy} disabled={of.needs_file || !may("chat")}>
            {t("makeVideo")}
          </Button>
          <CostNote />
        </div>
      </form>
      <details class="more-options">
        <summary>{t("asCode")}</summary>
        <Code
          samples={samplesOf({
            method: "POST",
            path: `/v1/generators/${of.slug}/videos`,
            body: { variables: values },
            user: user.value,
            sdk: `const video = await nemo.generators.createVideo(${JSON.stringify(of.slug)}, ${JSON.stringify({ variables: values })});`,
          })}
        />
      </details>
    </Card>
  );
}

type Draft = Pick<NewGenerator, "name" | "description" | "prompt" | "variables" | "needs_file">;

/** The names in `{{…}}` of a prompt, in order, each once. */
const namesIn = (prompt: string): string[] => [
  ...new Set([...prompt.matchAll(/\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}/g)].map(([, name = ""]) => name)),
];

/** The form of a recipe. Its variables are those that the prompt names. */
function Editor(props: {
  readonly of: Draft;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSave: (given: NewGenerator) => void;
}) {
  const [draft, setDraft] = useState<Draft>(props.of);
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const known = new Map((draft.variables ?? []).map((variable) => [variable.name, variable]));
  const variables = namesIn(draft.prompt).map((name): Variable => known.get(name) ?? { name, type: "text" });
  const change = (name: string, by: Partial<Variable>): void =>
    set({ variables: variables.map((one) => (one.name === name ? { ...one, ...by } : one)) });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const { name, description, prompt, needs_file } = draft;
        props.onSave({
          name,
          prompt,
          variables,
          ...(description === undefined ? {} : { description }),
          ...(needs_file === undefined ? {} : { needs_file }),
        });
      }}
    >
      <Field label={t("name")} error={fieldError(props.error, "/name")}>
        {(ids) => (
          <input
            {...ids}
            required
            maxLength={100}
            dir="auto"
            value={draft.name}
            onInput={(event) => set({ name: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={t("description")} error={fieldError(props.error, "/description")}>
        {(ids) => (
          <textarea
            {...ids}
            rows={2}
            dir="auto"
            value={draft.description ?? ""}
            onInput={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field
        label={t("prompt")}
        hint={t("recipeHint", { name: "{{product}}" })}
        error={fieldError(props.error, "/prompt")}
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={4}
            required
            dir="auto"
            value={draft.prompt}
            onInput={(event) => set({ prompt: event.currentTarget.value })}
          />
        )}
      </Field>
      {variables.map(({ name, type, default: preset, description, choices }) => (
        <fieldset key={name} class="variable">
          <legend>
            <code>{name}</code>
          </legend>
          <Field label={t("kind")}>
            {(ids) => (
              <select
                {...ids}
                value={type}
                onChange={(event) =>
                  change(name, { type: event.currentTarget.value as Variable["type"], default: null })
                }
              >
                {(["text", "number", "boolean", "choice"] as const).map((one) => (
                  <option key={one} value={one}>
                    {textOr(`type_${one}`, one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {type === "choice" ? (
            <Field label={t("choices")} hint={t("choicesHint")}>
              {(ids) => (
                <textarea
                  {...ids}
                  rows={2}
                  dir="auto"
                  value={(choices ?? []).join("\n")}
                  onInput={(event) =>
                    change(name, {
                      choices: event.currentTarget.value.split("\n").filter((line) => line.trim() !== ""),
                    })
                  }
                />
              )}
            </Field>
          ) : null}
          {type === "boolean" ? null : (
            <Field label={t("preset")} hint={t("presetHint")}>
              {(ids) => (
                <input
                  {...ids}
                  dir="auto"
                  inputMode={type === "number" ? "decimal" : "text"}
                  value={preset == null ? "" : String(preset)}
                  onChange={({ currentTarget: { value } }) =>
                    change(name, { default: value === "" ? null : type === "number" ? Number(value) : value })
                  }
                />
              )}
            </Field>
          )}
          <Field label={t("description")}>
            {(ids) => (
              <input
                {...ids}
                dir="auto"
                value={description ?? ""}
                onInput={(event) => change(name, { description: event.currentTarget.value || null })}
              />
            )}
          </Field>
        </fieldset>
      ))}
      <Check
        label={t("needsFileOption")}
        checked={draft.needs_file ?? false}
        onChange={(needs_file) => set({ needs_file })}
      />
      <Problem error={props.error} />
      <div class="form-foot">
        <Button kind="primary" type="submit" busy={props.busy}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}
