#!/usr/bin/env bash
# Theorem 1 of the paper, numerically: with free states and an affine second half the mixup loss reaches 0 from
# d - 1 dimensions on, and each of d = 10 classes keeps dimension - d + 1 directions; with d - 2 the residual
# stays at its bound.
# Skipped with sanitizers, which take minutes for its thousands of steps and see no other code than in shorter
# trainings.
[ -z "${MIXUP_SANITIZE-}" ] || exit 77
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
expect 0 "$MIXUP" train "$root/experiments/paper/theorem_1.yaml" --out free --quiet

# The last training loss, of mixed states against mixed targets, and the error on the states as they are.
loss() { tail -1 "free/units_$1/seed-1/history.csv" | cut -d, -f4; }
residual() { sed -n 's/.*"test_loss": \([0-9.e+-]*\).*/\1/p' "free/units_$1/seed-1/metrics.json"; }
holds() { awk "BEGIN { exit !($1) }" || complain "$2: $1"; }

for case in 9:0 12:3 30:21; do
    units=${case%:*}
    holds "$(loss "$units") < 1e-10" "the mixup loss of $units units"
    holds "$(residual "$units") < 1e-10" "the error of $units units"
    expect 0 "$MIXUP" svd "free/units_$units/seed-1" --layer states --centered --summary --threshold 0.01
    [ "$(tail -n +2 out | cut -d, -f3,6 | sort -u)" = "40,${case#*:}" ] ||
        complain "$units units leave $(cut -d, -f6 out | tr '\n' ' '), not ${case#*:}"
    # The count depends on no fine choice: it is the same for thresholds that lie a hundred times apart.
    expect 0 "$MIXUP" svd "free/units_$units/seed-1" --layer states --centered --summary --threshold 0.0001
    [ "$(tail -n +2 out | cut -d, -f6 | sort -u)" = "${case#*:}" ] || complain "the count of $units units is not clear"
done

# Eight units: ten classes × ten outputs × the mean squared error are the squared residual summed over the classes.
# Rounding may take 1e-4 of the bound.
holds "100 * $(residual 8) > 0.9999" "an affine map of eight dimensions reaches ten classes"
holds "100 * $(residual 8) < 1.01" "training stays above the bound"
finish
