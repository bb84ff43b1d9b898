#!/bin/sh
# Runs RUNTIME with its log sent unread to /dev/null, or to the file RUNTIME_LOG, for example for --trace-gc. Its own errors, and log lines of level warn and error, are on stderr.
exec "$RUNTIME" "$@" >"${RUNTIME_LOG:-/dev/null}"
