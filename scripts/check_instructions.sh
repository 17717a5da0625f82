#!/usr/bin/env bash
# Counts the instructions of a training step and of a prediction with callgrind and fails where they have grown:
# a guard of the hot path that does not depend on the machine's speed. bench/instructions.txt has the cases and
# what they took.
#
# Callgrind counts inside mixup_trainer_step or mixup_predict only, and writes what it counted after each of them;
# the last STEPS of a run have neither set-up nor the building of plans. One thread, so that nothing spins, and
# AVX2 at most, which valgrind knows and which makes the counts the same on newer processors.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/check_instructions.sh [--write]

Counts for each line of bench/instructions.txt with build/release/bench/bench_step (or \$BENCH_STEP), and fails
where a count is more than 5 % above the line's.
  --write  puts the new counts into the file; say in the commit's message why they changed
END
}

write=0
case ${1-} in
--write) write=1 ;;
"") ;;
-h | --help)
    usage
    exit 0
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${BENCH_STEP:-build/release/bench/bench_step}
budgets=${BENCH_INSTRUCTIONS:-bench/instructions.txt}
steps=8
percent=5
[[ -x $program ]] || {
    echo "check_instructions: $program is missing; cmake --preset release && cmake --build --preset release" >&2
    exit 1
}
if ! grep -qw avx2 /proc/cpuinfo || ! grep -qw fma /proc/cpuinfo; then
    echo "check_instructions: skipped, the counts are those of AVX2 with FMA, which this processor lacks"
    exit 0
fi
export ONEDNN_MAX_CPU_ISA=AVX2 OMP_NUM_THREADS=1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# instructions ARGUMENT...: of one of the last STEPS steps, their mean
instructions() {
    local function=mixup_trainer_step step
    [[ " $* " != *" predict "* ]] || function=mixup_predict
    rm -f "$folder"/out*
    if ! valgrind --tool=callgrind --callgrind-out-file="$folder/out" --toggle-collect="$function" \
        --dump-after="$function" "$program" "$@" --threads 1 --repeats 1 --steps $((1 + steps)) \
        >"$folder/log" 2>&1; then
        tail -n 20 "$folder/log" >&2
        return 1
    fi
    local last sum=0
    last=$(find "$folder" -name 'out.*' | wc -l)
    ((last > steps)) || return 0
    for ((step = last - steps + 1; step <= last; step++)); do
        sum=$((sum + $(sed -n 's/^totals: //p' "$folder/out.$step")))
    done
    echo $((sum / steps))
}

failed=0
: >"$folder/new"
while IFS= read -r line; do
    if [[ -z $line || $line == \#* ]]; then
        echo "$line" >>"$folder/new"
        continue
    fi
    read -r budget arguments <<<"$line"
    read -ra words <<<"$arguments"
    taken=$(instructions "${words[@]}")
    ((taken > 0)) || {
        echo "check_instructions: $arguments: nothing was counted" >&2
        exit 1
    }
    verdict=ok
    if ((taken * 100 > budget * (100 + percent))); then
        verdict="TOO MANY: more than $percent % above $budget"
        failed=1
    elif ((taken * 100 < budget * (100 - percent))); then
        verdict="fewer than $budget: bring the file up to date with --write"
    fi
    printf '%12d  %-60s %s\n' "$taken" "$arguments" "$verdict"
    printf '%d %s\n' "$taken" "$arguments" >>"$folder/new"
done <"$budgets"

if ((write)); then
    cp "$folder/new" "$budgets"
elif ((failed)); then
    echo "Where the compiler or oneDNN is another one and nothing else changed: scripts/check_instructions.sh --write"
    exit 1
fi
