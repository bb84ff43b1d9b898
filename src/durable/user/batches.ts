/** Batches: ordered whole, begun a few items at a time, ended once. Each item is a video, which does the rest. */
import {
  type Batch,
  type BatchChange,
  type BatchItem,
  type BatchOrder,
  changedBatch,
  type NamedBatchItem,
  newBatchOf,
  nextBatchStep,
  videoOrderOf,
} from "../../core/batch.ts";
import { stepKey } from "../../core/dedupe.ts";
import { asSent, type Refusal, refusal } from "../../core/errors.ts";
import { type BatchId, ownedId, type VideoId } from "../../core/ids.ts";
import type { Call, Page, PageRequest } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import { pageOf } from "../page.ts";
import { asRepeated, findRepeat, keepRepeat } from "../repeats.ts";
import { TryAgain } from "../schedule.ts";
import type { BatchRows } from "./batch-rows.ts";
import { type ShownItem, showBatch, showItem, waitingAs } from "./batch-show.ts";
import { BATCH, type Home, isNamed, originOf } from "./home.ts";
import { enterAsNew } from "./new-user.ts";
import type { Projects } from "./projects.ts";
import { settleSources } from "./video-imports.ts";
import type { Videos } from "./videos.ts";

export class Batches {
  readonly #home: Home;
  readonly #rows: BatchRows;
  readonly #videos: Videos;
  readonly #projects: Projects;

  constructor(home: Home, rows: BatchRows, videos: Videos, projects: Projects) {
    this.#home = home;
    this.#rows = rows;
    this.#videos = videos;
    this.#projects = projects;
    home.outbox.heard((resource) => {
      const batch = resource.startsWith("vid_") ? rows.batchOf(resource as VideoId) : null;
      if (batch !== null) home.schedule.owe(BATCH, batch, home.ground.now());
    });
  }

