/** A sentence's clauses, and what each tells a person to do. */
import type { ActionName } from "./action.ts";
import { ADDRESSED, CONTENT_END, type Kind, OFFERS, PATTERNS } from "./gui-talk-words.ts";

/** In UTF-16 units. Chosen: it bounds what each pattern reads. */
export const LONGEST_CLAUSE = 300;

/** Begins each clause: a mark with what follows it, or a word that joins. "drag and drop" is one. */
const CLAUSES = /[,，;；:：、]\s*|\.\s+|\s[—–-]+\s|——|\s(?=(?:and|or|then|but|so)\s(?!drop\b|drag\b|hold\b))/gi;
const QUOTED =
  /"[^"]*"|“[^”]{0,400}”|「[^」]{0,400}」|『[^』]{0,400}』|《[^》]{0,400}》|`[^`]*`|(?<![\p{L}\p{N}])'[^']{1,80}'(?![\p{L}\p{N}])/gu;
/** A quoted label of a button says what a click on it does. */
const LABELS =
  /^(?:export|download|play|preview|save|share|render|upload|settings|billing|account|导出|下载|播放|预览|上传|设置|保存)$/i;

/** The sentence sign by sign, with what is quoted made unreadable. */
export const shadowOf = (text: string): string =>
  text.replace(QUOTED, (quoted) => {
    const inner = quoted.slice(1, -1);
    return LABELS.test(inner) ? ` ${inner} ` : "\uE000".repeat(quoted.length);
  });

export type Clause = { readonly from: number; readonly text: string };

export function clausesOf(shadow: string): Clause[] {
  const starts = [0, ...[...shadow.matchAll(CLAUSES)].map((found) => found.index + found[0].length)];
  return starts.map((from, index) => ({ from, text: shadow.slice(from, starts[index + 1]) }));
}

/** A clause as the patterns read it: without emphasis and what marks a list. Null when it is too long to be instructions. */
function plainOf(clause: string): string | null {
  if (clause.length > LONGEST_CLAUSE) return null;
  return clause
    .replace(/[\s*_]+/g, " ")
    .replace(/^[ >#(（•–—-]+/, "")
    .replace(/^\d{1,2}[.)、] ?/, "");
}

export function kindOf(clause: string): Kind | null {
  const plain = plainOf(clause);
  if (plain === null || (CONTENT_END.test(plain) && !ADDRESSED.test(plain))) return null;
  return PATTERNS.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
}

export function isOffer(clause: string): boolean {
  const plain = plainOf(clause);
  return plain !== null && OFFERS.some((pattern) => pattern.test(plain));
}

/** The call that does what a clause asks a person to do. */
export function actionIn(kind: Kind, clause: string): ActionName {
  if (kind === "account") return "credits";
  if (kind === "see") return /account|billing|balance|账户|账号|账单|余额/i.test(clause) ? "credits" : "timeline";
  if (kind === "drag") return /files?\b|upload|media|footage|文件|上传|素材/i.test(clause) ? "upload" : "turn";
  if (/export|download|render|导出|下载|保存|\bsave\b|\bshare\b|分享/i.test(clause)) return "render";
  if (/upload|import|上传|导入|素材库|media (?:library|bin)/i.test(clause)) return "upload";
  if (
    /account|billing|settings|dashboard|subscription|账户|账号|账单|设置|后台|控制台|仪表盘|个人中心|充值|订阅/i.test(
      clause,
    )
  ) {
    return "credits";
  }
  if (kind === "edit") return "turn";
  if (kind === "open" || /play|preview|timeline|播放|预览|时间线|时间轴/i.test(clause)) return "timeline";
  return "turn";
}
