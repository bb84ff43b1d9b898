/** The words that prompt.ts recognises, English and Chinese: a small set, enough for a timeline that fits the prompt. */

export const MUSIC = /\b(music|bgm|soundtrack|song|beats?|melody)\b|音乐|配乐|歌曲|bgm/i;
export const TITLE = /\b(titles?|headline|text overlay|heading)\b|标题|片头|文字/i;
export const CAPTION = /\b(captions?|subtitles?)\b|字幕/i;
export const TRANSITION = /\b(transitions?|cross-?fade|dissolve|fade|wipe)\b|转场|淡入|淡出|过渡/i;
export const EFFECT =
  /\b(effects?|filter|vintage|black (?:and|&) white|cinematic look|glow|blur|warmer|colou?r grade)\b|滤镜|特效|黑白|复古|模糊/i;
export const CLIP = /\b(clip|shot|scene|segment)s?\b|片段|镜头|场景/i;
export const REMOVE =
  /\b(remove|delete|drop|strip|mute|get rid of|without|no more|cut (?:out )?the (?:last|first))\b|去掉|删除|移除|删掉|不要|静音|去除/i;
export const KEEP = /\b(keep|leave|just)\b.{0,20}\b(raw|original|clip|video)\b|保留原|只保留|只要原/i;
export const TRIM = /\b(trim|cut|shorten|shorter|crop)\b|剪到|剪成|裁剪|缩短|截取/i;
export const GENERATE =
  /\b(generate|create|make|produce|film|shoot|render me)\b[^.!?]*\b(video|clip|film|movie|footage|scene|shot|ad|animation|trailer|teaser|reel|short)\b|(生成|制作|做|创建|拍)[^。!?]*(视频|短片|片子|广告|镜头|动画|影片|片段|预告片)/i;
export const GREETING = /^\s*(hi|hello|hey|thanks?|thank you|good (morning|evening)|你好|您好|谢谢|嗨)[\s!.,!。,]*$/i;
export const QUESTION =
  /^\s*(what|how|why|who|when|which|where|can you tell|do you|is there|are there|explain|什么|怎么|为什么|谁|哪)|[??]\s*$/i;
export const WORK =
  /\b(add|put|make|generate|create|trim|cut|remove|delete|change|set|replace|use|turn|speed|slow|lower|raise|merge|combine|split|move|crop|shorten|please)\b|加|添加|生成|制作|剪|删|去掉|换|改|设|调|合并|拼接|做|把/i;

/** The music's volume, 0 to 1, for words without a percentage. */
export const LOUDNESS: readonly (readonly [RegExp, number])[] = [
  [/\b(lower|quieter|softer|turn down)\b|小一点|降低|调低|小声/i, 0.2],
  [/\b(raise|louder|turn up)\b|大一点|提高|调高|大声/i, 0.7],
];
export const RETITLE = /\b(change|replace|rename|set)\b|改|换/i;

/** Genres of music, and the names of their tracks. */
export const GENRES: readonly (readonly [RegExp, string])[] = [
  [/lo-?fi/i, "Lo-fi"],
  [/jazz|爵士/i, "Jazz"],
  [/piano|钢琴/i, "Piano"],
  [/acoustic|guitar|吉他|民谣/i, "Acoustic"],
  [/electro|techno|edm|synth|电子/i, "Electronic"],
  [/hip.?hop|rap|说唱|嘻哈/i, "Hip hop"],
  [/cinematic|epic|orchestra|史诗|交响/i, "Cinematic"],
  [/ambient|calm|relax|soft|轻音乐|舒缓|安静/i, "Ambient"],
  [/rock|摇滚/i, "Rock"],
  [/upbeat|happy|energetic|lively|欢快|活泼|动感/i, "Upbeat"],
];

export const TRANSITIONS: readonly (readonly [RegExp, string])[] = [
  [/dissolve|叠化|溶解/i, "dissolve"],
  [/wipe|擦除/i, "wipe"],
  [/fade|淡/i, "fade"],
];

export const EFFECTS: readonly (readonly [RegExp, string])[] = [
  [/black (?:and|&) white|黑白/i, "black and white"],
  [/vintage|复古/i, "vintage"],
  [/blur|模糊/i, "blur"],
  [/glow/i, "glow"],
  [/warm|colou?r/i, "colour grade"],
];

/** Frame sizes in pixels, by aspect ratio. */
export const FRAME_SIZES: readonly (readonly [RegExp, readonly [number, number]])[] = [
  [/9\s*[:x:×]\s*16|\b(vertical|portrait|tiktok|reels?|shorts)\b|竖屏|竖版|抖音/i, [1080, 1920]],
  [/1\s*[::]\s*1\b|\bsquare\b|方形|正方/i, [1080, 1080]],
  [/4\s*[::]\s*5\b/i, [1080, 1350]],
  [/3\s*[::]\s*4\b/i, [1080, 1440]],
  [/4\s*[::]\s*3\b/i, [1440, 1080]],
  [/21\s*[::]\s*9\b/i, [2520, 1080]],
  [/16\s*[:x:×]\s*9|\b(landscape|widescreen|horizontal|youtube)\b|横屏|横版/i, [1920, 1080]],
];

/** Numbers in words, as people write lengths. */
export const NUMBERS: Readonly<Record<string, number>> = {
  five: 5,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  sixty: 60,
  五: 5,
  十: 10,
  十五: 15,
  二十: 20,
  三十: 30,
  六十: 60,
  一: 1,
  两: 2,
  半: 0.5,
};

/** The value of the first entry whose pattern matches the text. */
export const firstOf = <T>(table: readonly (readonly [RegExp, T])[], text: string): T | null =>
  table.find(([pattern]) => pattern.test(text))?.[1] ?? null;
