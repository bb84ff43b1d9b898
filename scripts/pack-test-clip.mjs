// Converts an Annex B stream of one GOP into a TypeScript constant for the muxer: length-prefixed samples and the decoder record.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const [path, width, height, ...more] = parseArgs({ allowPositionals: true }).positionals;
if (height === undefined || more.length > 0)
  throw new Error("usage: node pack-test-clip.mjs <file.h264> <width> <height>");
const bytes = readFileSync(path);

/** NAL units without their start codes. */
function units() {
  const starts = [];
  for (let at = 0; at + 3 <= bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) starts.push(at);
  }
  return starts.map((start, index) => {
    let end = starts[index + 1] ?? bytes.length;
    if (index + 1 < starts.length && bytes[end - 1] === 0) end--;
    return bytes.subarray(start + 3, end);
  });
}

const kind = (unit) => unit[0] & 31;
const all = units();
const sps = all.find((unit) => kind(unit) === 7);
const pps = all.find((unit) => kind(unit) === 8);
const slices = all.filter((unit) => kind(unit) === 5 || kind(unit) === 1);
// One slice per frame: first_mb_in_slice is 0, so the first bit after the header is 1.
if (slices.some((unit) => (unit[1] & 0x80) === 0)) throw new Error("a frame has more than one slice");
if (slices.length !== 30 || kind(slices[0]) !== 5 || slices.slice(1).some((unit) => kind(unit) !== 1))
  throw new Error("not one GOP of 30 frames");

const length = (size, count) => Array.from({ length: count }, (_, at) => (size >> (8 * (count - 1 - at))) & 255);
const record = Buffer.from([
  1,
  sps[1],
  sps[2],
  sps[3],
  0xff,
  0xe1,
  ...length(sps.length, 2),
  ...sps,
  1,
  ...length(pps.length, 2),
  ...pps,
]);
const samples = slices.map((unit) => Buffer.concat([Buffer.from(length(unit.length, 4)), unit]));
const lines = Buffer.concat(samples)
  .toString("base64")
  .match(/.{1,110}/g)
  .join("\n");

process.stdout.write(`
/** One second, ${width}x${height}, 30 frames, "TEST" on blue. Base64 of samples with 4-byte lengths. */
export const CLIP_${width}X${height}: VideoClip = unpackClip({
  width: ${width},
  height: ${height},
  decoderRecord: "${record.toString("base64")}",
  sampleSizes: [${samples.map((sample) => sample.length).join(", ")}],
  samples: \`
${lines}
\`,
});
`);
