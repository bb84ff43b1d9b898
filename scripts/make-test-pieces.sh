#!/bin/sh
# Remakes src/sandbox/pieces-*.ts: the one-second H.264 pieces that sandbox renders are put together from.
# Needs ffmpeg and the DejaVu fonts (Debian: apt-get install ffmpeg fonts-dejavu-core). Nothing else in the project does.
# Each piece is one closed GOP of 30 frames without B-frames, so it can be repeated and cut after any frame.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

piece() { # name width height
  bar="drawbox=x=0:y=ih-12:w=iw*t:h=12:color=0xf2b705:t=fill"
  word="drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:text=TEST:fontsize=h/7:fontcolor=white:x=(w-text_w)/2:y=(h-text_h)/2"
  [ "$1" = portrait ] && word=$(echo "$word" | sed 's/fontsize=h\/7/fontsize=w\/5/')
  dot="drawbox=x=iw/2-200+400*t:y=ih*0.66:w=24:h=24:color=white:t=fill"
  ffmpeg -v error -y -f lavfi -i "color=c=0x1d3557:s=$2x$3:r=30:d=1" -vf "$word,$dot,$bar,format=yuv420p" \
    -c:v libx264 -profile:v main -preset veryslow -crf 26 -bf 0 -g 30 -keyint_min 30 -sc_threshold 0 \
    -x264-params "scenecut=0:open_gop=0:aud=0" -bsf:v 'filter_units=remove_types=6' -f h264 "$work/$1.h264"
  node scripts/pack-test-piece.mjs "$work/$1.h264" "$1" "$2" "$3" >"src/sandbox/pieces-$1.ts"
}

piece landscape 1280 720
piece portrait 720 1280
