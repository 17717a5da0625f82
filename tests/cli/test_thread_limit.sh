#!/usr/bin/env bash
# More threads are asked for than OpenMP may start: the program takes those that it gets, and does not wait for ever.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

expect 0 env OMP_THREAD_LIMIT=1 timeout --signal=KILL 60 "$MIXUP" train s.yaml --variant none --set threads=2 \
    --set "network=[{op: dense, units: 256, activation: relu, repeat: 2}, {op: dense, units: 2, activation: softmax}]" --out limited
finish
