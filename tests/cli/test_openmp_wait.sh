#!/usr/bin/env bash
# Threads wait for each other only briefly awake, unless the user has said how they are to wait.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"

{
    echo a,b,kind
    for i in {1..12}; do echo "$i,$((i % 5)),$((i % 2))"; done
} >rows.csv
expect 0 "$MIXUP" init --csv rows.csv --label kind --out rows.yaml
expect 0 "$MIXUP" train rows.yaml --out runs --set training.epochs=1
run=runs/manifold/seed-1
[ -f $run/model.safetensors ] || finish

# environment NAME=VALUE...: the variables of a program that reads its rows from a pipe, in `variables`. To open the
# pipe for writing waits until the program reads it, so it has begun anew by then, if it does.
environment() {
    rm -f pipe.csv
    mkfifo pipe.csv
    env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT "$@" "$MIXUP" predict $run pipe.csv >predicted &
    exec 3>pipe.csv
    tr '\0' '\n' <"/proc/$!/environ" >variables
    cat rows.csv >&3
    exec 3>&-
    wait $! || complain "predict with $*"
    [ "$(wc -l <predicted)" = 13 ] || complain "twelve rows with $*"
}

environment MARK=1
grep -qx 'GOMP_SPINCOUNT=[0-9]*' variables || complain "no short wait is set"
grep -qx MARK=1 variables || complain "the rest of the environment is lost"
environment GOMP_SPINCOUNT=77
grep -qx GOMP_SPINCOUNT=77 variables || complain "the user's count is not kept"
environment OMP_WAIT_POLICY=active
! grep -q GOMP_SPINCOUNT variables || complain "the user's policy is not kept"
finish
