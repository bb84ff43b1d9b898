/** Files of every format, made by ffmpeg from its test sources, and their properties by ffprobe. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOW =
  "The corpus needs ffmpeg and ffprobe: apt-get install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS).";

/** Throws with advice if one of the two programs is missing. */
export function needFfmpeg(): void {
  for (const program of ["ffmpeg", "ffprobe"])
    if (spawnSync(program, ["-version"]).status !== 0) throw new Error(`${program} does not run. ${HOW}`);
}

type Args = readonly string[];
const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

const ffmpeg = (...args: Args): void => {
  execFileSync("ffmpeg", [...words("-hide_banner -loglevel error -nostdin -y -threads 1"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
};

export type Entry = {
  readonly name: string;
  /** Makes the file; `scratch` gives another path in the same folder. */
  readonly make: (file: string, scratch: (ext: string) => string) => void;
  /** The displayed size, if ffprobe does not know it. */
  readonly shown?: readonly [number, number];
  /** The length may be null, because it could only be estimated. */
  readonly mayBeNull?: true;
  /** ffprobe estimates the length from the bit rate, so packets of this many samples are counted instead. */
  readonly samplesPerPacket?: number;
};

const VIDEO = words("-f lavfi -i testsrc=s=160x120:r=10:d=2");
const SOUND = words("-f lavfi -i sine=f=440:d=2");
const LONG_SOUND = words("-f lavfi -i sine=f=440:d=9");
const H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
const AAC = "-c:a aac -b:a 64k";

/** Both sources, encoded with these options. */
const both = (name: string, options: string, more: Partial<Entry> = {}): Entry => ({
  name,
  make: (file) => ffmpeg(...VIDEO, ...SOUND, ...words(options), "-shortest", file),
  ...more,
});
const video = (name: string, options: string, more: Partial<Entry> = {}): Entry => ({
  name,
  make: (file) => ffmpeg(...VIDEO, ...words(options), file),
  ...more,
});
const sound = (name: string, options: string, more: Partial<Entry> = {}): Entry => ({
  name,
  make: (file) => ffmpeg(...SOUND, ...words(options), file),
  ...more,
});
const still = (name: string, options: string, more: Partial<Entry> = {}): Entry => ({
  name,
  make: (file) => ffmpeg(...words("-f lavfi -i testsrc=s=96x64:d=1:r=5"), ...words(options), file),
  ...more,
});

/** A file that is changed after it is made. */
const changed = (
  entry: Entry,
  name: string,
  change: (bytes: Buffer) => Uint8Array,
  more: Partial<Entry> = {},
): Entry => ({
  ...entry,
  ...more,
  name,
  make: (file, scratch) => {
    entry.make(file, scratch);
    writeFileSync(file, change(readFileSync(file)));
  },
});
/** A file made in two steps: the second reads the first one's output. */
const twice = (name: string, first: string, before: string, second: string): Entry => ({
  name,
  make: (file, scratch) => {
    const source = scratch("mp4");
    ffmpeg(...words("-f lavfi -i testsrc=s=160x120:r=10:d=8"), ...words(first), source);
    ffmpeg(...words(before), "-i", source, ...words(second), file);
  },
});

const part = (share: number) => (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * share));
const behind = (tail: string | Uint8Array) => (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(tail as string)]);
const before = (head: Uint8Array) => (bytes: Buffer) => Buffer.concat([head, bytes]);

const id3 = (size: number): Buffer =>
  Buffer.concat([Buffer.from("ID3\x03\0\0\0\0", "latin1"), Buffer.from([size >> 7, size & 0x7f]), Buffer.alloc(size)]);

/** An Exif segment with an orientation. */
const exif = (orientation: number): Buffer => {
  const tiff = Buffer.concat([
    Buffer.from("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", "latin1"),
    Buffer.from([orientation, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body]);
};
const oriented = (orientation: number) => (bytes: Buffer) =>
  Buffer.concat([bytes.subarray(0, 2), exif(orientation), bytes.subarray(2)]);

const FRAGMENTS = `${H264} -g 5 -movflags`;
const fragmented = video("fragments.mp4", `${FRAGMENTS} frag_keyframe+empty_moov+default_base_moof`);
const mp3 = sound("cbr.mp3", "-c:a libmp3lame -b:a 128k");
const bareMp3 = sound("cbr-without-xing.mp3", "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0");
const adts = sound("sound.aac", AAC, { samplesPerPacket: 1_024 });
const wav = sound("pcm.wav", "-c:a pcm_s16le");
const mkv = both("h264.mkv", `${H264} ${AAC}`);
const avi = both("mpeg4.avi", "-c:v mpeg4 -c:a libmp3lame");
const jpg = still("photo.jpg", "-frames:v 1 -update 1");

export const CORPUS: readonly Entry[] = [
  // ---- MP4 and QuickTime
  both("h264.mp4", `${H264} ${AAC}`),
  both("index-first.mp4", `${H264} ${AAC} -movflags +faststart`),
  video("without-sound.mp4", H264),
  video("h265.mp4", "-c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1 -pix_fmt yuv420p"),
  video("mpeg4.mp4", "-c:v mpeg4"),
  both("vp9.mp4", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
  video("ntsc.mp4", `${H264} -r 30000/1001`),
  both("ac3.mp4", `${H264} -c:a ac3`),
  both("mp3-inside.mp4", `${H264} -c:a libmp3lame`),
  video("b-frames.mp4", "-c:v libx264 -preset medium -pix_fmt yuv420p -bf 3"),
  video("wide-pixels.mp4", `${H264} -vf setsar=4/3`),
  video("narrow-pixels.mov", `${H264} -vf setsar=3/4`),
  twice("turned-90.mp4", H264, "", "-c copy -metadata:s:v:0 rotate=90"),
  twice("turned-180.mp4", H264, "", "-c copy -metadata:s:v:0 rotate=180"),
  twice("turned-270.mov", H264, "", "-c copy -metadata:s:v:0 rotate=270"),
  twice("trimmed.mp4", `${H264} -g 1000`, "-ss 5", "-c copy"),
  twice("trimmed.mov", `${H264} -g 1000`, "-ss 3 -t 2", "-c copy"),
  {
    name: "late-sound.mp4",
    make: (file) => ffmpeg(...VIDEO, ...words("-itsoffset 1"), ...SOUND, ...words(`${H264} ${AAC}`), file),
  },
  {
    name: "two-videos.mp4",
    make: (file) =>
      ffmpeg(...VIDEO, ...words("-f lavfi -i testsrc=s=64x64:r=10:d=2 -map 0 -map 1"), ...words(H264), file),
  },
  fragmented,
  video("fragments-of-a-frame.mp4", `${FRAGMENTS} frag_every_frame+empty_moov`),
  video("fragments-behind-samples.mp4", `${FRAGMENTS} frag_keyframe`),
  both("fragments-with-sound.mp4", `${FRAGMENTS} frag_keyframe+empty_moov+separate_moof ${AAC}`),
  both("dash.mp4", `${FRAGMENTS} dash+frag_keyframe+empty_moov+global_sidx ${AAC}`),
  changed(fragmented, "fragments-cut.mp4", part(0.93)),
  changed(both("x.mp4", `${H264} ${AAC}`), "newline-behind.mp4", behind("\n")),
  changed(both("x.mp4", `${H264} ${AAC}`), "zeros-behind.mov", behind(new Uint8Array(3_000))),
  changed(sound("x.m4a", AAC), "tag-before.m4a", before(id3(900))),
  both("h264.mov", `${H264} ${AAC}`),
  video("prores.mov", "-c:v prores_ks"),
  video("mjpeg.mov", "-c:v mjpeg -pix_fmt yuvj420p"),
  both("pcm.mov", `${H264} -c:a pcm_s16le`),
  sound("sound.m4a", AAC),
  sound("alac.m4a", "-c:a alac"),
  sound("sound-alone.mp4", AAC),
  both("phone.mp4", `${H264} ${AAC} -f 3gp`),
  both("brand.mp4", `${H264} ${AAC} -brand M4V`),
  // ---- Matroska and WebM
  both("vp8.webm", "-c:v libvpx -b:v 200k -c:a libopus"),
  both("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libvorbis"),
  both("live.webm", "-c:v libvpx -b:v 200k -c:a libopus -live 1", { mayBeNull: true }),
  sound("sound.webm", "-c:a libopus"),
  video("wide-pixels.webm", "-c:v libvpx -b:v 200k -vf setsar=4/3"),
  mkv,
  video("h265.mkv", "-c:v libx265 -preset ultrafast -x265-params log-level=error -pix_fmt yuv420p"),
  both("lossless.mkv", "-c:v ffv1 -c:a flac"),
  sound("sound.mkv", "-c:a flac"),
  both("index-first.mkv", `${H264} ${AAC} -cues_to_front 1 -reserve_index_space 20000`),
  video("narrow-pixels.mkv", `${H264} -vf setsar=2/3`),
  both("live.mkv", `${H264} ${AAC} -live 1`, { mayBeNull: true }),
  changed(mkv, "cut.mkv", part(0.7), { mayBeNull: true }),
  changed(mkv, "zeros-behind.mkv", behind(new Uint8Array(700))),
  // ---- AVI
  avi,
  both("mjpeg.avi", "-c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16le"),
  video("h264.avi", H264),
  video("wide-pixels.avi", "-c:v mpeg4 -vf setsar=4/3"),
  changed(avi, "cut.avi", part(0.6), { mayBeNull: true }),
  // ---- WAV
  wav,
  sound("mono-8-bit.wav", "-ac 1 -ar 8000 -c:a pcm_u8"),
  sound("24-bit.wav", "-c:a pcm_s24le -ar 96000"),
  sound("float.wav", "-c:a pcm_f32le"),
  sound("six-channels.wav", "-c:a pcm_s16le -ac 6"),
  sound("a-law.wav", "-c:a pcm_alaw -ar 8000"),
  sound("adpcm-ima.wav", "-c:a adpcm_ima_wav"),
  sound("adpcm-ms.wav", "-c:a adpcm_ms"),
  sound("mp3-inside.wav", "-c:a libmp3lame -b:a 128k"),
  sound("rf64.wav", "-c:a pcm_s16le -rf64 always"),
  changed(sound("x.wav", "-c:a pcm_s16le -rf64 always"), "bw64.wav", (bytes) =>
    Buffer.concat([Buffer.from("BW64"), bytes.subarray(4)]),
  ),
  {
    name: "streamed.wav",
    make: (file) =>
      writeFileSync(
        file,
        execFileSync("ffmpeg", [...words("-loglevel error -nostdin"), ...SOUND, ...words("-f wav pipe:1")]),
      ),
  },
  changed(wav, "cut.wav", part(0.5)),
  { name: "long.wav", make: (file) => ffmpeg(...LONG_SOUND, ...words("-ac 2 -c:a pcm_s32le"), file) },
  // ---- MP3 and ADTS
  mp3,
  bareMp3,
  sound("vbr.mp3", "-c:a libmp3lame -q:a 4"),
  {
    name: "vbr-without-xing.mp3",
    make: (file) =>
      ffmpeg(
        ...words("-f lavfi -i aevalsrc=sin(440*t*t*t)*random(0)|0:d=6"),
        ...words("-c:a libmp3lame -q:a 4 -write_xing 0"),
        file,
      ),
    samplesPerPacket: 1_152,
  },
  sound("22-khz.mp3", "-c:a libmp3lame -ar 22050 -ac 1"),
  sound("8-khz.mp3", "-c:a libmp3lame -ar 8000 -b:a 16k"),
  sound("tags.mp3", "-c:a libmp3lame -id3v2_version 4 -write_id3v1 1 -metadata title=tone"),
  changed(mp3, "two-tags.mp3", before(Buffer.concat([id3(40), id3(900)]))),
  changed(bareMp3, "zeros-before.mp3", before(Buffer.concat([id3(40), Buffer.alloc(700)]))),
  changed(bareMp3, "inside-a-frame.mp3", (bytes) => bytes.subarray(100)),
  changed(mp3, "cut.mp3", part(0.5), { samplesPerPacket: 1_152 }),
  { name: "long.mp3", make: (file) => ffmpeg(...LONG_SOUND, ...words("-c:a libmp3lame -b:a 320k"), file) },
  adts,
  sound("8-khz.aac", "-c:a aac -ar 8000 -b:a 12k", { samplesPerPacket: 1_024 }),
  changed(adts, "tag-before.aac", before(id3(300))),
  changed(adts, "cut.aac", part(0.5)),
  // ---- images
  jpg,
  ...[3, 6, 8].map((turn) =>
    changed(jpg, `turned-${turn}.jpg`, oriented(turn), { shown: turn > 4 ? [64, 96] : [96, 64] }),
  ),
  changed(jpg, "two-in-one.jpg", (bytes) => Buffer.concat([bytes, bytes])),
  still("photo.png", "-frames:v 1 -update 1"),
  still("clear.png", "-frames:v 1 -update 1 -pix_fmt rgba"),
  still("moving.png", "-f apng -plays 0"),
  still("photo.gif", "-frames:v 1"),
  still("moving.gif", ""),
  still("lossy.webp", "-frames:v 1 -c:v libwebp"),
  still("lossless.webp", "-frames:v 1 -c:v libwebp -lossless 1"),
  still("moving.webp", "-c:v libwebp_anim -loop 0", { shown: [96, 64] }),
];

export type Probed = {
  readonly durationMs: number | null;
  /** The length of a counted packet: a truncated last one is counted by ffprobe and not by the gateway. 0 if none was counted. */
  readonly packetMs: number;
  readonly width: number | null;
  readonly height: number | null;
};

type Stream = {
  codec_type?: string;
  width?: number;
  height?: number;
  sample_rate?: string;
  sample_aspect_ratio?: string;
  nb_read_packets?: string;
  side_data_list?: { rotation?: number }[];
};

/** What ffprobe reads: the length, and the displayed size of the largest video stream. */
export function probe(file: string, { samplesPerPacket }: Entry): Probed {
  const text = execFileSync("ffprobe", [
    ...words("-v error -count_packets -of json -show_entries"),
    "format=duration:stream=codec_type,width,height,sample_rate,sample_aspect_ratio,nb_read_packets:stream_side_data=rotation",
    file,
  ]).toString();
  const { format, streams } = JSON.parse(text) as { format: { duration?: string }; streams: Stream[] };
  const sounding = streams.find(({ codec_type }) => codec_type === "audio");
  const packetMs = ((samplesPerPacket ?? 0) / Number(sounding?.sample_rate ?? 1)) * 1_000;
  const declaredMs = Number(format.duration ?? Number.NaN) * 1_000;
  const durationMs = packetMs === 0 ? declaredMs : Number(sounding?.nb_read_packets) * packetMs;
  const shown = streams.filter(({ codec_type, width }) => codec_type === "video" && width !== undefined).map(sizeOf);
  const [width, height] = shown.toSorted((a, b) => b[0] * b[1] - a[0] * a[1])[0] ?? [null, null];
  return { durationMs: Number.isNaN(durationMs) ? null : durationMs, packetMs, width, height };
}

function sizeOf({ width = 0, height = 0, sample_aspect_ratio = "1:1", side_data_list = [] }: Stream): [number, number] {
  const [across = 1, down = 1] = sample_aspect_ratio.split(":").map(Number);
  const wide = across > 0 && down > 0 ? Math.round((width * across) / down) : width;
  const turn = Math.abs(side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0);
  return turn % 180 === 90 ? [height, wide] : [wide, height];
}

/** Makes a file in a folder; returns its path. */
export function makeFile(folder: string, entry: Entry): string {
  const file = join(folder, entry.name);
  entry.make(file, (ext) => join(folder, `scratch.${ext}`));
  return file;
}
