#!/bin/sh
# Iterative: a rough cut, a look at it, a refinement. The project keeps its timeline in between.
#
#   NGW=http://127.0.0.1:8787/v1 KEY=ngw_test_… sh examples/iterative.sh rough.mp4 final.mp4
set -eu

json='Content-Type: application/json'
idOf() { printf %s "$1" | grep -o 'vid_[0-9a-z]*' | head -1; }

# Waits for the video's end, up to a minute at a time, and saves its newest file.
finish() {
  until curl -fsS -u "$KEY:" "$NGW/videos/$1" | grep -q '"status":"completed"'; do sleep 1; done
  curl -fsS -u "$KEY:" -o "$2" "$NGW/videos/$1/content"
}

id=$(idOf "$(curl -fsS -u "$KEY:" "$NGW/videos" -H "$json" -H "Idempotency-Key: rough-$$" \
  -d '{"prompt":"generate a 5-second video about a coffee brand launch"}')")
finish "$id" "$1"

curl -fsS -u "$KEY:" "$NGW/videos/$id/turns" -H "$json" -H "Idempotency-Key: refine-$$" \
  -d '{"prompt":"add a title \"Urban Dreams\""}' >/dev/null
finish "$id" "$2"
echo "$1 and $2 are two cuts of $id"
