/** The fuse box of a user's object: which part performs what is due, and which gives it an end when it keeps failing. */
import type { AssetId, BatchId, MakingId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, REMOVED_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { GivenUpKind, JobKind } from "../shared/job-kinds.ts";
import { type DueRow, mustWait } from "../shared/jobs.ts";
import { AUDIT, OUTBOX, tellAudit } from "../shared/outbox.ts";
import { TOKEN_STANDING, TOKEN_WARNING } from "../shared/stored-token.ts";
import {
  ACT,
  AGED,
  ATTACH,
  BATCH,
  FILE,
  MAKING,
  REGISTER,
  REMOVE,
  RENDER,
  register,
  TIDY,
  TURN,
  VIDEO,
} from "./context.ts";
import { ERASE, FORGET } from "./deletion.ts";
import type { UserParts } from "./services.ts";

/** Who performs each kind. */
const PERFORM: { readonly [Kind in JobKind<"user">]: (parts: UserParts, row: DueRow) => unknown } = {
  [TURN]: ({ run }, { ref, attempts }) => run.perform(ref as TurnId, attempts),
  [RENDER]: ({ rendering }, { ref, attempts }) => rendering.perform(ref as RenderId, attempts),
  [FILE]: ({ files }, { ref }) => files.look(ref as RenderId),
  [ATTACH]: ({ assets }, { ref, attempts }) => assets.perform(ref, attempts),
  [OUTBOX]: ({ home }) => home.outbox.flush(),
  [VIDEO]: ({ filming }, { ref }) => filming.perform(ref as VideoId),
  [BATCH]: ({ batches }, { ref }) => batches.perform(ref as BatchId),
  [MAKING]: ({ makings }, { ref }) => makings.perform(ref as MakingId),
  [REMOVE]: ({ removals, assetRemovals }, { ref }) =>
    ref.startsWith("ast_") ? assetRemovals.perform(ref as AssetId) : removals.perform(ref as VideoId | ProjectId),
  [ACT]: ({ run }, { ref }) => run.act(ref as TurnId),
  [TIDY]: (parts) => tidy(parts),
  [AGED]: (parts) => letAgedGo(parts),
  [TOKEN_WARNING]: ({ home }, { ref }) => home.account.warn(ref),
  [AUDIT]: ({ home }, { ref }) => tellAudit(home.ground, home.schedule, ref),
  [TOKEN_STANDING]: ({ home }, { ref }) => home.account.tell(ref),
  [REGISTER]: ({ home }) => register(home, () => home.account.noteSeals()),
  [ERASE]: ({ erasure, home, lastTurns }) => erasure.erase(home.schedule, lastTurns),
  [FORGET]: ({ erasure }) => erasure.forget(),
};

/** What ends what a job that was given up belongs to. */
const GIVE_UP: { readonly [Kind in GivenUpKind<"user">]: (parts: UserParts, ref: string) => void } = {
  [TURN]: ({ run }, ref) => run.giveUp(ref as TurnId),
  [RENDER]: ({ rendering }, ref) => rendering.giveUp(ref as RenderId),
  [ATTACH]: ({ assets }, ref) => assets.giveUp(ref),
  [ACT]: () => undefined, // its turn is over, and nobody was told that the agent's suggestion would be followed
  [VIDEO]: ({ filming }, ref) => filming.giveUp(ref as VideoId),
  [MAKING]: ({ makings }, ref) => makings.giveUp(ref as MakingId),
  [BATCH]: ({ batches }, ref) => batches.giveUp(ref as BatchId),
};

/** Work that begins something, at Nemo or of ours: it waits while the tenant is paused. */
const BEGINNING: readonly string[] = [TURN, RENDER, ATTACH, ACT, VIDEO, BATCH, MAKING];

/** Whether this row begins something. A turn that left is settled and a render that left is fetched, pause or not. */
function isNew({ run, rendering }: UserParts, kind: string, ref: string): boolean {
  if (kind === TURN) return run.isQueued(ref as TurnId);
  if (kind === RENDER) return rendering.isQueued(ref as RenderId);
  return BEGINNING.includes(kind);
}

/** Hands a due row to the part that does such work. Of a deleted user only the deletion itself is still due. */
export async function performDue(parts: UserParts, row: DueRow): Promise<void> {
  const kind = row.kind as JobKind<"user">; // or what only another version knows
  if (PERFORM[kind] === undefined) throw new Error(`nobody does work of kind ${kind}`);
  const { home, erasure } = parts;
  if (!erasure.isOwed(kind)) home.schedule.done(kind, row.ref);
  else if (isNew(parts, kind, row.ref) && (await mustWait(home.ground)))
    home.schedule.owe(kind, row.ref, home.ground.now() + home.ground.config.waits.pauseLook);
  else await PERFORM[kind](parts, row);
}

/** Gives what a row belongs to an end. */
export function giveUpDue(parts: UserParts, { kind, ref }: DueRow): void {
  if (parts.erasure.isOwed(kind)) GIVE_UP[kind as GivenUpKind<"user">](parts, ref); // asked of these only
}

/** Lets go of what is no longer kept, and comes back when the next of it is. */
function tidy({ home: { ground, log, schedule }, videoRows }: UserParts): void {
  const before = ground.now() - EVENTS_TTL_MS;
  const left = [log.tidy(before), videoRows.tidy(before)].filter((at) => at !== null);
  if (left.length === 0) schedule.done(TIDY, "");
  else schedule.owe(TIDY, "", Math.min(...left) + EVENTS_TTL_MS + HOUR_MS);
}

/** The same of what is kept for weeks. */
async function letAgedGo({ home: { ground, schedule }, removalRows, uploads }: UserParts): Promise<void> {
  const removed = removalRows.tidy(ground.now() - REMOVED_TTL_MS);
  const left = [removed === null ? null : removed + REMOVED_TTL_MS, await uploads.letGo()].filter((at) => at !== null);
  if (left.length === 0) schedule.done(AGED, "");
  else schedule.owe(AGED, "", Math.min(...left) + HOUR_MS);
}
