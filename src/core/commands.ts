/**
 * Recognises commands. The gateway answers a command itself; every other message goes to the agent, and so does every
 * doubtful one: sending a command to the agent costs a turn, but treating an instruction as a command loses it.
 *
 *   text → normalise → clauses → exactly one that is not politeness → a command of the grammar, or chat
 */

/*
 * The grammar of commands in English and Chinese (nemo-api reference 8.2), its parser, and the normalisation of
 * messages.
 *
 * The grammar is a list of entries `NAME = …`; an indented line continues its entry. `a|b` is an alternative, `( )` a
 * group, `?` optional, `*` any number, `/s` an optional s, `#` a number of one or two digits, capitals another entry.
 * Chinese is matched character by character. A message with an unmatched word is chat, and so is one that names an output format other
 * than the attested one. A film has credits too, and an image a balance: only owned or counted credits match.
 */

const GRAMMAR = `
export = ASK* (EXPORT|GET) END* 不?|ASK* IT? SOON IT? EXPORT 了 END*
  |ASK* (WANT GOODS|LINK|MIND MAKING IT AS*) END*
EXPORT = MAKE (一下)? COME? IT? AS*|SAVE (一下)? (THE* FINAL* FILM|THAT)? AS*
  |(把|将)? IT SOON? (MAKE|SAVE) (一下)? COME? AS*|render IT out
FINAL = final|finished|whole|full|completed|complete|edited|exported|latest|(最终|最后|完整|做好|剪好|完成|HD)的?
GET = GIVE GOODS OVER?|(send|give|get) THAT OVER|(把|将)? IT ((发|传)?给我|(发|传)我|给我发)|START (MAKE|MAKING)
  |(WANT|get|have) IT (exported|downloaded|rendered) AS*
MAKE = export|download|render|(export|render) out|final export|导出|汇出|输出|下载|渲染
SAVE = save|保存
FILE = THE* FINAL* (FILM|result|clip|cut|edit|version|project|product|作品|项目|(最终|完整)?版本?)
MAKING = exporting|downloading|rendering
DEVICE = phone|computer|laptop|desktop|pc|mac|gallery|camera roll|手机|电脑|本地|相册
COME = 来|出来|下来|好|给我
GOODS = (the|my|our|那个|FINAL) FILM|(the|my|our)? FINAL FILE|LINK|(the|my) (link|export)
SOON = 可以|能|准备|要|想要?
FILM = video|movie|film|mp4|(video|mp4)? file|视频|(视频)?文件|影片|成片|片子|成品
OVER = over? to (me|us)|over
GIVE = (send|give|get) (me|us) over?|get|have|send over?
START = (start|begin|run|do|proceed with|开始) (the|my|an)?
WANT = (i|we)? (want|need|would (like|love))
HD = mp4|1080p|full? hd|(high|best|full) (quality|resolution)|高清
LINK = (the|a|my)? download link
IT = THAT|everything|(the whole|this) thing|FILE
MIND = (would|do) you mind|how about
THAT = it|this|that|它|这个
THE = the|this|that|my|our|(这|那)(个|段|条)?|我的
AS = (as|to|in|into|at|为|成|到)? (a|an|the)? HD (format|file|video|quality|的|格式|文件|视频)?
  |(to|on|in|到) (my|the)? DEVICE
credits = ASK* ((LOOK|TELL) (the? OWNED|COUNT)|LOOK POINTS LEFT*|LOOK? COUNT_ZH) POLITE*
  |POLITE* (MY* POINTS (LEFT|(i|we) have)*|OWNED|COUNT) POLITE*
LEFT = left|remaining|available|(in|on|of) my account|right? now|currently|剩余|还剩|查询
COUNT = how (many|much) CREDITS (HAVE|LEFT)*|(what|number of) CREDITS HAVE LEFT*
  |how (many|much) HAVE? left LEFT*
  |(do (i|we) STILL? have|have (i|we) got?|got) (any|enough)? CREDITS LEFT*
  |((is|are) there STILL?)? any? CREDITS LEFT|(am i|are we|have (i|we)) run? out of credits
MY = my|our|account|remaining|current|available|我|的|账户里?|剩余|剩下|当前|目前|现在
COUNT_ZH = MY* REMAIN (多少|几)(个|点)? CREDITS|还?剩下?(多少|几个)|MY* CREDITS (REMAIN? 是?多少|还?有|查询|情况)
  |MY* (有没有|还?有|还剩) CREDITS
OWNED = MY MY* POINTS LEFT*|MY* BALANCE LEFT*
HAVE = (do|have)? (i|we) STILL? (have|got)? got?|(are|is) there?|remain
REMAIN = 还?(剩下|剩余|剩|有)
BALANCE = (credit/s|account)? balance|remaining credits|(积分|账户)?余额
POINTS = credits|积分|点数|额度
STILL = still|currently
CREDITS = POINTS|credit|BALANCE
state = (ASK* SEE (THIS|ALL)*|POLITE* THIS*) (STATUS|TRACKS) OF? HOW? NOW* POLITE*
  |(ASK* SEE|POLITE*) (WHAT|DONE|THIS* WHAT_ZH) NOW* POLITE*
THIS = current|my|our|project|video|latest|当前|现在|目前|项目|视频|影片|片子|任务|剪辑|我?的
SEE = LOOK|TELL|list|open|print|列出|汇报|给我看看?
NOW = so far|right? now|at the moment|currently|already|yet
LOOK = (check|view|show) (一下)?|查看?|(查|看)(一下|一?(查|看|下)|询)
ALL = the|a|an|this|all|full|any|whole|一下|这个|所有
TELL = (tell|give|show|get) (me|us)|see|get|know|(what|how) (is|are)|what has|display|look at|显示|告诉我
STATUS = (status|progress) (update|report|check)?|(THIS|an|any) (update/s|progress)|THIS state
  |state OF|状态|进度|进展|现状
TRACKS = tracks|(timeline|track|project) (summary|overview|list|tracks)|timeline|轨道(列表)?|时间线|时间轴
DO = 做|剪辑?|弄|生成|处理|进行
OF = (of|on|for|with|in) WORK|看(看|一下)
WORK = it|THE (FILM|clip|edit|project|timeline)
ON = (in|on|inside) (there|WORK)
HOW = (如何|怎么样|多少|到哪里?|是什么样?)了?
REACHED = 到(哪|什么)(里|儿|一?步|程度)?
WHAT = (what|which) tracks (are (there|ON)|do (we|i) have)|what (is|has)? been? done
  |(what is NOW?|what do (i|we) have) (ON|there)|what (i|we|you) have
  |what (do|have) (i|we|you) (have|got) NOW|what have (you|we) done
DONE = (is|has) (WORK|this|everything) (been|all)? (done|ready|finished|complete)
  |(are|have) (you|we) (done|finished)|how (does WORK look|is WORK looking) NOW
  |what does (WORK look like NOW|THE (timeline|project) look like)
  |how is WORK (coming|progressing) along?|how far along? (are|is) (we|you|WORK) along?
  |where (are we|do (we|things) stand) at? OF?
WHAT_ZH = 现在(是|长)?(什么样|啥样)子?了?|是?什么样子?了|现在怎么样|(现在|DO得?)?(怎么样|如何)了|是?什么 (STATUS|情况)了?
  |(DO|现在) REACHED 了?|REACHED 了|有(没有)?(什么|新)?(进展|进度)|现在有(什么|啥)了|(DO (好|完|完成)|完成|搞定|好)(了?没有?|了(吗|么))
  |(里面|TRACKS(上|里)?面?)都?有(什么|哪些)(轨道)?|有(哪些|几条)轨道
upload = ASK* UPLOAD END* 不?|ASK* HAVE_MEDIA END*
KIND = video|audio|image|media|music|photo|mp4|mov|mp3|wav|jpg|png
UPLOAD = UP (一下)? NEW* MEDIA? FROM*|传 NEW* MEDIA FROM*
  |((import|导入) NEW*|attach (a|an|my)?) PIECE FROM*|(send|发) NEW* MEDIA (给|to) YOU
  |send YOU NEW* MEDIA|给 YOU (发|传) NEW* MEDIA|START (UP|uploading)|(把|将)? NEW* MEDIA UP (一下|上去)?
  |FROM UP NEW* MEDIA?
FROM = (from|从) my? DEVICE* DEVICE里?|(to|into|in) (the|my|this) (project|timeline)|here
  |(for|to|给) YOU
HAVE_MEDIA = MIND (uploading|i upload) NEW* MEDIA|(i|we) (have|got) got? NEW* MEDIA WANT? to upload
  |我?(这里)?有 NEW* MEDIA (要|想|需要) UP
UP = upload|上传
YOU = you|你|您
NEW = #|THE|an|a|another|these|those|more|one|two|three|(couple|few|lot|bunch|some) of?|several
  |multiple|new|other|next|different|additional|attached|own|一|两|二|三|几|多|个|张|段|些|首|条|部|新的?|更多|另|其他
  |本地|自己的?|点|DEVICE里?的
MEDIA = it|them|something|PIECE|KIND (file/s|clip/s|track)|KIND|song/s|material/s|logo/s|voiceover/s
  |(背景)?音乐|音频|录音|图|歌
PIECE = KIND? (file/s|clip/s)|video/s|movie/s|photo/s|picture/s|image/s|footage|视频|影片|图片|照片
  |(视频)?(文件|素材)|档案
POLITE = please|kindly|hello|hi|hey there?|good (morning|afternoon|evening|day)|nemo|bot|guys
  |(thanks|thank you) (a lot|in advance|so much|very much)?|ok|okay|alright|yes|yeah|yep|sure|um
  |tell me|let me know|WANT to know|do you know|for (me|us)|if possible
  |(if|when) you (can|could|don't mind)|(can|could|would|will|may) (you|we|i)|请问?|麻烦(你|您)?|那么?|就|好的?
  |嗯|(你|您)好|嗨|(谢谢|多谢|感谢)(你|您|了|啦)?|(拜托|辛苦)了?|(能|可以)?告诉我|我?想知道|一下|下|吧|吗|嘛|呢|啊|呀|哦|哈|啦|么|呗
  |(好|行|可以)(吗|么|不好|不行)
END = POLITE|right? now|right away|asap|then|today|again|(once|one) more time?|already|现在|马上|一次
ASK = END|just|also|maybe|quick|so|well|and|great|perfect|let (me|us)
  |(i|we)? (want|need|wish|would (like|love)) you? to|WANT|proceed to
  |(i|we)? ((am|are)? (going|ready)|have) to|(i|we|you) (can|will)|go (ahead and)?|time to
  |((is|would) it be?)? possible to|help me? to?|我们?|你|您|帮忙?|帮我|给我|替我|让我|想|要|需要|准备|打算|开始|确认|能不能|可不可以
  |可以|能|能否|可否|是否|立刻|立即|赶紧|快点?|直接|先|再次?|重新|继续
POLITENESS = ASK*|POLITE* FINE POLITE*
FINE = (it|this|that)? (is|looks)? (all|so|really|very)? (good|great|nice|perfect|awesome|done)
  |(good|great|nice) (job|work)|(i am|we are) (done|ready)|that is all|(太|很|真|非常)?(好|棒|完美|不错)了?|没问题
  |就这样|(可以|行|做好|剪好)了
`;

