#!/bin/sh
# Runs RUNTIME with its log sent unread to /dev/null. Its own errors, and log lines of level warn and error, are on stderr.
exec "$RUNTIME" "$@" >"${RUNTIME_LOG:-/dev/null}"
