#!/usr/bin/env bash
# Runs crmsync for action.yml, and tells its exit code to the steps after it. The
# arguments are read as a shell reads words, quotes included, but nothing in them
# is expanded or run.
set -uo pipefail

if [ -z "$CRMSYNC_TOKEN" ]; then unset CRMSYNC_TOKEN; fi
args=()
while IFS= read -r -d '' word; do args+=("$word"); done < <(printf '%s' "$ARGS" | xargs printf '%s\0')
crmsync "${args[@]}"
code=$?
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
case $code in
  3) echo "::warning::some records were rejected: they are in the reject file, with line and reason" ;;
  4) echo "::error::stopped by too many rejects" ;;
esac
exit "$code"