/** A node of the parsed grammar. */
type GrammarNode =
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "entry"; readonly name: string }
  | Either
  | { readonly kind: "row"; readonly parts: readonly GrammarNode[] }
  | { readonly kind: "maybe"; readonly part: GrammarNode }
  | { readonly kind: "any"; readonly part: GrammarNode };
export type Either = { readonly kind: "either"; readonly ways: readonly GrammarNode[] };

const TOKENS = /[()|?*]|[A-Z_]+|\p{Script=Han}|[^\s()|?*\p{Script=Han}]+/gu;

/** Parses the entries by name. Throws on a syntax error, and when two entries have one name. */
export function parseGrammar(text: string): ReadonlyMap<string, GrammarNode> {
  const entries = new Map<string, GrammarNode>();
  for (const source of text.split(/\n(?! )/).filter((line) => line.trim() !== "")) {
    const [name = "", body] = source.split(" = ");
    if (body === undefined) throw new Error(`an entry has no name: ${source}`);
    if (entries.has(name)) throw new Error(`two entries have the name ${name}`);
    entries.set(name, new Reader(body).read());
  }
  return entries;
}

class Reader {
  readonly #source: string;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = source.match(TOKENS) ?? [];
  }

  read(): GrammarNode {
    const whole = this.#either();
    if (this.#at < this.#tokens.length) throw new Error(`a group is closed twice: ${this.#source}`);
    return whole;
  }

  #either(): GrammarNode {
    const ways = [this.#row()];
    while (this.#take("|")) ways.push(this.#row());
    return eitherOf(ways);
  }

  #row(): GrammarNode {
    const parts: GrammarNode[] = [];
    for (let token = this.#tokens[this.#at]; token !== undefined && token !== "|" && token !== ")"; ) {
      parts.push(this.#repeated(this.#one()));
      token = this.#tokens[this.#at];
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "row", parts };
  }

  #one(): GrammarNode {
    if (!this.#take("(")) return wordOrName(this.#tokens[this.#at++] ?? "");
    const inner = this.#either();
    if (!this.#take(")")) throw new Error(`a group is not closed: ${this.#source}`);
    return inner;
  }

  #repeated(part: GrammarNode): GrammarNode {
    if (this.#take("?")) return { kind: "maybe", part };
    return this.#take("*") ? { kind: "any", part } : part;
  }

  #take(token: string): boolean {
    const isNext = this.#tokens[this.#at] === token;
    if (isNext) this.#at += 1;
    return isNext;
  }
}

const eitherOf = (ways: readonly GrammarNode[]): GrammarNode =>
  ways.length === 1 && ways[0] ? ways[0] : { kind: "either", ways };

/** An entry's name, or a word that may end in s. */
function wordOrName(token: string): GrammarNode {
  if (/^[A-Z_]+$/.test(token)) return { kind: "entry", name: token };
  const words = token.endsWith("/s") ? [token.slice(0, -2), token.replace("/", "")] : [token];
  return eitherOf(words.map((word): GrammarNode => ({ kind: "word", word })));
}

/** A node and all its descendants. */
function nodesIn(part: GrammarNode): GrammarNode[] {
  const inner =
    part.kind === "either" ? part.ways : part.kind === "row" ? part.parts : "part" in part ? [part.part] : [];
  return [part, ...inner.flatMap(nodesIn)];
}

/** Abbreviations and their full forms. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map(
  `u=you,ur=your,pls=please,plz=please,thx=thanks,ty=thanks,gimme=give me,lemme=let me,wanna=want to,gonna=going to,
  gotta=have to,im=i am,whats=what is,what's=what is,hows=how is,how's=how is,it's=it is,that's=that is,thats=that is,
  let's=let us,lets=let us,vid=video,vids=videos,pic=picture,pics=pictures,dl=download,rn=now`
    .split(",")
    .map((pair) => [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1)]),
);

/** Contracted endings and their full forms. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["'m", " am"],
  ["'re", " are"],
  ["'d", " would"],
  ["'ve", " have"],
  ["'ll", " will"],
]);

/** Traditional characters, each followed by its simplified form. */
const SIMPLIFIED_PAIRS =
  "導导匯汇檔档視视頻频載载餘余額额狀状態态傳传圖图請请問问還还積积個个現现進进軌轨時时間间線线軸轴顯显麼么樣样嗎吗馬马幫帮給给發发這这張张來来儲储點点數数電电腦脑機机專专項项錄录樂乐幾几裡里裏里條条謝谢煩烦報报開开將将沒没輸输畫画質质詢询帳账賬账號号務务處处製制從从東东終终後后準准備备讓让過过趕赶緊紧繼继續续確确認认錯错題题輯辑聲声動动該该們们為为師师親亲";
const simplified = new Map<string, string>();
for (let at = 0; at + 1 < SIMPLIFIED_PAIRS.length; at += 2)
  simplified.set(SIMPLIFIED_PAIRS.charAt(at), SIMPLIFIED_PAIRS.charAt(at + 1));

const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\p{Cf}|[\u{FE0F}\u{20E3}]/gu;
const SMILEY = /(?:(?<=\s|^)[:;=]-?[)dp]+|[:;=]-?\)+|\^_?\^|<3)\s*$/u;

