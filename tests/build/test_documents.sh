#!/usr/bin/env bash
# Files that the documents name are there. (NAME stands for any.)
set -euo pipefail
missing=0
for document in README.md CONTRIBUTING.md docs/*.md experiments/paper/README.md; do
    # shellcheck disable=SC2016 # the backticks are Markdown's
    while read -r name; do
        case $name in
        *NAME* | run.yaml) continue ;;
        esac
        [[ -e $name || -n "$(find src cli tests bench fuzz scripts docs examples experiments include -path "*/$name" -print -quit)" ]] || { echo "$document names $name" && missing=1; }
    done < <(grep -oE '`[a-zA-Z0-9_/.-]+\.(c|h|cpp|md|sh|yaml|txt|py)`' "$document" | tr -d '`' | sort -u)
done
exit $missing
