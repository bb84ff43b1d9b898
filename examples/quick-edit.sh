#!/bin/sh
# Quick edit: a clip and a sentence in, an MP4 out.
#
#   NGW=http://127.0.0.1:8787/v1 KEY=ngw_test_… sh examples/quick-edit.sh clip.mp4 promo.mp4
set -eu

# The same Idempotency-Key sent again finds the same video: safe to repeat when the connection breaks.
video=$(curl -fsS -u "$KEY:" "$NGW/generators/video-to-generator/videos" \
  -H "Idempotency-Key: quick-edit-$$" \
  -F "file=@$1" \
  -F "var_result=a new short promotional clip with music and transitions" \
  -F "var_seconds=5")
id=$(printf %s "$video" | grep -o 'vid_[0-9a-z]*' | head -1)

until printf %s "$video" | grep -q '"status":"completed"'; do
  if printf %s "$video" | grep -Eq '"status":"(failed|needs_input|cancelled)"'; then
    printf '%s\n' "$video" >&2
    exit 1
  fi
  sleep 1
  video=$(curl -fsS -u "$KEY:" "$NGW/videos/$id")
done

curl -fsS -u "$KEY:" -o "$2" "$NGW/videos/$id/content"
echo "$2 is $id"
