#!/usr/bin/env bash
# libmixup shows exactly the functions of mixup.h, as a shared library and as an archive.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# MIXUP_API, a type, the name, "(": also over two lines.
tr '\n' ' ' <include/mixup.h | grep -o 'MIXUP_API [^;(]*(' | grep -o 'mixup_[a-z0-9_]* *($' | tr -d ' (' |
    sort >"$scratch/header"
nm --dynamic --defined-only "$MIXUP_BUILD/libmixup.so" | cut -d ' ' -f 3 | sort >"$scratch/shared"
nm --extern-only --defined-only "$MIXUP_BUILD/libmixup.a" | grep ' ' | cut -d ' ' -f 3 | sort >"$scratch/static"

status=0
for library in shared static; do
    if ! diff "$scratch/header" "$scratch/$library" >"$scratch/difference"; then
        echo "mixup.h (<) and the $library library (>) differ:"
        cat "$scratch/difference"
        status=1
    fi
done
exit $status
