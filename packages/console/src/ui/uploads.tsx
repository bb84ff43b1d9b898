/** Files on their way to the gateway: chosen or dropped, with progress, paused and continued. They continue on other pages. */
import { effect, signal } from "@preact/signals";
import { type Asset, ConnectionError, GatewayError, type NemoGateway } from "nemo-gateway";
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { acting, me, online } from "../session.ts";
import { bytes, t } from "../text.ts";
import { Icon } from "./icons.tsx";
import { Button, Meter, messageOf, Words } from "./parts.tsx";

export type FileState = "sending" | "paused" | "checking" | "ready" | "failed";
export type SentFile = {
  readonly key: number;
  /** Where it is for: a page, or a project. */
  readonly purpose: string;
  readonly file: File;
  readonly state: FileState;
  readonly sentBytes: number;
  readonly uploadId: string | null;
  readonly asset: Asset | null;
  readonly error: unknown;
  /** It stopped because the network failed, and continues when the network is back. */
  readonly waitsForNetwork: boolean;
};

/** Bytes of a request: one part of the gateway's storage, so that progress is seen and nothing is stored twice. */
const CHUNK_BYTES = 5 * 1024 * 1024;

const files = signal<readonly SentFile[]>([]);
/** What stops each file that is being sent. */
const stops = new Map<number, AbortController>();
const clients = new Map<number, NemoGateway>();
let lastKey = 0;

export const filesFor = (purpose: string): readonly SentFile[] => files.value.filter((one) => one.purpose === purpose);

const change = (key: number, by: Partial<SentFile>): void => {
  files.value = files.peek().map((one) => (one.key === key ? { ...one, ...by } : one));
};

export function addFiles(purpose: string, chosen: Iterable<File>): void {
  for (const file of chosen) {
    const key = ++lastKey;
    clients.set(key, acting.peek()); // the user of that moment, also if another is chosen later
    const added = { key, purpose, file, state: "sending", sentBytes: 0, uploadId: null } as const;
    files.value = [...files.peek(), { ...added, asset: null, error: undefined, waitsForNetwork: false }];
    void send(key);
  }
}

async function send(key: number): Promise<void> {
  const one = files.peek().find((file) => file.key === key);
  const client = clients.get(key);
  if (one === undefined || client === undefined) return;
  const stop = new AbortController();
  stops.set(key, stop);
  change(key, { state: "sending", error: undefined, waitsForNetwork: false });
  try {
    const upload = await client.uploads.send(one.file, {
      chunkBytes: CHUNK_BYTES,
      signal: stop.signal,
      ...(one.uploadId === null
        ? { idempotencyKey: `console-${one.key}-${SESSION_NONCE}` }
        : { uploadId: one.uploadId }),
      onCreated: (uploadId) => change(key, { uploadId }),
      onProgress: (sentBytes) => change(key, { sentBytes }),
    });
    change(key, { state: "checking", sentBytes: one.file.size });
    const asset = await client.uploads.waitForAsset(upload.id, { signal: stop.signal });
    change(key, { state: asset.status === "ready" ? "ready" : "failed", asset, error: rejection(asset) });
  } catch (error) {
    if (stop.signal.aborted) return;
    const isNetwork = error instanceof ConnectionError || (error instanceof GatewayError && error.retryable);
    change(key, { state: isNetwork ? "paused" : "failed", error, waitsForNetwork: isNetwork });
  } finally {
    if (stops.get(key) === stop) stops.delete(key);
  }
}

/** Makes the keys of this page's creations differ from those of another tab. */
const SESSION_NONCE = crypto.randomUUID();

const rejection = ({ status, error }: Asset): Error | undefined =>
  status === "ready" ? undefined : new Error(error?.detail ?? status);

export function pauseFile(key: number): void {
  stops.get(key)?.abort();
  change(key, { state: "paused", waitsForNetwork: false });
}

export const resumeFile = (key: number): void => void send(key);

/** Takes a file off the list. One that was not sent whole is deleted at the gateway. */
export function removeFile(key: number): void {
  const one = files.peek().find((file) => file.key === key);
  stops.get(key)?.abort();
  files.value = files.peek().filter((file) => file.key !== key);
  if (one?.uploadId != null && one.asset === null)
    void clients
      .get(key)
      ?.uploads.delete(one.uploadId)
      .catch(() => undefined);
  clients.delete(key);
}

export function clearFiles(purpose: string): void {
  files.value = files.peek().filter((one) => one.purpose !== purpose || one.state !== "ready");
}

effect(() => {
  if (!online.value) return;
  for (const one of files.peek()) if (one.state === "paused" && one.waitsForNetwork) void send(one.key);
});

/** The formats that the gateway takes, for the file picker. */
const accepted = (): string => (me.value?.limits.formats ?? []).map((format) => `.${format}`).join(",");

/** An area on which files can be dropped, with a button for the file picker. */
export function DropArea(props: {
  readonly purpose: string;
  readonly class?: string;
  readonly children: (choose: () => void) => ComponentChildren;
}) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <div
      class={`drop ${isOver ? "over" : ""} ${props.class ?? ""}`}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget))
          setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        addFiles(props.purpose, event.dataTransfer?.files ?? []);
      }}
    >
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t("chooseFiles")}
        accept={accepted()}
        onChange={(event) => {
          addFiles(props.purpose, event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      {props.children(() => input.current?.click())}
      {isOver ? (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="attach" /> {t("dropHere")}
        </div>
      ) : null}
    </div>
  );
}

export function SentFiles(props: { readonly purpose: string }) {
  const rows = filesFor(props.purpose);
  if (rows.length === 0) return null;
  return (
    <ul class="sent-files" aria-label={t("files")}>
      {rows.map((one) => (
        <li key={one.key}>
          <span class="sent-name">
            <Words class="words">{one.file.name}</Words>
            <span class="muted small">{stateOf(one)}</span>
          </span>
          {one.state === "sending" || one.state === "paused" ? (
            <Meter value={one.file.size === 0 ? 0 : one.sentBytes / one.file.size} label={one.file.name} />
          ) : null}
          <span class="sent-actions">
            {one.state === "sending" ? (
              <Button small kind="quiet" icon="pause" label={t("pause")} onClick={() => pauseFile(one.key)} />
            ) : null}
            {one.state === "paused" || one.state === "failed" ? (
              <Button small kind="quiet" icon="play" label={t("resume")} onClick={() => resumeFile(one.key)} />
            ) : null}
            <Button small kind="quiet" icon="close" label={t("remove")} onClick={() => removeFile(one.key)} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function stateOf({ state, sentBytes, file, error, waitsForNetwork }: SentFile): string {
  if (state === "failed") return messageOf(error);
  if (state === "paused" && waitsForNetwork) return t("waitsForNetwork");
  if (state === "ready") return t("fileReady");
  if (state === "checking") return t("fileChecked");
  return `${t(state === "paused" ? "paused" : "sending")} · ${bytes(sentBytes)} / ${bytes(file.size)}`;
}
