#!/bin/sh
# Regenerates the clips at the end of src/sandbox/clips.ts: the one-second H.264 clips that sandbox renders consist of, one for each
# size of a draft.
# Needs ffmpeg and the DejaVu fonts (Debian: apt-get install ffmpeg fonts-dejavu-core). Nothing else in the project needs them.
# Each clip is one closed GOP of 30 frames without B-frames, so it can be repeated and cut after any frame.
set -eu
[ $# -eq 0 ] || { echo "it takes no arguments, see its first lines" >&2; exit 2; }
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clip() { # width height font-size
  word="drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:text=TEST:fontsize=$3:fontcolor=white:x=(w-text_w)/2:y=(h-text_h)/2"
  ffmpeg -v error -y -f lavfi -i "color=c=0x1d3557:s=$1x$2:r=30:d=1" -f lavfi -i "color=c=0xf2b705:s=$1x16:r=30:d=1" \
    -filter_complex "[0]$word[word];[word][1]overlay=x='-W+W*(t+1/30)':y=H-16,format=yuv420p" \
    -c:v libx264 -profile:v main -preset veryslow -crf 26 -bf 0 -g 30 -keyint_min 30 -sc_threshold 0 \
    -x264-params "scenecut=0:open_gop=0:aud=0:threads=1" -bsf:v 'filter_units=remove_types=6' -f h264 "$work/clip.h264"
  node scripts/pack-test-clip.mjs "$work/clip.h264" "$1" "$2" >>"$work/clips.ts"
}

# The sizes in src/sandbox/prompt.ts, and those that src/sandbox/uploads.ts gives to files.
clip 1920 1080 165
clip 1080 1920 225
clip 1280 720 110
clip 1080 1080 200
clip 1080 1350 200
clip 1080 1440 200
clip 1440 1080 180
clip 2520 1080 180
sed -i '/^\/\*\* One second/,$d' src/sandbox/clips.ts
cat "$work/clips.ts" >>src/sandbox/clips.ts
npx biome format --write src/sandbox/clips.ts
