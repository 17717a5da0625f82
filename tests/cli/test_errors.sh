#!/usr/bin/env bash
# What cannot work fails with exit status 1 and a message that says where, and leaves nothing behind.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

# fails TEXT... -- ARGUMENTS...: exit status 1, the texts in the message, no folder made.
fails() {
    local texts=()
    while [ "$1" != -- ]; do
        texts+=("$1")
        shift
    done
    shift
    expect 1 "$MIXUP" "$@"
    says err "error: " "${texts[@]}"
    [ ! -s out ] || complain "something on standard output: $*"
    absent r
}

# broken SED-EXPRESSION TEXT...: the small experiment, changed.
broken() {
    sed "$1" s.yaml >b.yaml
    shift
    fails "$@" -- train b.yaml --out r
}

fails "nowhere.yaml" "No such file" -- train nowhere.yaml --out r
broken 's/epochs: 2/epochs: two/' "b.yaml:9:20: training.epochs" "whole number"
broken 's/epochs: 2/epoch: 2/' "b.yaml:9:12: training.epoch: no such key; did you mean 'epochs'"
broken 's/alpha: 1/alpha: -1/' "b.yaml:10:14: mix.alpha" "at least 0"
broken 's/alpha: 1/alpha: .nan/' "b.yaml:10:14: mix.alpha" "finite"
broken 's/op: dense/op: dens/' "b.yaml:7:10: network[0].op" "did you mean 'dense'"
broken 's/fraction: 0.2/fraction: 1.2/' "data.test.fraction"
broken 's/dense2, dense3/dense2, dense9/' "b.yaml:13:" "mix.at" "no layer 'dense9'"
broken 's/\[dense2, dense3\]/[inptu]/' "did you mean 'input'"
broken 's/manifold:/none:/' "b.yaml:13:3: none" "second time"
broken 's/batch_size: 20/batch_size: 20, loss: mean_squared_error/' "b.yaml:9:45: training.loss: the loss"
broken 's/units: 2,/units: 3,/' "b.yaml:8:5: network" "3 outputs" "2 target columns"
broken 's/^training/\ttraining/' "b.yaml:9:" "tab"
broken 's/units: 2,/units: 3,/' "3"
broken 's/activation: softmax/activation: softmax, name: input/' "b.yaml:8:" "layers[2]" "input"
broken 's/op: dense, units: 2, activation: softmax/op: add, with: input/' "b.yaml:8:" "layers[2]"
broken '$ a report: [{kind: scatter, layer: dense9}]' "report.layer: there is no layer 'dense9'; did you mean 'dense"
broken '$ a report: [{kind: scatter, layer: dense1}]' "report.layer: 'dense1' does not have 2 units"
fails "training.epochs" "--set training.epochs" -- train s.yaml --out r --set training.epochs=-3
fails "no variant 'manifld'" "none, manifold" -- train s.yaml --out r --variant none --variant manifld
fails "class_weights" -- train s.yaml --out r --set "training.class_weights=[1, 2, 3]"

# a site inside a skip connection
cat >skip.yaml <<'YAML'
data: {train: {format: spirals}}
network:
  - {op: dense, units: 8, name: a}
  - {op: dense, units: 8, name: b}
  - {op: dense, units: 8, name: c}
  - {op: add, with: a, name: d}
  - {op: dense, units: 2, activation: softmax}
mix: {alpha: 1, at: [input, c]}
YAML
fails "skip.yaml:8:" "mix.at" "nearest" -- train skip.yaml --out r

# data that are not there, or are something else
cat >csv.yaml <<'YAML'
data: {train: {format: csv, path: flowers.csv, label: kind, ignore: [id]}}
network: [{op: dense, units: 3, activation: softmax}]
YAML
fails "csv.yaml:1:" "data.train" "flowers.csv" -- train csv.yaml --out r
write_flowers flowers.csv 1
fails "data.train" "kind" -- train csv.yaml --out r
sed -i 's/label: kind/label: "kind, of flower"/; s/, ignore: \[id\]//' csv.yaml
fails "data.train" "id" -- train csv.yaml --out r

# folders and disks that cannot be written to
touch r_is_a_file
expect 1 "$MIXUP" train s.yaml --out r_is_a_file
says err "r_is_a_file"
if [ "$(id -u)" != 0 ]; then
    mkdir locked
    chmod a-w locked
    expect 1 "$MIXUP" train s.yaml --out locked
    says err "locked"
fi

# models and data that do not fit
expect 0 "$MIXUP" train s.yaml --variant none --out r_good
model=r_good/none/seed-1
expect 1 "$MIXUP" evaluate $model flowers.csv
says err "not trained on a CSV"
for command in evaluate predict; do
    expect 2 "$MIXUP" $command $model/model.safetensors
    says err "--experiment" "only a run's folder brings its own data"
    expect 2 "$MIXUP" $command $model s.npy --experiment s.yaml
    expect 0 "$MIXUP" $command $model
    cp out own
    expect 0 "$MIXUP" $command $model --experiment s.yaml
    same out own
    expect 0 "$MIXUP" $command $model --part validation
    differ out own
done
expect 2 "$MIXUP" evaluate $model --experiment s.yaml --part tset
says err "--part tset"
expect 1 "$MIXUP" evaluate r_good --experiment s.yaml
says err "model.safetensors"
expect 1 "$MIXUP" predict s.yaml --experiment s.yaml
says err "s.yaml: an experiment is no model" "DIR/VARIANT/seed-N"
printf 'PK\3\4 and more' >arrays.npz
for data in table.xlsx arrays.npz photos.ZIP; do
    expect 1 "$MIXUP" predict $model $data
    says err "$data: DATA is a .csv, .npy or IDX file, or JPEG or PNG images, their folder or .tar; "
done
expect 1 "$MIXUP" init --npy arrays.npz arrays.npz
says err "arrays.npz: not an NPY file" "an .npz holds several arrays: save one of them with numpy.save"
expect 1 "$MIXUP" predict flowers.csv --experiment s.yaml
says err "flowers.csv"
expect 1 "$MIXUP" states $model --experiment s.yaml --layer dense7 --out x.npy
says err "dense7" "mixup info"
absent x.npy
expect 1 "$MIXUP" states $model --experiment s.yaml --layer dense1 --out nowhere/x.npy
says err "nowhere/x.npy"
expect 1 "$MIXUP" info nothing.safetensors
says err "nothing.safetensors"
expect 2 "$MIXUP" evaluate $model --experiment s.yaml --engine gpu
says err "--engine gpu" "auto, dnnl or reference"
expect 2 "$MIXUP" train s.yaml --engine gpu
expect 1 env MIXUP_THREADS=abc "$MIXUP" train s.yaml --set threads=0
says err "error: MIXUP_THREADS is 'abc'"
expect 2 "$MIXUP" train s.yaml --set =1
expect 2 "$MIXUP" info s.yaml --set =1
finish
