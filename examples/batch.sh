#!/bin/sh
# Batch: several clips in one project, one by one, each with its own instructions and its own export.
#
#   sh examples/batch.sh test/media/clip.mp4 first.mp4 second.mp4
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

json='Content-Type: application/json'
upload=$(curl -fsS -u "$KEY:" "$NGW/uploads" -F "file=@$1" | grep -o 'upl_[0-9a-z]*' | head -1)

batch=$(curl -fsS -u "$KEY:" "$NGW/batches" -H "$json" -H "Idempotency-Key: batch-$run" -d '{
  "mode": "one_project",
  "items": [
    {"prompt": "turn this video into a 3-second teaser", "assets": ["'"$upload"'"]},
    {"prompt": "make it 2 seconds long with a title \"Urban Dreams\""}
  ]
}' | grep -o 'bat_[0-9a-z]*' | head -1)

await "$NGW/batches/$batch"

for video in $(curl -fsS -u "$KEY:" "$NGW/batches/$batch/videos" | grep -o '"id":"vid_[0-9a-z]*"' | cut -d'"' -f4); do
  shift
  curl -fsS -u "$KEY:" -o "$1" "$NGW/videos/$video/content"
  echo "$1 is $video"
done
