#!/usr/bin/env bash
# The measuring programs run what they are asked to and print one JSON object.
set -euo pipefail

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# check KEY VALUE JSON
check() {
    python3 -c 'import json, sys; sys.exit(str(json.loads(sys.argv[3])[sys.argv[1]]) != sys.argv[2])' "$@" ||
        fail "$1 is not $2 in $3"
}

step=$MIXUP_BUILD/bench/bench_step
for work in train predict; do
    result=$("$step" tiny --work $work --batch 7 --threads 1 --steps 3)
    check work $work "$result"
    check batch 7 "$result"
    python3 -c 'import json, sys; r = json.loads(sys.argv[1]); sys.exit(not 0 < r["ms_min"] <= r["ms_median"])' \
        "$result" || fail "times of $result"
done
check network preact_resnet18 "$("$step" preact_resnet18 --batch 2 --threads 1 --steps 0)"
# 13-64-64-3: 13*64 + 64*64 + 64*3 products a sample forward; both gradients, but none of the input
check multiply_adds 35840 "$("$step" tiny --work predict --batch 7 --threads 1 --steps 0)"
check multiply_adds 101696 "$("$step" tiny --batch 7 --threads 1 --steps 0)"
check parameters 5251 "$("$step" tiny --threads 1 --steps 0)"
check steps 6 "$("$step" tiny --repeats 2 --threads 1 --steps 3)"
result=$("$step" tiny --engine reference --threads 1 --steps 1)
[[ $result == *'"engine": "reference'* ]] || fail "the engine of $result"
check mix input "$("$step" tiny --mix input --threads 1 --steps 3)"
status=0
"$step" no_such_network 2>/dev/null || status=$?
[[ $status == 2 ]] || fail "an unknown network gave $status"
status=0
"$step" tiny --batch 0 2>/dev/null || status=$?
[[ $status == 2 ]] || fail "a batch of 0 gave $status"
status=0
"$MIXUP_BUILD/bench/bench_load" no_such_folder 2>/dev/null || status=$?
[[ $status == 1 ]] || fail "a folder that is not there gave $status"
