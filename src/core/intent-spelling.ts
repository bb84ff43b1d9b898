/** One spelling of a message, so that the grammar holds each word once. */

/** Short forms and what they stand for. */
const SHORT: ReadonlyMap<string, string> = new Map(
  `u=you,ur=your,pls=please,plz=please,thx=thanks,ty=thanks,gimme=give me,lemme=let me,wanna=want to,gonna=going to,
  gotta=have to,im=i am,whats=what is,what's=what is,hows=how is,how's=how is,it's=it is,that's=that is,thats=that is,
  let's=let us,lets=let us,vid=video,vids=videos,pic=picture,pics=pictures,dl=download,rn=now`
    .split(",")
    .map((pair) => [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1)]),
);

/** What an apostrophe stands for after any word. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["'m", " am"],
  ["'re", " are"],
  ["'d", " would"],
  ["'ve", " have"],
  ["'ll", " will"],
]);

/** Traditional signs, each followed by the simplified one. */
const SIMPLER =
  "導导匯汇檔档視视頻频載载餘余額额狀状態态傳传圖图請请問问還还積积個个現现進进軌轨時时間间線线軸轴顯显麼么樣样嗎吗馬马幫帮給给發发這这張张來来儲储點点數数電电腦脑機机專专項项錄录樂乐幾几裡里裏里條条謝谢煩烦報报開开將将沒没輸输畫画質质詢询帳账賬账號号務务處处製制從从東东終终後后準准備备讓让過过趕赶緊紧繼继續续確确認认錯错題题輯辑聲声動动該该們们為为師师親亲";
const simpler = new Map<string, string>();
for (let at = 0; at + 1 < SIMPLER.length; at += 2) simpler.set(SIMPLER.charAt(at), SIMPLER.charAt(at + 1));

const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\p{Cf}|[\u{FE0F}\u{20E3}]/gu;
const SMILE = /(?:(?<=\s|^)[:;=]-?[)dp]+|[:;=]-?\)+|\^_?\^|<3)\s*$/u;

/**
 * The message in compatible forms composed, lower case, straight apostrophes, simplified signs and whole words, without
 * emoji, a smile at its end, and a slash at its beginning.
 */
export function spellingOf(message: string): string {
  const folded = message.normalize("NFKC").toLowerCase().replace(/[’ʼ]/g, "'");
  const bare = folded.replace(EMOJI, " ").replace(SMILE, "").trim().replace(/^\//, "");
  return bare
    .replace(/\p{Script=Han}/gu, (sign) => simpler.get(sign) ?? sign)
    .replace(/([a-z])\1{2,}/g, "$1")
    .replace(/[a-z']+/g, (word) => SHORT.get(word) ?? word)
    .replace(/(?<=[a-z])'(?:m|re|d|ve|ll)(?![a-z])/g, (ending) => ENDINGS.get(ending) ?? ending);
}
