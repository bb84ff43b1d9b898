/** A sentence's clauses, and what each tells a person to do. */
import type { ActionName } from "./action.ts";
import { ADDRESSED, CONTENT_END, type Kind, LANGUAGES, type Language } from "./gui-talk-words.ts";

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
  /["“「『《`']/.test(text)
    ? text.replace(QUOTED, (quoted) => {
        const inner = quoted.slice(1, -1);
        return LABELS.test(inner) ? ` ${inner} ` : "\uE000".repeat(quoted.length);
      })
    : text;

/** A piece of a sentence's shadow. Its kind, and whether it offers an export, are found once. */
export type Clause = {
  readonly from: number;
  readonly text: string;
  readonly kind: Kind | null;
  readonly isOffer: boolean;
};

const languagesOf = (text: string): readonly Language[] => LANGUAGES.filter(({ words }) => words.test(text));

/** False where a text cannot ask or offer anything, whatever its clauses are. */
export const hasWords = (text: string): boolean => LANGUAGES.some(({ words }) => words.test(text));

export function clauseOf(from: number, text: string): Clause {
  const plain = plainOf(text);
  if (plain === null) return { from, text, kind: null, isOffer: false };
  const languages = languagesOf(plain);
  return { from, text, kind: kindIn(plain, languages), isOffer: languages.some(({ offer }) => offer.test(plain)) };
}

export function clausesOf(shadow: string): Clause[] {
  const clauses: Clause[] = [];
  let from = 0;
  CLAUSES.lastIndex = 0;
  for (let found = CLAUSES.exec(shadow); found !== null; found = CLAUSES.exec(shadow)) {
    clauses.push(clauseOf(from, shadow.slice(from, CLAUSES.lastIndex)));
    from = CLAUSES.lastIndex;
  }
  clauses.push(clauseOf(from, shadow.slice(from)));
  return clauses;
}

/** A clause as the patterns read it: without emphasis and what marks a list. Null when it is too long to be instructions. */
function plainOf(clause: string): string | null {
  if (clause.length > LONGEST_CLAUSE) return null;
  return clause
    .replace(/[\s*_]+/g, " ")
    .replace(/^[ >#(（•–—-]+/, "")
    .replace(/^\d{1,2}[.)、] ?/, "");
}

function kindIn(plain: string, languages: readonly Language[]): Kind | null {
  if (CONTENT_END.test(plain) && !ADDRESSED.test(plain)) return null;
  for (const { instructions } of languages) {
    const met = instructions.find(([, pattern]) => pattern.test(plain));
    if (met !== undefined) return met[0];
  }
  return null;
}

export function kindOf(clause: string): Kind | null {
  const plain = plainOf(clause);
  return plain === null ? null : kindIn(plain, languagesOf(plain));
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
