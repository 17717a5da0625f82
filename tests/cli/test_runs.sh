#!/usr/bin/env bash
# What run folders are protected from: mistakes that show late, changed data, other processes, killed ones.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

# A mistake in the last variant is found before the first one is trained.
late() {
    local wanted=$1
    shift
    cat s.yaml - >late.yaml <<<"$1"
    expect 1 "$MIXUP" train late.yaml --out late
    says err "$wanted"
    absent late
}
late "mean_squared_error" "  last: {training: {loss: mean_squared_error}}"
late "columns" "  last: {network: [{op: dense, units: 3, activation: softmax}]}"
late "batch" "  last: {network: [{op: batch_norm}, {op: dense, units: 2, activation: softmax}],
         training: {batch_size: 13}}"

# So is what stands in the way in the folder of a later run.
expect 0 "$MIXUP" train s.yaml --variant manifold --seeds 2 --set training.epochs=1 --out old
expect 1 "$MIXUP" train s.yaml --seeds 1,2 --out old
says err "manifold/seed-2" "other settings" "--overwrite"
absent old/none

# Other data under a finished run are noticed; a record without fingerprints stays good.
write_flowers flowers.csv 1
cat >csv.yaml <<'YAML'
threads: 1
data: {train: {format: csv, path: flowers.csv, label: "kind, of flower", ignore: [id]}, test: {last: 6}}
network: [{op: dense, units: 3, activation: softmax}]
YAML
expect 0 "$MIXUP" train csv.yaml --out data
expect 0 "$MIXUP" train csv.yaml --out data
says err "finished before"
record=data/default/seed-1/run.yaml
says $record "fingerprints:"
mv flowers.csv away.csv # a finished run does not read its data
expect 0 "$MIXUP" train csv.yaml --seeds 1 --out data --resume
says err "finished before"
head -n -1 away.csv >flowers.csv
touch -d '2001-01-01' flowers.csv # as cp -p leaves it
expect 1 "$MIXUP" train csv.yaml --out data
says err "other data" "--overwrite"
sed -i 's/"rows-/"/' $record
expect 0 "$MIXUP" train csv.yaml --out data
says err "finished before"
sed -i '/^  fingerprints:/,$d' $record
expect 0 "$MIXUP" train csv.yaml --out data
says err "finished before"

# A second process in the same folder is refused, and half-written files of a killed one are removed.
sed 's/epochs: 2/epochs: 5000/' s.yaml >long.yaml
"$MIXUP" train long.yaml --variant none --out long >/dev/null 2>&1 &
process=$!
while [ ! -e long/none/seed-1/history.csv ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
for option in --resume --overwrite; do
    expect 1 "$MIXUP" train long.yaml --variant none --out long $option
    says err "another process is training here"
done
kill -KILL $process
wait $process 2>/dev/null
touch long/none/seed-1/model.safetensors.part-1
"$MIXUP" train long.yaml --variant none --out long --overwrite >/dev/null 2>&1 &
process=$!
while [ -e long/none/seed-1/model.safetensors.part-1 ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
absent long/none/seed-1/model.safetensors.part-1
kill -INT $process
wait $process 2>/dev/null
# A finished run takes figures that the experiment asks for later, and keeps what made it.
write_spirals figures.yaml
expect 0 "$MIXUP" train figures.yaml --variant none --out figures --quiet
cp figures/none/seed-1/run.yaml before.yaml
cp figures/none/seed-1/model.safetensors before.safetensors
printf 'report:\n  - {kind: surface, range: [-2, 2]}\n' >>figures.yaml
expect 0 "$MIXUP" train figures.yaml --variant none --out figures
says err "finished before"
says figures/none/seed-1/run.yaml "kind: surface"
same figures/none/seed-1/model.safetensors before.safetensors
diff <(sed -n '/^made_by/,$p' before.yaml) <(sed -n '/^made_by/,$p' figures/none/seed-1/run.yaml) ||
    complain "made_by changed"
cp figures/none/seed-1/run.yaml before.yaml
touch -d '2001-01-01' figures/none/seed-1/run.yaml
expect 0 "$MIXUP" train figures.yaml --variant none --out figures
[ "$(stat -c %Y figures/none/seed-1/run.yaml)" = "$(date -d 2001-01-01 +%s)" ] || complain "written without need"
expect 0 "$MIXUP" train figures/none/seed-1/run.yaml --out again --quiet
same again/none/seed-1/model.safetensors before.safetensors

# A path that leads to no model is what is wrong, not the lack of data.
for command in evaluate predict; do
    expect 1 "$MIXUP" $command nowhere/none/seed-1
    says err "nowhere/none/seed-1: cannot open"
    expect 1 "$MIXUP" $command figures
    says err "figures: holds no model.safetensors; give a finished run's folder (DIR/VARIANT/seed-N)"
    expect 2 "$MIXUP" $command figures/none/seed-1/model.safetensors
    says err "give DATA"
done

finish
