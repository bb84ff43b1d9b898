/** What the gateway says when it answers a command itself, in the caller's language. */
import type { SpeechLanguage } from "./speech-language.ts";

/** The balance of the caller's Nemo account. Numbers as upstream gives them. */
export const sayCredits = (available: number, frozen: number, speech: SpeechLanguage): string =>
  speech === "zh"
    ? `可用积分：${available}${frozen > 0 ? `（另有 ${frozen} 冻结中）` : ""}。`
    : `Available credits: ${available}${frozen > 0 ? ` (${frozen} more are held by running work)` : ""}.`;

/** In place of a balance that is not the user's own. */
export const sayCreditsShared = (speech: SpeechLanguage): string =>
  speech === "zh"
    ? "积分由此应用的提供方管理，请向其查询。"
    : "The credits belong to whoever runs this app; ask there how many are left.";

export const sayExport = (speech: SpeechLanguage): string =>
  speech === "zh"
    ? "已开始导出视频，完成后即可下载。"
    : "The export has started; the video can be downloaded when it is done.";

export const sayUpload = (speech: SpeechLanguage): string =>
  speech === "zh" ? "请先上传文件，再把它加入这个项目。" : "Upload the file first, then add it to this project.";
