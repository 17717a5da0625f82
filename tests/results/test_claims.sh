#!/bin/bash
# What the demonstrations claim, checked on the runs in results/ (made by `make claims`, three seeds of each), where
# they exist; skipped where they do not. The medians stand in docs/results.md.
set -uo pipefail

for run in spiral/none spiral/manifold bottleneck_2/none bottleneck_2/manifold bottleneck_12/none \
    bottleneck_12/input bottleneck_12/manifold; do
    for seed in 1 2 3; do
        if [ ! -f "results/$run/seed-$seed/metrics.json" ]; then
            echo "skipped: results/$run/seed-$seed is not there; make claims trains it"
            exit 77
        fi
    done
done

page=$(mktemp /tmp/mixup-claims-XXXXXX)
trap 'rm -f "$page"' EXIT
if ! "$MIXUP" claims --quiet results --out "$page"; then
    cat "$page"
    exit 1
fi
