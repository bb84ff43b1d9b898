#!/bin/sh
# Iterative: a rough cut, a look at it, a refinement. The project keeps its timeline in between.
#
#   sh examples/iterative.sh rough.mp4 final.mp4
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
idOf() { printf %s "$1" | grep -o 'vid_[0-9a-z]*' | head -1; }

# Waits for the video's end and saves its newest file.
finish() {
  await "$NGW/videos/$1"
  curl -fsS -u "$KEY:" -o "$2" "$NGW/videos/$1/content"
}

id=$(idOf "$(curl -fsS -u "$KEY:" "$NGW/videos" -H "$json" -H "Idempotency-Key: rough-$run" \
  -d '{"prompt":"generate a 5-second video about a coffee brand launch"}')")
finish "$id" "$1"

curl -fsS -u "$KEY:" "$NGW/videos/$id/turns" -H "$json" -H "Idempotency-Key: refine-$run" \
  -d '{"prompt":"add a title \"Urban Dreams\""}' >/dev/null
finish "$id" "$2"
echo "$1 and $2 are two cuts of $id"
