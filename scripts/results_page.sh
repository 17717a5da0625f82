#!/usr/bin/env bash
# Brings docs/results.md up to date: the part called NAME becomes what stands on standard input. The parts lie
# between "<!-- begin NAME -->" and "<!-- end NAME -->"; the others stay as they are.
set -euo pipefail

page=${MIXUP_RESULTS_PAGE:-docs/results.md}
name=${1-}
case $name in
-h | --help)
    echo "usage: scripts/results_page.sh demonstrations|study <part.md"
    exit 0
    ;;
demonstrations | study) ;;
*)
    echo "usage: scripts/results_page.sh demonstrations|study <part.md" >&2
    exit 2
    ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
part=$(mktemp)
trap 'rm -f "$part"' EXIT
cat >"$part"
if ! grep -q "^<!-- begin $name -->\$" "$page" || ! grep -q "^<!-- end $name -->\$" "$page"; then
    echo "results_page: error: $page has no part '$name'; it lies between <!-- begin $name --> and <!-- end $name -->" >&2
    exit 1
fi
awk -v name="$name" -v part="$part" '
    $0 == "<!-- end " name " -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- begin " name " -->" { inside = 1; while ((getline line < part) > 0) print line }
' "$page" >"$page.new"
mv "$page.new" "$page"
