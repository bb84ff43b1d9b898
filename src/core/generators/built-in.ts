/**
 * The five built-in generators. Each is a different recipe for the same agent: its prompt, its formats, its
 * attribution. `seconds` is limited to what an export on upstream's free plan allows.
 */
import type { GeneratorWire, VariableWire } from "../wire/generator.ts";

/** Increment with every change of a recipe below; it is sent to upstream. */
const VERSION = 1;

const seconds: VariableWire = {
  name: "seconds",
  type: "number",
  description: "How long the video is.",
  default: 30,
  min: 1,
  max: 60,
};
const text = (name: string, description: string, preset: string | null): VariableWire => ({
  name,
  type: "text",
  description,
  default: preset,
});
const script = text("script", "The text it is made from, where no file says it.", "");

type Common = Pick<
  GeneratorWire,
  "slug" | "name" | "description" | "prompt" | "variables" | "accepts" | "greeting" | "try_saying" | "tips"
> & { readonly needs_file?: boolean; readonly longestMinutes: number };

const builtIn = ({ longestMinutes, needs_file = false, ...common }: Common): GeneratorWire => ({
  ...common,
  id: common.slug,
  needs_file,
  output: { format: "mp4", quality: "high" },
  language: null,
  attribution: { source: common.slug, version: String(VERSION), platform: null },
  expected_seconds: { min: 60, max: longestMinutes * 60 },
  version: VERSION,
  made_by: "built_in",
  created_at: null,
  updated_at: null,
});

export const BUILT_IN_GENERATORS: readonly GeneratorWire[] = [
  builtIn({
    slug: "generator-maker-generator",
    name: "Generator Maker",
    description:
      "Describe a kind of video once and keep it as a generator that your whole team can use. Made for content that repeats.",
    prompt: "{{request}}\nMake it {{seconds}} seconds long.",
    variables: [
      text(
        "request",
        "The generator you want, in a sentence.",
        "create a generator that turns product photos into promo videos with music and captions",
      ),
      seconds,
    ],
    accepts: ["mp4", "mov", "png", "jpg"],
    greeting: "Have a text prompt or a template? Send it and say what you need; the generator comes back.",
    try_saying: [
      "create a text description of a video generator you want to build into a 1080p MP4",
      "create a generator that turns product photos into promo videos with music and captions",
      "building reusable video generators for repeated content workflows for content creators and marketers",
    ],
    tips: [
      "Be specific: what goes in, what comes out, with which music and which captions.",
      "Save the generator and the whole tenant can use it at once.",
      "MP4, MOV, PNG and JPG go smoothest; files may have up to 500 MB.",
    ],
    longestMinutes: 2,
  }),
  builtIn({
    slug: "video-generator-generator",
    name: "Video Generator",
    description: "Turns a text description of a scene into a 1080p video. No footage and no editing needed.",
    prompt: "generate a {{seconds}}-second video from this script about {{topic}}\n{{script}}",
    variables: [seconds, text("topic", "What the video is about.", "a coffee brand launch"), script],
    accepts: ["mp4", "mov", "webm", "gif"],
    greeting: "Share your text prompts and the video gets started. Or just say what you have in mind.",
    try_saying: ["generate my text prompts", "export 1080p MP4", "generate a 30-second video from this"],
    tips: [
      "Shorter, more specific prompts give more accurate videos.",
      "MP4, MOV, WebM and GIF go smoothest; files may have up to 500 MB.",
      "MP4 plays on every platform and device.",
    ],
    longestMinutes: 3,
  }),
  builtIn({
    slug: "generator-online",
    name: "Generator Online",
    description: "Makes promo videos from text or media, for marketers, creators and small businesses.",
    prompt: "generate a {{seconds}}-second promo video from this text script\n{{script}}",
    variables: [seconds, script],
    accepts: ["mp4", "mov", "jpg", "png"],
    greeting: "Share your text or media and the video gets started. Or just say what you have in mind.",
    try_saying: ["generate my text or media", "export 1080p MP4", "generate a 30-second promo video from"],
    tips: [
      "Scripts under 100 words give faster and more focused videos.",
      "MP4, MOV, JPG and PNG go smoothest; files may have up to 500 MB.",
      "MP4 plays on every social platform and website.",
    ],
    longestMinutes: 2,
  }),
  builtIn({
    slug: "free-generation-maker",
    name: "Free Generation Maker",
    description: "Makes a video from a short text prompt, at 1080p by default.",
    prompt: "generate a {{seconds}}-second video from my script about {{topic}}\n{{script}}",
    variables: [seconds, text("topic", "What the video is about.", "a coffee brand"), script],
    accepts: ["mp4", "mov", "webm", "gif"],
    greeting: "Share your text prompts and the video gets started. Or just say what you have in mind.",
    try_saying: ["generate my text prompts", "export 1080p MP4", "generate a 30-second video from my"],
    tips: [
      "Shorter, more specific prompts give more accurate results.",
      "MP4, MOV, WebM and GIF go smoothest; files may have up to 500 MB.",
      "MP4 plays almost everywhere.",
    ],
    longestMinutes: 2,
  }),
  builtIn({
    slug: "video-to-generator",
    name: "Video to Generator",
    description: "Makes new short videos out of footage that you have, such as a two-minute product demo.",
    prompt: "turn this video into {{result}}\nMake it {{seconds}} seconds long.",
    variables: [
      text("result", "What becomes of the video.", "a new short promotional clip with music and transitions"),
      seconds,
    ],
    accepts: ["mp4", "mov", "avi", "webm"],
    needs_file: true,
    greeting: "Share your video clips and the new video gets started. Or just say what you have in mind.",
    try_saying: ["generate my existing video clips", "export 1080p MP4", "turn this video into a new"],
    tips: [
      "Source clips under 60 seconds give faster and more focused videos.",
      "MP4, MOV, AVI and WebM go smoothest; files may have up to 500 MB.",
      "MP4 plays almost everywhere.",
    ],
    longestMinutes: 2,
  }),
];

/** The built-in generator with this slug, or null. */
export const builtInGenerator = (slug: string): GeneratorWire | null =>
  BUILT_IN_GENERATORS.find((generator) => generator.slug === slug) ?? null;
