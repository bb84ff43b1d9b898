/** Words that are not used here, with the ordinary word for each: `test/node/words.test.ts` finds them in every tracked file. */

export type Word = {
  /** Matches one whole word in lower case: of an identifier (split at capitals and underscores) or of a sentence. */
  readonly word?: string;
  /** Matches several words of a line, whatever their case. */
  readonly phrase?: string;
  /** What to write instead. */
  readonly use: string;
  /** Where the word is looked for, if it has an ordinary use elsewhere: only in identifiers, or only in these files. */
  readonly in?: "identifiers";
  readonly files?: RegExp;
};

export const WORDS: readonly Word[] = [
  { word: "ground", use: "context" },
  { word: "doors?|hallway", use: "method, route, module" },
  { word: "knock(s|ed|ing)?", use: "call" },
  { word: "ow(e|es|ed|ing)", use: "schedule; pending, due" },
  { word: "nudg(e|es|ed|ing)", use: "wake message" },
  { word: "facts?", use: "event; property" },
  { word: "tell(s|ing|er)?|told", use: "publish, report, return, say" },
  { word: "hears?|heard|hearing", use: "receive, record" },
  { word: "intake", use: "ingestion" },
  { word: "twins?", use: "concurrent duplicate" },
  { word: "refus(e|es|ed|ing|als?)", use: "reject; problem" },
  { word: "narrators?|speakers?", use: "stream translator" },
  { word: "garbled", use: "malformed" },
  { word: "watch(er|ers)", use: "subscriber" },
  { word: "crowded", use: "too many requests" },
  { word: "filming", use: "video workflow" },
  { word: "makings?", use: "generator job" },
  { word: "removals?", use: "deletion" },
  { word: "erasures?", use: "deletion" },
  { word: "bur(y|ies|ied|ial)", use: "record a dead letter" },
  { word: "tid(y|ies|ied|ying)", use: "clean up" },
  { word: "brought|brings?|bringing", use: "provide, transfer, push" },
  { word: "mint(s|ed|ing)?", use: "issue" },
  { word: "standings?", use: "status" },
  { word: "probation", use: "trial" },
  { word: "(re|un)?seal(s|ed|ing)?", use: "encrypt" },
  { word: "lends?|lent|lending|borrow(s|ed|ing)?", use: "acquire, use, release" },
  { word: "ledgers?", use: "request log" },
  { word: "tapes?", use: "script" },
  { word: "bend(s|ing)?", use: "apply faults" },
  { word: "lanes?", use: "track", files: /^src\/(core|nemo|sandbox)\/|^test\/(core|nemo|sandbox)\// },
  { word: "pieces?", use: "part, chunk, clip" },
  { phrase: "gui[- ]?talk", use: "GUI instructions" },
  { word: "intents?", use: "command", files: /^(src|test)\/core\/commands\// },
  { word: "notation", use: "grammar" },
  { word: "patience|abreast", use: "timeout; concurrently" },
  { word: "worlds?", use: "dependencies; fixture" },
  { word: "crossing", use: "pipe to an object" },
  { word: "gates?", use: "rate limit" },
  { word: "nobody|somebody|anybody|whoever", use: "the caller, user or part that is meant; or the passive" },
  { word: "die|dies|died|deaths?", use: "crash, end" },
  { phrase: "\\blets? go\\b|\\bletgo\\b", use: "release, cancel, delete" },
  { phrase: "\\b(goes|go|went) on\\b", use: "continue" },
  { word: "places?", use: "slot, position, path, location", in: "identifiers" },
  { word: "looks?", use: "poll, read, inspect", in: "identifiers" },
  { word: "afterwards", use: "waitUntil", in: "identifiers" },
  { word: "home", use: "context", in: "identifiers" },
  { word: "marks?", use: "version", files: /^src\/core\/(nemo-token|rpc\/token)\.ts$/ },
  {
    word: "pictures?",
    use: "snapshot",
    files: /^src\/(core\/(turn|render|video)\.ts|nemo\/|routes\/|services\/|http\/)/,
  },
  {
    phrase:
      "\\b(settleIn|enterAsNew|makeKnown|putTogether|callAs|readAdmission|keepPlace|madeUnder|findRepeat|keepRepeat)\\b",
    use: "ensureInitialised, admitNewUser, registerUser, createServices, call, confirm, findByIdempotencyKey",
  },
  {
    phrase:
      "\\b(performDue|giveUpDue|layGround|QuietWatch|TurnAnswer|OwnMint|KeptToken|UsageSums|CountDoors|afterLoss|dieAt)\\b",
    use: "the name in the glossary of ARCHITECTURE.md",
  },
];

/** Ordinary uses of a word. `text` matches the line; without it the word is allowed in the whole file. */
export type Exception = {
  readonly words: string;
  readonly files: RegExp;
  readonly text?: RegExp;
  readonly why: string;
};

export const EXCEPTIONS: readonly Exception[] = [
  { words: "refused", files: /./, text: /import_refused/, why: "a public error code" },
  { words: "garbled", files: /./, text: /nemo_garbled/, why: "a public error code" },
  { words: "refused", files: /runtime-noise/, text: /Connection refused/, why: "the operating system's message" },
  { words: "world", files: /^src\/mcp\//, text: /openWorldHint/, why: "a field of the protocol" },
  { words: "home", files: /cli/, text: /HOME\b|homedir/, why: "the environment's own name" },
  { words: "gate", files: /runtime-noise/, text: /outputGateBroken/, why: "the runtime's message" },
  {
    words: "seals",
    files: /runtime-noise/,
    text: /no such table/,
    why: "the runtime's message, with the name of a table",
  },
  { words: "facts?", files: /riff\.ts$|wav\.test\.ts$|fuzz\/media\.ts$/, why: "the name of a chunk in WAV files" },
  { words: "facts", files: /make-state|state\.test/, text: /facts\.json/, why: "a file in the state fixture" },
  { words: "hears", files: /^PROTOCOL\.md$/, text: /what a viewer sees and hears/, why: "a person hears a sound" },
  {
    words: "tell",
    files: /sandbox\/agent|core\/video\.test|ends\.test/,
    text: /Tell me|tell me/,
    why: "what people and the agent write",
  },
  {
    words: "tells?|told",
    files: /^test\/conformance\/renders|^test\/durable/,
    text: /unless told not to/,
    why: "said by the caller",
  },
];