  /** Commits the batch with all its items, or refuses it whole: an item that can never be made is named. */
  async start(call: Call, order: BatchOrder, named: readonly NamedBatchItem[]): Promise<Result<BatchWire, Refusal>> {
    const { ground, address, schedule } = this.#home;
    const entered = await enterAsNew(this.#home, call);
    if (!entered.ok) return entered;
    const items: BatchItem[] = [];
    for (const item of named) items.push({ ...item, sources: await settleSources(this.#home, item.sources) });
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return asRepeated(this.read(repeat.value as BatchId)); // written by this method only
    const id = ownedId("bat", address.uh, ground.now(), ground.random);
    const batch = { ...newBatchOf(order, id, items.length, ground.now()), key: call.key ?? null };
    const refused = this.#refuse(batch, named);
    if (refused !== null) return err(refused);
    ground.storage.transactionSync(() => {
      this.#rows.save(batch);
      for (const [n, item] of items.entries()) this.#rows.addItem(id, n, item);
      keepRepeat(ground, call, id);
      schedule.owe(BATCH, id, ground.now());
    });
    await ground.boundary("batch.intent");
    schedule.tick();
    return ok(this.#show(batch));
  }

  read(id: BatchId): Result<BatchWire, Refusal> {
    const batch = this.#rows.find(id);
    return batch === null ? err(noBatch()) : ok(this.#show(batch));
  }

  list(page: PageRequest): Page<BatchWire> {
    return pageOf(
      this.#rows.page(page),
      page,
      (batch) => batch.id,
      (batch) => this.#show(batch),
    );
  }

  /** Its items in order, all or those that stand so; the cursor is the place of the next one. */
  items(
    id: BatchId,
    { limit, after }: PageRequest,
    status: BatchItemWire["status"] | null,
  ): Result<Page<ShownItem>, Refusal> {
    const batch = this.#rows.find(id);
    if (batch === null) return err(noBatch());
    const from = after === null ? 0 : Number(after);
    const show = (item: (typeof rows)[number]): ShownItem =>
      showItem(batch, item, item.video === null ? null : this.#videos.show(item.video));
    const rows = this.#rows.items(id, from, limit, status, waitingAs(batch));
    return ok(pageOf(rows, { limit, after }, ({ n }) => String(n + 1), show));
  }

  /** Pauses, resumes or cancels it. Paused: what is being made is made to its end, nothing new begins. */
  change(id: BatchId, change: BatchChange): Result<BatchWire, Refusal> {
    const { ground, schedule } = this.#home;
    const batch = this.#rows.find(id);
    if (batch === null) return err(noBatch());
    const next = changedBatch(batch, change);
    if (next === null && change !== "cancel" && (batch.endedAt !== null || batch.status === "cancelled"))
      return err(refusal("batch_ended", "The batch is already over; start another one.", { hint: "POST /v1/batches" }));
    if (next !== null) {
      ground.storage.transactionSync(() => {
        this.#rows.save(next);
        schedule.owe(BATCH, id, ground.now());
      });
      schedule.tick();
    }
    return this.read(id);
  }

  /** The schedule's work for one batch: begins what may begin, and ends it when nothing is left. */
  async perform(id: BatchId): Promise<void> {
    const { ground, schedule } = this.#home;
    for (;;) {
      const batch = this.#rows.find(id);
      if (batch === null) return schedule.done(BATCH, id);
      const step = nextBatchStep(batch, this.#rows.counts(id), ground.now());
      if (step.do === "rest") return schedule.done(BATCH, id);
      if (step.do === "wait") return schedule.owe(BATCH, id, ground.now() + ground.config.waits.videoLook);
      if (step.do === "end") return this.#end(step.batch);
      if (step.do === "stop_running") for (const video of this.#rows.running(id)) this.#videos.cancel(video);
      if (step.do === "make_project") await this.#makeProject(batch);
      if (step.do === "start") {
        for (const { n, item } of this.#rows.waiting(id, step.count)) {
          ground.storage.transactionSync(() => {
            const video = this.#videos.begin(videoOrderOf(batch, item), id, batch.key ?? null);
            this.#rows.begun(id, n, video.id);
          });
        }
        await ground.boundary("batch.item");
        schedule.tick();
      }
    }
  }

  /** Cancels one that keeps failing, and ends it at once where even that fails. */
  giveUp(id: BatchId): void {
    const { ground, schedule } = this.#home;
    const batch = this.#rows.find(id);
    if (batch === null || batch.endedAt !== null) return;
    const cancelled = changedBatch(batch, "cancel");
    if (cancelled === null) {
      this.#end({ ...batch, endedAt: ground.now() });
      return;
    }
    ground.storage.transactionSync(() => {
      this.#rows.save(cancelled);
      schedule.owe(BATCH, id, ground.now());
    });
  }

  #end(batch: Batch): void {
    const { ground, schedule, outbox } = this.#home;
    ground.storage.transactionSync(() => {
      this.#rows.save(batch);
      outbox.add("batch.completed", batch.id, this.#show(batch), batch);
      schedule.done(BATCH, batch.id);
    });
  }

  /** Under a key of its own: a crash before it is written down finds it again. */
  async #makeProject({ id }: Batch): Promise<void> {
    const home = this.#home;
    const repeat = { key: stepKey(id, "project"), fingerprint: id };
    const call = { origin: originOf(home), named: isNamed(home), repeat };
    const made = await this.#projects.create(call, { name: "batch", metadata: {} });
    if (!made.ok) throw new TryAgain("no project for a batch", made.error);
    const fresh = this.#rows.find(id); // paused or cancelled meanwhile
    if (fresh !== null) this.#rows.save({ ...fresh, project: made.value.id });
  }

  /** Why an item can never be made, by its place; null when nothing speaks against any. */
  #refuse(batch: Batch, items: readonly NamedBatchItem[]): Refusal | null {
    for (const [n, item] of items.entries()) {
      const refused = this.#videos.refuse({
        ...videoOrderOf(batch, { ...item, sources: [] }),
        ...item,
        callback: batch.callback,
      });
      if (refused === null) continue;
      return asSent(refused, (field) => (field.startsWith("/assets") ? `/items/${n}${field}` : field));
    }
    return null;
  }

  #show(batch: Batch): BatchWire {
    return showBatch(this.#home, batch, this.#rows.counts(batch.id), this.#rows.spent(batch.id));
  }
}

const noBatch = (): Refusal =>
  refusal("not_found", "No batch with this id exists here; list yours with GET /v1/batches.");
