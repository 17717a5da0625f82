#!/usr/bin/env bash
# Checks the sources without running them.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/check_sources.sh CHECK...

  format         the layout is that of .clang-format; \`format --fix\` makes it so
  tidy           clang-tidy, with .clang-tidy
  cppcheck       cppcheck
  shellcheck     shellcheck on all shell scripts
tidy and cppcheck check what build/release compiles (cmake --preset release).
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/release

# How each file is compiled, once: in build/release/checks. Many are compiled a second time for the tests in
# double precision, which makes a difference in those that ask for it (MIXUP_DOUBLE) only; these are checked twice.
prepare_checks() {
    mkdir -p "$build/checks"
    python3 - "$build/compile_commands.json" >"$build/checks/compile_commands.json" <<'END'
import json, sys

chosen = {}
for entry in json.load(open(sys.argv[1])):
    asks = "MIXUP_DOUBLE" in open(entry["file"]).read()
    chosen.setdefault((entry["file"], asks and "-DMIXUP_DOUBLE" in entry["command"]), entry)
json.dump(list(chosen.values()), sys.stdout, indent=1)
END
}

check_format() {
    find . \( -path './build*' -o -path './.?*' \) -prune -o -name '*.[ch]' -print0 | xargs --null clang-format "$@"
}

# With asserts, which tell the analyzer what we know.
check_tidy() {
    prepare_checks
    grep -o '"file": "[^"]*"' "$build/checks/compile_commands.json" | cut -d '"' -f 4 | sort --unique |
        xargs --max-procs "$(nproc)" --max-args 4 clang-tidy --quiet -p "$build/checks" --extra-arg=-UNDEBUG
}

check_cppcheck() {
    prepare_checks
    cppcheck --project="$build/checks/compile_commands.json" --enable=warning,performance,portability \
        --inline-suppr --error-exitcode=1 --quiet -j "$(nproc)"
}

check_shellcheck() {
    find scripts tests .ci \( -name '*.sh' -o -path .ci/run \) -print0 | xargs --null shellcheck
}

if (($# == 0)); then
    usage >&2
    exit 2
fi
while (($# > 0)); do
    case $1 in
    format)
        if [[ ${2-} == --fix ]]; then
            check_format -i
            shift
        else
            check_format --dry-run --Werror
        fi
        ;;
    tidy | cppcheck | shellcheck) "check_$1" ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done
