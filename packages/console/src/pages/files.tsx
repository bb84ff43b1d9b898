/** Files: upload by choosing, dropping or an address; what has arrived, and what is still on its way. */
import type { Asset, Upload } from "nemo-gateway";
import { useState } from "preact/hooks";
import { account, acting, may, me } from "../session.ts";
import { user } from "../settings.ts";
import { bytes, clock, t, textOr } from "../text.ts";
import { useAction, useLoad, usePages } from "../ui/load.ts";
import {
  announce,
  Button,
  Card,
  Code,
  type Column,
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
import { ownPath, Player } from "../ui/player.tsx";
import { samplesOf } from "../ui/samples.ts";
import { DropArea, filesFor, SentFiles } from "../ui/uploads.tsx";

const PURPOSE = "files";
const POLL_MS = 5_000;

export function Page() {
  const ready = filesFor(PURPOSE).filter(({ state }) => state === "ready").length;
  const assets = usePages(() => acting.value.assets.list({ limit: 20 }), [acting.value, ready], POLL_MS);
  const uploads = useLoad(
    async () => (await acting.value.uploads.list({ limit: 20 })).data.filter(({ status }) => status !== "completed"),
    [acting.value, ready],
    POLL_MS,
  );
  const [shown, setShown] = useState<Asset | null>(null);
  return (
    <>
      <PageHead title={t("files")} lead={t("filesLead")} />
      {may("upload") ? <Send /> : null}
      {(uploads.data?.length ?? 0) === 0 ? null : (
        <Card title={t("onTheWay")}>
          <Table
            caption={t("onTheWay")}
            rows={uploads.data ?? []}
            keyOf={(upload) => upload.id}
            columns={uploadColumns()}
          />
        </Card>
      )}
      <Card title={t("filesOf", { user: user.value })}>
        <Show of={assets}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="files" title={t("noFiles")} text={t("noFilesText")} />
            ) : (
              <Table
                caption={t("files")}
                rows={rows}
                keyOf={(asset) => asset.id}
                columns={[
                  {
                    title: t("name"),
                    kind: "main",
                    cell: (asset) => (
                      <button type="button" class="main-link as-link" onClick={() => setShown(asset)}>
                        <Words>{asset.filename}</Words>
                      </button>
                    ),
                  },
                  { title: t("kind"), cell: (asset) => textOr(`kind_${asset.kind}`, asset.kind) },
                  { title: t("status"), cell: (asset) => <Status of={asset.status} /> },
                  { title: t("size"), kind: "number", cell: (asset) => bytes(asset.size_bytes) },
                  {
                    title: t("length"),
                    kind: "number",
                    cell: (asset) => (asset.duration_ms === null ? "—" : clock(asset.duration_ms)),
                  },
                  { title: t("created"), cell: (asset) => <When at={asset.created_at} /> },
                ]}
              />
            )
          }
        </Show>
        <More of={assets} />
      </Card>
      {shown === null ? null : (
        <AssetDialog
          asset={shown}
          onClose={() => setShown(null)}
          onDeleted={() => {
            setShown(null);
            void assets.reload();
          }}
        />
      )}
    </>
  );
}

/** Functions, because the titles are in the language of the moment. */
const uploadColumns = (): Column<Upload>[] => [
  { title: t("name"), kind: "main", cell: (upload) => <Words>{upload.filename}</Words> },
  { title: t("status"), cell: (upload) => <Status of={upload.status} /> },
  {
    title: t("progress"),
    cell: (upload) =>
      upload.error ? (
        <span class="bad" dir="auto">
          {upload.error.detail}
        </span>
      ) : (
        <Meter value={upload.size_bytes ? upload.offset_bytes / upload.size_bytes : 0} label={t("progress")} />
      ),
  },
];

function Send() {
  const [url, setUrl] = useState("");
  const formats = me.value?.limits.formats ?? [];
  const load = useAction(async () => {
    await acting.value.uploads.importUrl(url.trim());
    setUrl("");
    announce("importStarted");
  });
  return (
    <DropArea purpose={PURPOSE}>
      {(choose) => (
        <Card title={t("upload")} lead={t("uploadLead", { size: bytes(me.value?.limits.upload_bytes ?? 0) })}>
          <div class="drop-target">
            <p>{t("dropOrChoose")}</p>
            <Button kind="primary" icon="attach" onClick={choose}>
              {t("chooseFiles")}
            </Button>
            <p class="muted small" dir="ltr">
              {formats.join(", ")}
            </p>
          </div>
          <SentFiles purpose={PURPOSE} />
          <form
            class="inline-form"
            onSubmit={(event) => {
              event.preventDefault();
              void load.run();
            }}
          >
            <Field label={t("importUrl")} hint={t("importUrlHint")} error={fieldError(load.error, "/url")}>
              {(ids) => (
                <input
                  {...ids}
                  type="url"
                  dir="ltr"
                  required
                  value={url}
                  placeholder="https://example.com/clip.mp4"
                  onInput={(event) => setUrl(event.currentTarget.value)}
                />
              )}
            </Field>
            <Button type="submit" busy={load.busy}>
              {t("import")}
            </Button>
          </form>
          <Problem error={load.error} />
          <details class="more-options">
            <summary>{t("asCode")}</summary>
            <Code
              samples={samplesOf({
                method: "POST",
                path: "/v1/uploads/import",
                body: { url: url === "" ? "https://example.com/clip.mp4" : url },
                user: user.value,
                sdk: `import { openAsBlob } from "node:fs";\n\nconst upload = await nemo.uploads.send(await openAsBlob("clip.mp4"), { filename: "clip.mp4" });\nconst asset = await nemo.uploads.waitForAsset(upload.id);`,
              })}
            />
          </details>
        </Card>
      )}
    </DropArea>
  );
}

function AssetDialog(props: { readonly asset: Asset; readonly onClose: () => void; readonly onDeleted: () => void }) {
  const { asset } = props;
  const [isDeleting, setDeleting] = useState(false);
  const remove = useAction(async () => {
    await account.value.assets.delete(asset.id);
    announce("deleted");
    props.onDeleted();
  });
  if (isDeleting)
    return (
      <Confirm
        title={t("deleteFile")}
        text={t("deleteFileText", { name: asset.filename })}
        action={t("delete")}
        busy={remove.busy}
        error={remove.error}
        onConfirm={() => void remove.run()}
        onClose={props.onClose}
      />
    );
  return (
    <Dialog title={asset.filename} onClose={props.onClose}>
      <Preview asset={asset} />
      {asset.error === null ? null : (
        <p class="bad" dir="auto">
          {asset.error.detail}
        </p>
      )}
      <Facets
        of={[
          [t("id"), <Id key="id" of={asset.id} />],
          [t("kind"), asset.content_type],
          [t("size"), bytes(asset.size_bytes)],
          [t("dimensions"), asset.width === null ? "—" : `${asset.width} × ${asset.height}`],
          ["SHA-256", asset.sha256 === null ? "—" : <Id key="sha" of={asset.sha256} />],
        ]}
      />
      {may("upload") ? (
        <div class="dialog-actions">
          <Button icon="trash" onClick={() => setDeleting(true)}>
            {t("delete")}
          </Button>
        </div>
      ) : null}
    </Dialog>
  );
}

function Preview({ asset }: { readonly asset: Asset }) {
  if (asset.download_url === null) return null;
  if (asset.kind === "image")
    return <img class="preview" src={`${ownPath(asset.download_url)}?inline`} alt={asset.filename} />;
  return <Player url={asset.download_url} title={asset.filename} width={asset.width} height={asset.height} />;
}
