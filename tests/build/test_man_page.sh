#!/usr/bin/env bash
# The man page is well formed, and names every command of the program.
set -euo pipefail

page=docs/mixup.1
if command -v groff >/dev/null; then
    warnings=$(groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null)
    [[ -z "$warnings" ]] || {
        echo "$warnings"
        exit 1
    }
fi
[[ -n "${MIXUP-}" ]] || exit 0
status=0
while read -r command; do
    grep -q "^\.B $command\$" "$page" || {
        echo "$page does not name the command '$command'"
        status=1
    }
done < <(grep -o '&command_[a-z]*' cli/main.c | cut -d _ -f 2 | sort --unique)
exit $status
