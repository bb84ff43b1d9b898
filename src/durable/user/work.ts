/** A user's due work: which part does it, and what becomes of work that keeps failing. */
import type { RenderId, TurnId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { DueRow } from "../due-rows.ts";
import { TOKEN_WARNING } from "../kept-token.ts";
import { OUTBOX } from "../outbox.ts";
import { ERASE, FORGET } from "./erasure.ts";
import { ACT, ATTACH, FILE, RENDER, TIDY, TURN } from "./home.ts";
import type { UserParts } from "./parts.ts";
import { REGISTER, register } from "./registry.ts";

/** Hands a due row to the part that does such work. Of a deleted user only the deletion itself is still due. */
export async function performDue(parts: UserParts, { kind, ref, attempts }: DueRow): Promise<void> {
  const { erasure, home } = parts;
  if (!erasure.isOwed(kind)) return home.schedule.done(kind, ref);
  if (kind === TURN) return parts.run.perform(ref as TurnId, attempts);
  if (kind === RENDER) return parts.rendering.perform(ref as RenderId, attempts);
  if (kind === FILE) return parts.files.expire(ref as RenderId);
  if (kind === ATTACH) return parts.assets.perform(ref, attempts);
  if (kind === OUTBOX) return parts.home.outbox.flush();
  if (kind === ACT) return parts.run.act(ref as TurnId);
  if (kind === TIDY) return tidy(parts);
  if (kind === TOKEN_WARNING) return parts.home.account.warn(ref);
  if (kind === REGISTER) return register(home, () => home.account.noteSeals());
  if (kind === ERASE) return erasure.erase(home.schedule);
  if (kind === FORGET) return erasure.forget();
  throw new Error(`nobody does work of kind ${kind}`);
}

/** Lets go of what is no longer kept, and comes back when the next of it is. */
function tidy(parts: UserParts): void {
  const { ground, log, schedule } = parts.home;
  const oldest = log.tidy(ground.now() - EVENTS_TTL_MS);
  if (oldest === null) schedule.done(TIDY, "");
  else schedule.owe(TIDY, "", oldest + EVENTS_TTL_MS + HOUR_MS);
}

/** Gives what a row belongs to an end, where it can have one. */
export function giveUpDue(parts: UserParts, { kind, ref }: DueRow): boolean {
  if (![TURN, RENDER, ATTACH, ACT].includes(kind)) return false;
  if (kind === TURN) parts.run.giveUp(ref as TurnId);
  if (kind === RENDER) parts.rendering.giveUp(ref as RenderId);
  if (kind === ATTACH) parts.assets.giveUp(ref);
  return true;
}
