/**
 * Commands, English and Chinese. Commas part alternatives, `|` parts single words of one place, capitals name another entry,
 * `?` is once or not at all, `*` any number of times. Chinese is matched sign by sign. A message that holds anything else is
 * for the agent. A render has one format and one quality, so only those may be named. Source: nemo-api reference 8.2.
 */
export const GRAMMAR = {
  export: "ASK* EXPORT AFTER*, HELLO* EXPORT_NAMED AFTER*",
  EXPORT: `EXPORTS 一下? IT? AS*, SAVES 一下? VIDEO? AS*, SAVES ITSELF AS*, GETS THE ADJ* FILE SENT? AS*, send ITSELF SENT, send THE ADJ* FILE SENT,
    START THE? EXPORTING, START an export, WANT IT DONE AS*, 把 IT EXPORTS COME? AS*, 把 IT SAVES COME? AS*, 把 IT TOME, EXPORTS COME`,
  EXPORT_NAMED:
    "MIND EXPORTING IT AS*, NEED the|my ADJ* FILE, LINK? the|a|my? download link, LINK the link, IT TOME, IT EXPORTS COME? AS*",
  IT: "ITSELF, THE? ADJ* FILE",
  VIDEO: "THE? ADJ* VID",
  FILE: "VID, result, whole thing, clip, cut, version, project, 作品, 项目, 短片",
  AS: "as|to|in|into|at|with|为|成|到? an|a? QUALITY FORMAT?, as|to|on|onto|到 my? 我的? DEVICE",
  credits: "ASK* CREDIT AFTER*, HELLO* CREDIT_NAMED AFTER*",
  CREDIT: `CHECK MY* CREDITS LEFT*, TELL MY MY* CREDITS LEFT*, CHECK the MY* BALANCE LEFT*, TELL the MY* BALANCE LEFT*,
    CHECK? MY* REMAIN 多少|几 个|点? CREDITS, CHECK? MY* CREDITS 还? REMAIN? 是? 多少 了?`,
  CREDIT_NAMED: `MY* CREDITS LEFT*, how many|much credits|credit|balance HAVE? LEFT*, how many|much HAVE? left, what credits HAVE LEFT*,
    do i still? have any? credit|credits LEFT*, have i got any? credit|credits LEFT*, any credits left|remaining, am i out of credits, 还剩 多少|几 个?, MY* 还有|还剩 CREDITS, MY* CREDITS 还有, MY* CREDITS 查询, MY* 有没有 CREDITS`,
  CREDITS: "credits, BALANCE, 积分, 积分余额, 点数, 额度",
  CHECK: "check, check on, view, show, look up, LOOK 一下|下?",
  TELL: "show me, give me, get, get me, see, WHATS, what are, see what's, know, know what's, look at",
  state:
    "ASK* STATE AFTER*, HELLO* STATE_NAMED AFTER*, HELLO* STATE_ASKED SOFAR? AFTER*, HELLO* STATE_NOW SOFAR AFTER*, HELLO* THIS* STATE_ZH AFTER*",
  STATE:
    "SEE ANY* THIS* STATUS OF? SOFAR? HOW?, SEE ANY* THIS* TRACKS OF? HOW?, LIST ANY* THIS* TRACKS OF?, SHOW what we have SOFAR?, SHOW WHATS ON SOFAR?, SHOW WHATS DONE_BY",
  STATE_NAMED:
    "THIS* STATUS OF? HOW?, THIS* TRACKS, any update|updates, what|which tracks ARE ON?, how many tracks ARE ON?, is WORK READY yet?, are you READY yet?",
  STATE_ASKED: `WHATS ON, WHATS DONE_BY, where are we at?, where do we|things stand, how far along are|is we|it|you, how far are|is we|it|you along?,
    how's WORK coming|progressing along?, how is WORK coming|progressing along?`,
  STATE_NOW:
    "WHATS there, what do we|i|you have, what have we|i got, what have you done, what did you do, what does WORK look like, how does WORK look, how's WORK looking, how is WORK looking",
  STATE_ZH: `是? 什么样 子? 了, 现在 是? 什么样 子?, 怎么样|咋样 了, 现在 怎么样|咋样, 做|剪|进行 到 哪 里|儿? 一步|步? 了?, READYZH 了? 没 有?, READYZH 了 吗,
    里面 现在? 都? 有 什么|啥, TRACKS 上|里|里面? 现在? 都? 有 什么|哪些|啥, 都? 有 什么|哪些|几 条|个? 轨道, 什么 情况 了?, 是? 什么 状态, 现在 都? 有 什么|啥 了`,
  OF: "of|on|for|with WORK",
  SEE: "show me, view, see, get, give me, WHATS, how's, how is, look at, know, give us, send me, any, CHECK, 给我看, 给我看看",
  ON: "in|on|inside WORK, inside, in|on there",
  upload: "ASK* UPLOAD AFTER*, HELLO* UPLOAD_NAMED AFTER*",
  UPLOAD: `UPLOADS 一下? NEW* MEDIA? FROM?, UPLOADS NEW FROM?, import|attach|导入 NEW* MEDIA FROM?, send|share you? NEW MEDIA with|to? you?, START the|an|my? upload|uploading|上传 NEW* MEDIA?,
    把 NEW* MEDIA UPLOADS, NEW MEDIA UPLOADS, 传 NEW* MEDIA, 发 NEW* MEDIA 给 你|您`,
  UPLOAD_NAMED:
    "i have NEW* MEDIA to upload, i've got NEW* MEDIA to upload, MIND uploading NEW* MEDIA?, 我? 有 NEW* MEDIA 要|想 上传",
  FROM: "from my? DEVICE, from my gallery, from my camera roll, to the|my|this project, here, for you|this, to you",
} as const;
