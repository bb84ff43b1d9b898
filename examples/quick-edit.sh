#!/bin/sh
# Quick edit: a clip and a sentence in, an MP4 out.
#
#   sh examples/quick-edit.sh test/media/clip.mp4 promo.mp4
#
# KEY and NGW are set as `npm run dev` prints them.
set -eu
# A key of this run alone: a request repeated under it does nothing twice.
run=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')

# Reads $1 each second until it is completed. Stops when it ended otherwise, or after five minutes.
await() {
  for _ in $(seq 300); do
    said=$(curl -fsS -u "$KEY:" "$1")
    case $said in
      *'"status":"completed"'*) return 0 ;;
      *'"status":"failed"'* | *'"status":"needs_input"'* | *'"status":"cancelled"'*) break ;;
    esac
    sleep 1
  done
  printf 'not completed: %s\n' "$said" >&2
  exit 1
}

# The same Idempotency-Key sent again finds the same video: safe to repeat when the connection breaks.
video=$(curl -fsS -u "$KEY:" "$NGW/generators/video-to-generator/videos" \
  -H "Idempotency-Key: quick-edit-$run" \
  -F "file=@$1" \
  -F "var_result=a new short promotional clip with music and transitions" \
  -F "var_seconds=5")
id=$(printf %s "$video" | grep -o 'vid_[0-9a-z]*' | head -1)

await "$NGW/videos/$id"
curl -fsS -u "$KEY:" -o "$2" "$NGW/videos/$id/content"
echo "$2 is $id"
