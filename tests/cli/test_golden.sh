#!/usr/bin/env bash
# What the program prints, word for word: golden/NAME.txt holds command, exit status, standard output and standard
# error. After a wanted change: UPDATE_GOLDEN=1 MIXUP=... bash tests/cli/test_golden.sh, then look at the difference.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml
write_flowers flowers.csv 1
golden=$root/tests/cli/golden

# golden NAME ARGUMENTS...
golden() {
    local name=$1
    shift
    "$MIXUP" "$@" >out 2>err
    local status=$?
    {
        echo "\$ mixup $*"
        sed '/^engine: /d' out # differs from machine to machine
        echo "--- standard error"
        sed 's/  [0-9.]* s\(  best\)\?$/  TIME\1/' err
        echo "--- exit status $status"
    } >"$name.txt"
    if [ -n "${UPDATE_GOLDEN:-}" ]; then
        cp "$name.txt" "$golden/$name.txt"
    elif ! diff -u "$golden/$name.txt" "$name.txt"; then
        complain "$name: other words than tests/cli/golden/$name.txt"
    fi
}

golden help help
golden help_train help train
golden help_key help training.optimizer.epsilon
golden help_section help mix
golden no_command
golden unknown_command evaluat
golden info info s.yaml
golden info_short info s.yaml --short --variant manifold --set training.epochs=7
golden init_csv init --csv flowers.csv --label "kind, of flower"
golden init_wrong_column init --csv flowers.csv --label petl
golden train_unknown_key train s.yaml --set training.epoch=3
golden train_wrong_value train s.yaml --set mix.alpha=-1
golden train_unknown_site train s.yaml --set "mix.at=[dense9]" --variant none
golden train_no_file train nowhere.yaml
"$MIXUP" train s.yaml --variant none --engine reference --quiet >/dev/null
golden train_skipped train s.yaml --variant none --engine reference
golden train_refused train s.yaml --variant none --engine reference --set seed=1 --set training.batch_size=3
finish
