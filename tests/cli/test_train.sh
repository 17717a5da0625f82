#!/usr/bin/env bash
# Runs: their folders, skipping, refusing, overwriting, and the same bits again from run.yaml.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

expect 0 "$MIXUP" train s.yaml --out r --seeds 3,4
printf '%s\n' r/none/seed-3 r/none/seed-4 r/manifold/seed-3 r/manifold/seed-4 >wanted
same out wanted
says err "epoch 2/2"
while read -r run; do
    for file in run.yaml history.csv metrics.json model.safetensors; do
        there "$run/$file"
    done
    absent "$run/checkpoint"
    [ "$(find "$run" -type f | wc -l)" = 4 ] || complain "$run holds more than its four files"
done <wanted
differ r/none/seed-3/model.safetensors r/none/seed-4/model.safetensors
differ r/none/seed-3/model.safetensors r/manifold/seed-3/model.safetensors

# history.csv
head -1 r/none/seed-3/history.csv >line
echo "epoch,step,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds" >wanted_line
same line wanted_line
[ "$(wc -l <r/none/seed-3/history.csv)" = 3 ] || complain "two epochs are two rows"
sed -n 3p r/none/seed-3/history.csv | grep -Eq '^2,16,0.001,[0-9.]+,[0-9.]+,[0-9.]+,[0-9.]+,[0-9.]+$' ||
    complain "the row of epoch 2"

# metrics.json
for key in test_accuracy test_loss test_nll test_calibration_error parameters seconds peak_memory_bytes confusion \
    class_names seed variant; do
    says r/none/seed-3/metrics.json "\"$key\""
done

# run.yaml: everything, and it trains to the same bits
says r/none/seed-3/run.yaml "variant: none" "seed: 3" "made_by:" "threads:" "beta1: 0.9"
grep -q 'engine: auto' r/none/seed-3/run.yaml && complain "run.yaml does not fix the engine"
expect 0 "$MIXUP" train r/manifold/seed-4/run.yaml --out again --quiet
[ ! -s err ] || complain "--quiet is not quiet"
same again/manifold/seed-4/model.safetensors r/manifold/seed-4/model.safetensors
for run in again r; do grep -v '^  source:' $run/manifold/seed-4/run.yaml >$run.yaml; done
same again.yaml r.yaml

# finished: skipped, and nothing is touched
touch -d '2001-01-01' r/none/seed-3/*
expect 0 "$MIXUP" train s.yaml --out r --seeds 3 --variant none
says err "finished before"
[ "$(find r/none/seed-3 -newermt 2002-01-01 -type f | wc -l)" = 0 ] || complain "a finished run was written to"
expect 0 "$MIXUP" train s.yaml --out r --seeds 3 --variant none --resume
expect 0 "$MIXUP" train s.yaml --out r --seeds 3 --variant none --set description=other

# other settings: refused without --overwrite
cp r/none/seed-3/model.safetensors before
expect 1 "$MIXUP" train s.yaml --out r --seeds 3 --variant none --set training.epochs=1
says err "r/none/seed-3" "training.epochs: 2, not 1" "--overwrite" "--out"
same before r/none/seed-3/model.safetensors
expect 0 "$MIXUP" train s.yaml --out r --seeds 3 --variant none --set training.epochs=1 --overwrite \
    --set "description=It's short"
says r/none/seed-3/run.yaml '  set: ["training.epochs=1", "description=It'"'s short\"]"
differ before r/none/seed-3/model.safetensors
[ "$(wc -l <r/none/seed-3/history.csv)" = 2 ] || complain "the old history is gone"

# the file's own seed, the default folder
expect 0 "$MIXUP" train s.yaml --variant none
there results/s/none/seed-1/metrics.json

# the reference engine too
expect 0 "$MIXUP" train s.yaml --variant manifold --out ref --engine reference
says ref/manifold/seed-1/run.yaml "engine: reference"
says ref/manifold/seed-1/metrics.json '"engine": "reference'

# a clean accuracy is another column
expect 0 "$MIXUP" train s.yaml --variant none --out clean --set training.clean_accuracy=true
head -1 clean/none/seed-1/history.csv >line
says line "seconds,train_clean_accuracy"

# without test and validation data
sed '/test:/d; /validation:/d' s.yaml >bare.yaml
expect 0 "$MIXUP" train bare.yaml --variant none --out bare
sed -n 2p bare/none/seed-1/history.csv | grep -Eq '^1,[0-9]+,0.001,[0-9.]+,[0-9.]+,,,[0-9.]+$' ||
    complain "validation is empty without validation data"
finish
