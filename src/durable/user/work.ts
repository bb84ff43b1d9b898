/** The fuse box of a user's object: which part performs what is due, and which gives it an end when it keeps failing. */
import type { BatchId, MakingId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import { AUDIT, tellAudit } from "../audit-note.ts";
import type { DueRow } from "../due-rows.ts";
import { TOKEN_WARNING } from "../kept-token.ts";
import { OUTBOX } from "../outbox.ts";
import { TOKEN_STANDING } from "../token-standing.ts";
import { ERASE, FORGET } from "./erasure.ts";
import { ACT, ATTACH, BATCH, FILE, MAKING, REMOVE, RENDER, TIDY, TURN, VIDEO } from "./home.ts";
import type { UserParts } from "./parts.ts";
import { REGISTER, register } from "./registry.ts";

/** Hands a due row to the part that does such work. Of a deleted user only the deletion itself is still due. */
export async function performDue(parts: UserParts, { kind, ref, attempts }: DueRow): Promise<void> {
  const { erasure, home } = parts;
  if (!erasure.isOwed(kind)) return home.schedule.done(kind, ref);
  if (kind === TURN) return parts.run.perform(ref as TurnId, attempts);
  if (kind === RENDER) return parts.rendering.perform(ref as RenderId, attempts);
  if (kind === FILE) return parts.files.look(ref as RenderId);
  if (kind === ATTACH) return parts.assets.perform(ref, attempts);
  if (kind === OUTBOX) return parts.home.outbox.flush();
  if (kind === VIDEO) return parts.filming.perform(ref as VideoId);
  if (kind === BATCH) return parts.batches.perform(ref as BatchId);
  if (kind === MAKING) return parts.makings.perform(ref as MakingId);
  if (kind === REMOVE) return parts.removals.perform(ref as VideoId | ProjectId);
  if (kind === ACT) return parts.run.act(ref as TurnId);
  if (kind === TIDY) return tidy(parts);
  if (kind === TOKEN_WARNING) return parts.home.account.warn(ref);
  if (kind === AUDIT) return tellAudit(home.ground, home.schedule, ref);
  if (kind === TOKEN_STANDING) return parts.home.account.tell(ref);
  if (kind === REGISTER) return register(home, () => home.account.noteSeals());
  if (kind === ERASE) return erasure.erase(home.schedule, parts.lastTurns);
  if (kind === FORGET) return erasure.forget();
  throw new Error(`nobody does work of kind ${kind}`);
}

/** Gives what a row belongs to an end; false where it must be tried for ever. */
export function giveUpDue(parts: UserParts, { kind, ref }: DueRow): boolean {
  if (![TURN, RENDER, ATTACH, ACT, VIDEO].includes(kind)) return false;
  if (kind === TURN) parts.run.giveUp(ref as TurnId);
  if (kind === RENDER) parts.rendering.giveUp(ref as RenderId);
  if (kind === ATTACH) parts.assets.giveUp(ref);
  if (kind === VIDEO) parts.filming.giveUp(ref as VideoId);
  return true;
}

/** Lets go of what is no longer kept, and comes back when the next of it is. */
function tidy({ home: { ground, log, schedule }, videoRows }: UserParts): void {
  const before = ground.now() - EVENTS_TTL_MS;
  const left = [log.tidy(before), videoRows.tidy(before)].filter((at) => at !== null);
  if (left.length === 0) schedule.done(TIDY, "");
  else schedule.owe(TIDY, "", Math.min(...left) + EVENTS_TTL_MS + HOUR_MS);
}
