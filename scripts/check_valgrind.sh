#!/usr/bin/env bash
# Runs unit tests of the build without oneDNN under valgrind: invalid reads, uninitialised values and leaks,
# which the sanitizers see differently or not at all. Builds the preset reference-only first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Those that are quick enough at a thirtieth of the speed.
tests=(base_test_file base_test_memory base_test_text format_test_reader format_test_npy graph_test_build
    graph_test_sites mix_test_blend mix_test_draw data_test_arrays data_test_split engine_test_parameters
    engine_test_custom engine_test_plan train_test_custom train_test_predictors train_test_metrics
    train_test_trainer)

cmake --preset reference-only
cmake --build --preset reference-only --target "${tests[@]}"
export MIXUP_THREADS=1

# The name of a test that failed and the end of what valgrind said.
run() {
    local output status=0
    output=$(timeout 300 valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
        "build/reference-only/tests/$1" 2>&1) || status=$?
    ((status == 0)) || {
        echo "$1 fails under valgrind:"
        tail -n 30 <<<"$output"
        return 1
    }
}
export -f run
# shellcheck disable=SC2016 # the other bash expands it
printf '%s\n' "${tests[@]}" | xargs --max-procs "$(nproc)" --max-args 1 bash -c 'run "$@"' run
