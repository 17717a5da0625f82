# shellcheck shell=bash disable=SC2034
# What the tests of the program share. MIXUP is the program; $scratch is a folder that is removed at the end, and
# where each test begins. A test calls `finish` last.
set -uo pipefail

root=$(pwd)
MIXUP=$(realpath "$MIXUP")
scratch=$(mktemp -d /tmp/mixup-cli-XXXXXX)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0
export MIXUP_THREADS=1 # tiny networks; and the machine may be busy

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect STATUS COMMAND...: runs it, output in $scratch/out and $scratch/err, and compares the exit status.
expect() {
    local wanted=$1
    shift
    "$@" >"$scratch/out" 2>"$scratch/err"
    local status=$?
    if [ "$status" != "$wanted" ]; then
        complain "exit status $status, not $wanted: $*"
        sed 's/^/    /' "$scratch/err"
    fi
}

# says FILE TEXT...: the file contains each of the texts.
says() {
    local file=$1
    shift
    for wanted in "$@"; do
        grep -qF -- "$wanted" "$file" || {
            complain "'$wanted' is not in $(basename "$file"):"
            sed 's/^/    /' "$file" | head -20
        }
    done
}

same() {
    cmp -s "$1" "$2" || complain "$1 and $2 differ"
}

differ() {
    cmp -s "$1" "$2" && complain "$1 and $2 are the same"
}

there() {
    [ -e "$1" ] || complain "$1 is missing"
}

absent() {
    [ ! -e "$1" ] || complain "$1 is there"
}

# A small experiment: two variants, trained in no time.
write_spirals() {
    cat >"$1" <<'YAML'
threads: 1
data:
  train: {format: spirals, count_per_class: 100}
  test: {fraction: 0.2}
  validation: {fraction: 0.1}
network:
  - {op: dense, units: 16, activation: leaky_relu, slope: 0.3, repeat: 2}
  - {op: dense, units: 2, activation: softmax}
training: {epochs: 2, batch_size: 20}
mix: {alpha: 1, at: []}
variants:
  none: {}
  manifold: {mix: {at: [dense2, dense3]}}
YAML
}

# 60 flowers of three kinds, told apart by two of three columns.
write_flowers() {
    awk -v header="$2" 'BEGIN {
        srand(7)
        if (header) print "id,petal,sepal,\"kind, of flower\""
        split("rose,lily,\"tulip \"\"red\"\"\"", kinds, ",")
        for (i = 0; i < 60; i++) {
            k = i % 3
            printf "f%d,%.3f,%.3f,%s\n", i, k * 2 + rand(), 5 - k + rand(), kinds[k + 1]
        }
    }' >"$1"
}

finish() {
    [ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
    exit 0
}
