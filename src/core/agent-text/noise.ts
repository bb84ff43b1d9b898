/**
 * Recognises texts of the agent with another meaning: the apology that it appends to a successful turn, and its
 * message that credits are exhausted. Source: nemo-api reference 4.5 (3, 9).
 */

/** Maximum length of both, in UTF-16 units. Chosen: three sentences. */
const LONGEST = 400;

const SENTENCE = /[^.!?。！？…\n]+/g;

/**
 * The sentences of the apology. Full sentences, so that a report of a failure ("I could not add the title") does not
 * match.
 */
const TROUBLE = [
  /^(?:(?:oops|sorry|apologies|i apologi[sz]e|i'm sorry|unfortunately)[,:]?(?: but)? ?)?(?:it (?:looks|seems)(?: like)? )?(?:i|we|i've|we've|there)(?: have| has| just)? ?(?:encountered|hit|ran into|experienced|had|am experiencing|was|is|are experiencing) (?:a|an|some) (?:temporary|unexpected|transient|brief|technical|temporary technical) (?:issue|problem|error|hiccup|glitch|difficulty)(?: (?:while|when|with|during|processing|on)\b[^,]{0,80})?$/i,
  /^(?:(?:非常|很)?(?:抱歉|对不起|不好意思)[，,]?)?(?:我|系统|服务)?(?:这边)?(?:刚刚|刚才|暂时|好像)?(?:在.{0,20}时)?(?:遇到|出现|发生|碰到)了?(?:一个|一些|点|一点)?(?:临时|暂时|短暂|技术|意外)(?:性)?的?(?:问题|故障|错误|异常|状况)$/,
];
const FILLER = [
  /^(?:so )?(?:please )?(?:try|retry)(?: (?:it|that|your request))?(?: again)?(?: (?:later|shortly|soon|in a (?:moment|few moments|minute|few minutes|bit)|once more))?$/i,
  /^(?:i'm |i am )?(?:so |very )?sorry(?: (?:about|for) (?:that|this|the (?:inconvenience|trouble)))?$/i,
  /^(?:i |we )?apologi[sz]e(?:s)?(?: for (?:the inconvenience|this|that|any inconvenience))?$|^my apologies$|^oops$/i,
  /^(?:(?:非常)?抱歉|对不起|不好意思|给您带来不便)?[，,]?(?:请)?(?:您)?(?:稍后|稍候|过一会儿?|等一会儿?)?(?:再|重新)?(?:试|重试|尝试)?(?:一次|一下|试)?$/,
];

const sentencesOf = (text: string): string[] =>
  (text.replace(/’/g, "'").match(SENTENCE) ?? [])
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");

/**
 * Whether a text is only the apology for a temporary issue. It is noise only after other output; alone it is the
 * turn's answer, and the caller must check that.
 */
export function isTrailingNoise(text: string): boolean {
  if (text.length > LONGEST) return false;
  const parts = sentencesOf(text).flatMap((sentence) => sentence.split(/[，,]\s*(?=请|please)/i));
  const isTrouble = (part: string): boolean => TROUBLE.some((pattern) => pattern.test(part));
  return (
    parts.some(isTrouble) && parts.every((part) => isTrouble(part) || FILLER.some((pattern) => pattern.test(part)))
  );
}

/** A turn's texts without the trailing apologies; all of them when there is no other text. */
export function withoutTrailingNoise(texts: readonly string[]): readonly string[] {
  const last = texts.findLastIndex((text) => text.trim() !== "" && !isTrailingNoise(text));
  return last < 0 ? texts : texts.slice(0, last + 1);
}

const QUOTED = /"[^"]*"|“[^”]*”|「[^」]*」|《[^》]*》|`[^`]*`/g;
const SPENT = [
  /\b(?:insufficient|not enough|too few|no more|zero) (?:account |available |remaining )?credits?\b/i,
  /\b(?:do not|don't|does not|doesn't|did not|didn't) have (?:enough|sufficient|any(?: more)?) (?:\w+ )?credits?\b/i,
  /\b(?:out of|ran out of|run out of|used up (?:all )?(?:of )?your|used all (?:of )?your|exhausted your) (?:\w+ )?credits?\b/i,
  /\byour (?:\w+ )?credits? (?:balance )?(?:are|is|have been|has been|have|has) (?:all |fully |now )?(?:exhausted|used up|depleted|insufficient|too low|run out|gone|0\b|zero)/i,
  /\b(?:no|0) credits? (?:left|remaining|available)\b/i,
  /(?:积分|点数|额度)(?:余额)?(?:已经?)?(?:不足|不够|用完|用尽|耗尽|为0|为零|为 0)|余额不足|没有(?:足够的?|可用的?|剩余)(?:积分|点数|额度)|(?:积分|点数|额度)不(?:足|够)/,
];
/** Sentences about the future, the past, or a film's credits; and texts on screen. */
const NOT_SPENT =
  /\b(?:if|when|once|until|unless|before|in case|avoid|would|won't|will not|may|might|could|never|end credits|closing credits|opening credits|roll(?:ing)?|title|scene|caption|text|says|overlay|movie|film)\b|如果|若|一旦|避免|防止|以免|之前|当.*时|标题|字幕|文字|画面|镜头|片尾|场景/i;

/**
 * Whether the agent's answer says that credits are exhausted, which other endpoints report as code 2001. Only plain
 * statements count; a doubtful one is an ordinary text. Quoted words are ignored.
 */
export function saysNoCredits(text: string): boolean {
  if (text.length > LONGEST * 2) return false;
  const sentences = sentencesOf(text.replace(QUOTED, " ")).filter((sentence) => !NOT_SPENT.test(sentence));
  return sentences.some((sentence) => SPENT.some((pattern) => pattern.test(sentence)));
}