/**
 * Normalises a message, so that the grammar contains each word once: Unicode NFKC, lower case, straight apostrophes,
 * simplified characters, full words; without emoji, a trailing smiley, and a leading slash.
 */
function normaliseMessage(message: string): string {
  const folded = message.normalize("NFKC").toLowerCase().replace(/[’ʼ]/g, "'");
  const bare = folded.replace(EMOJI, " ").replace(SMILEY, "").trim().replace(/^\//, "");
  return bare
    .replace(/\p{Script=Han}/gu, (token) => simplified.get(token) ?? token)
    .replace(/([a-z])\1{2,}/g, "$1")
    .replace(/[a-z']+/g, (word) => ABBREVIATIONS.get(word) ?? word)
    .replace(/(?<=[a-z])'(?:m|re|d|ve|ll)(?![a-z])/g, (ending) => ENDINGS.get(ending) ?? ending);
}

/*
 * The matcher computes the positions where a node can end when it starts at a given one. Each entry is matched once
 * per position, so the work is bounded by the number of words times the size of the grammar.
 */

const ENTRIES = parseGrammar(GRAMMAR);
const NOTHING: Either = { kind: "either", ways: [] };

const entry = (name: string): GrammarNode => ENTRIES.get(name) ?? NOTHING;

/**
 * The tokens of a text: Chinese characters one by one, other words by spaces; `#` for a number of one or two digits.
 */
export const wordsOf = (text: string): string[] =>
  (text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? []).map((word) => (/^\d\d?$/.test(word) ? "#" : word));

/** The words that a node can start with, and whether it can match nothing. */
type FirstWords = { readonly words: ReadonlySet<string>; readonly canBeEmpty: boolean };

const beginnings = new Map<GrammarNode, FirstWords>();

function firstWordsOf(part: GrammarNode): FirstWords {
  const known = beginnings.get(part);
  if (known !== undefined) return known;
  const found = computeFirstWords(part);
  beginnings.set(part, found);
  return found;
}

function computeFirstWords(part: GrammarNode): FirstWords {
  switch (part.kind) {
    case "word":
      return { words: new Set([part.word]), canBeEmpty: false };
    case "entry":
      return firstWordsOf(entry(part.name));
    case "either":
      return together(part.ways.map(firstWordsOf), (all) => all.some(({ canBeEmpty }) => canBeEmpty));
    case "row": {
      const all = part.parts.map(firstWordsOf);
      const needed = all.findIndex(({ canBeEmpty }) => !canBeEmpty);
      return together(needed < 0 ? all : all.slice(0, needed + 1), () => needed < 0);
    }
    case "maybe":
    case "any":
      return { words: firstWordsOf(part.part).words, canBeEmpty: true };
  }
}

const together = (all: readonly FirstWords[], canBeEmpty: (all: readonly FirstWords[]) => boolean): FirstWords => ({
  words: new Set(all.flatMap(({ words }) => [...words])),
  canBeEmpty: canBeEmpty(all),
});

/** Index of alternatives by their first word, so that most of the grammar is skipped. */
const waysByWord = new Map<Either, Map<string, readonly GrammarNode[]>>();

function waysOf(part: Either, word: string): readonly GrammarNode[] {
  const byWord = waysByWord.get(part) ?? new Map<string, readonly GrammarNode[]>();
  waysByWord.set(part, byWord);
  const known = byWord.get(word);
  if (known !== undefined) return known;
  const found = part.ways.filter((way) => mayBegin(way, word));
  if (firstWordsOf(part).words.has(word)) byWord.set(word, found); // only words of the grammar are cached
  return found;
}

function mayBegin(part: GrammarNode, word: string): boolean {
  const { words, canBeEmpty } = firstWordsOf(part);
  return canBeEmpty || words.has(word);
}

/** One message's words, and the memoised matches. */
class Matcher {
  readonly #words: readonly string[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** The positions where the node can end when it starts at `start`. */
  after(part: GrammarNode, start: number): readonly number[] {
    const word = this.#words[start] ?? "";
    if (!mayBegin(part, word)) return [];
    switch (part.kind) {
      case "word":
        return [start + 1];
      case "entry":
        return this.#afterEntry(part.name, start);
      case "either":
        return merged(waysOf(part, word).map((way) => this.after(way, start)));
      case "row":
        return part.parts.reduce<readonly number[]>((starts, next) => this.#afterEach(next, starts), [start]);
      case "maybe":
        return merged([[start], this.after(part.part, start)]);
      case "any":
        return this.#afterAny(part.part, start);
    }
  }

  #afterEach(part: GrammarNode, starts: readonly number[]): readonly number[] {
    return merged(starts.map((start) => this.after(part, start)));
  }

  #afterAny(part: GrammarNode, start: number): readonly number[] {
    const reached = new Set([start]);
    for (let fresh: readonly number[] = [start]; fresh.length > 0; ) {
      fresh = this.#afterEach(part, fresh).filter((state) => !reached.has(state));
      for (const state of fresh) reached.add(state);
    }
    return [...reached];
  }

  #afterEntry(name: string, start: number): readonly number[] {
    const key = `${name} ${start}`;
    const known = this.#known.get(key) ?? this.after(entry(name), start);
    this.#known.set(key, known);
    return known;
  }
}

/** Without duplicates. */
const merged = (states: readonly (readonly number[])[]): readonly number[] =>
  states.length === 1 && states[0] ? states[0] : [...new Set(states.flat())];

/** Whether the entry matches all of the words. */
export const matchesEntry = (name: string, words: readonly string[]): boolean =>
  new Matcher(words).after({ kind: "entry", name }, 0).includes(words.length);

/** Names that entries use but none defines; empty for a valid grammar. For tests. */
export const undefinedNames = (): string[] =>
  [...ENTRIES.values()]
    .flatMap(nodesIn)
    .flatMap((part) => (part.kind === "entry" && !ENTRIES.has(part.name) ? [part.name] : []));

export const COMMANDS = ["export", "credits", "state", "upload"] as const;
export type Command = (typeof COMMANDS)[number];
export type MessageKind = Command | "chat";

/** In UTF-16 units, without surrounding blanks. Chosen: politeness in both languages fits, a paragraph does not. */
const LONGEST = 200;

/** Ends of clauses. A dash counts only between blanks. */
const CLAUSE = /[\n\r.!?。,，、;；~～…]+|\s[-–—]+(?=\s)|[–—]+/u;
/** Characters other than letters, digits and inner apostrophes and hyphens mean a quotation, typed text or code. */
const PLAIN = /^(?:[\p{L}\p{N}\s]|(?<=\p{L})['-](?=\p{L}))*$/u;

function classifyClause(words: readonly string[]): MessageKind | "nothing" {
  return (
    COMMANDS.find((command) => matchesEntry(command, words)) ?? (matchesEntry("POLITENESS", words) ? "nothing" : "chat")
  );
}

/**
 * The command that the entire message is; `chat` for everything else, including the empty message. Quotes, colons,
 * links and a second clause all make it chat.
 */
export function classifyMessage(message: string): MessageKind {
  const trimmed = message.trim();
  if (trimmed.length > LONGEST) return "chat";
  const clauses = normaliseMessage(trimmed).split(CLAUSE);
  if (!clauses.every((clause) => PLAIN.test(clause))) return "chat";
  const kinds = clauses
    .map(wordsOf)
    .map(classifyClause)
    .filter((intent) => intent !== "nothing");
  return kinds.length === 1 ? (kinds[0] ?? "chat") : "chat";
}
