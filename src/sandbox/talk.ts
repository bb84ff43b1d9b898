/** The agent's sentences, English and Chinese, with the talk about buttons and panels that the real one is known for. */
import type { Change } from "./edit.ts";
import type { Part, Reading } from "./reading.ts";
import { lengthMs, type Timeline } from "./timeline.ts";

type Language = Reading["language"];

const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);
const percent = (value: number): string => `${Math.round(value * 100)}%`;

const PARTS: Record<Part, readonly [string, string]> = {
  music: ["the music", "背景音乐"],
  titles: ["the titles", "标题"],
  captions: ["the captions", "字幕"],
  transitions: ["the transitions", "转场"],
  effects: ["the effects", "特效"],
  clip: ["the last clip", "最后一个片段"],
  extras: ["music, titles and effects", "音乐、标题和特效"],
};

function changeText(change: Change, language: Language): string {
  const zh = language === "zh";
  switch (change.kind) {
    case "files":
      return zh
        ? `把 ${change.count} 个素材放入时间线`
        : `placed ${change.count} uploaded file${change.count === 1 ? "" : "s"} on the timeline`;
    case "duration":
      return zh ? `时长调整为 ${seconds(change.value)} 秒` : `set the length to ${seconds(change.value)} seconds`;
    case "speed":
      return zh ? `速度调整为 ${change.value} 倍` : `changed the speed to ${change.value}x`;
    case "volume":
      return zh ? `音乐音量调整为 ${percent(change.value)}` : `set the music to ${percent(change.value)}`;
    case "shape":
      return zh ? `画面改为 ${change.width}×${change.height}` : `changed the frame to ${change.width}x${change.height}`;
    case "title":
      return zh ? `添加标题“${change.name}”` : `added the title "${change.name}"`;
    case "music":
      return zh ? `添加背景音乐“${change.name}”` : `added ${change.name} music`;
    case "transition":
      return zh ? `添加转场 ${change.name}` : `added ${change.name} transitions`;
    case "effect":
      return zh ? `应用效果“${change.name}”` : `applied "${change.name}"`;
    case "captions":
      return zh ? "添加字幕" : "added captions";
    case "removed":
      return zh ? `移除${PARTS[change.part][1]}` : `removed ${PARTS[change.part][0]}`;
  }
}

export function editText(changes: readonly Change[], language: Language): string {
  const parts = changes.map((change) => changeText(change, language));
  return language === "zh"
    ? `已完成:${parts.join(",")}。您可以在时间线中预览,或点击导出按钮。`
    : `Done: ${parts.join(", ")}. Preview it in the timeline or click Export.`;
}

export function stageOneText(timeline: Timeline, language: Language): string {
  const label = timeline.clips.at(-1)?.label ?? timeline.name;
  const length = seconds(timeline.clips.at(-1)?.durationMs ?? lengthMs(timeline));
  return language === "zh"
    ? `视频片段“${label}”已生成(${length} 秒)。接下来我会添加音乐、标题和效果。`
    : `Your ${length}-second clip "${label}" is ready. I will now add music, a title and effects.`;
}

export function stageTwoText(timeline: Timeline, language: Language): string {
  const music = timeline.music[0];
  const title = timeline.titles[0]?.text ?? timeline.name;
  return language === "zh"
    ? `已添加背景音乐“${music?.label ?? ""}”(${percent(music?.volume ?? 0)})和标题“${title}”。点击播放按钮在时间线中预览,或打开右侧面板调整,完成后点击导出。`
    : `I added ${music?.label ?? "no"} music at ${percent(music?.volume ?? 0)} and the title "${title}". Preview it in the timeline, open the panel on the right to adjust it, or click Export.`;
}

export function talkText(timeline: Timeline | null, language: Language): string {
  if (timeline === null) {
    return language === "zh"
      ? "您好!告诉我您想要什么样的视频,例如“生成一个10秒的海边日落视频”,或上传素材让我剪辑。"
      : 'Tell me what video you would like, for example "make a 10 second video of a sunset", or upload clips for me to edit.';
  }
  const length = seconds(lengthMs(timeline));
  return language === "zh"
    ? `当前项目“${timeline.name}”有 ${timeline.clips.length} 个片段,共 ${length} 秒。打开时间线面板可以查看所有轨道。`
    : `Your project "${timeline.name}" has ${timeline.clips.length} clip${timeline.clips.length === 1 ? "" : "s"} and is ${length} seconds long. Open the timeline panel to see every track.`;
}

export const questionText = (language: Language): string =>
  language === "zh"
    ? "您想要竖屏(9:16)还是横屏(16:9)?视频大概多长?"
    : "Should it be vertical (9:16) or landscape (16:9), and how long would you like it to be?";

export const noCreditsText = (language: Language): string =>
  language === "zh"
    ? "积分不足,无法完成此操作。请在设置中查看账户余额。"
    : "You do not have enough credits for this. Check your account in the settings.";

/** The note that the real agent is known to leave after a turn that went well. */
export const NOISE_TEXT = "I encountered a temporary issue while processing your request. Please try again.";
