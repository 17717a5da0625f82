#!/usr/bin/env bash
# attack, deform and neighbors on finished runs and on files, and their items in the report.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"

# Images of 5 × 4 bytes: a bright top row in class 0, a bright left column in class 1.
python3 - <<'PYTHON'
import struct
def npy(name, kind, shape, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
noise, pixels, labels = 1, bytearray(), bytearray()
for i in range(120):
    for r in range(5):
        for c in range(4):
            noise = noise * 1103515245 + 12345 & 0x7FFFFFFF
            bright = r == 0 if i % 2 == 0 else c == 0
            pixels.append((noise >> 16) % 80 + (150 if bright else 0))
    labels.append(i % 2)
npy("images.npy", "|u1", (120, 5, 4), bytes(pixels))
npy("labels.npy", "|u1", (120,), bytes(labels))
PYTHON
cat >i.yaml <<'YAML'
threads: 1
data:
  train: {format: npy, inputs: images.npy, labels: labels.npy, scale: 255}
  test: {last: 40}
network:
  - {op: flatten}
  - {op: dense, units: 8, activation: tanh, name: hidden}
  - {op: dense, units: 2, activation: softmax}
training: {epochs: 15, batch_size: 10, optimizer: {learning_rate: 0.01}}
mix: {alpha: 1, at: []}
variants:
  none: {}
  manifold: {mix: {at: [hidden]}}
report:
  - {kind: attack, epsilon: [0.4, 0.1], samples: 20}
  - {kind: attack, method: pgd, norm: l2, raw: true, epsilon: [50], steps: 4, clip: [0, 255], title: By <PGD>}
  - {kind: deformation, rotation: [90], zoom: [50, 150], bilinear: true}
  - {kind: neighbors, layer: hidden, neighbors: [1, 3], distance: cosine}
YAML
expect 0 "$MIXUP" train i.yaml --out results --seeds 1,2 --quiet
run=results/none/seed-1

# attack: a row a model and budget; the budget does what it says.
expect 0 "$MIXUP" attack $run results/manifold/seed-1 --epsilon 0,0.5
[ "$(wc -l <out)" = 5 ] || complain "attack prints a header and two rows a model"
says out "model,kind,norm,epsilon,steps,samples,clean_accuracy,accuracy,fool_rate" "$run,fgsm,linf,0,1,40,1,1,0"
says err "manifold/seed-1"
awk -F, '$4 == 0.5 && $8 < 0.5 && $9 > 0.5 { found++ } END { exit found != 2 }' out ||
    complain "half of the whole range fools neither model"
cp out fgsm
# One step of 0.3 by PGD is FGSM.
expect 0 "$MIXUP" attack $run --epsilon 0.3 --quiet
tail -n 1 out | cut -d, -f4- >a
expect 0 "$MIXUP" attack $run --kind pgd --steps 1 --step-size 0.3 --epsilon 0.3 --quiet
tail -n 1 out | cut -d, -f4- >b
same a b
# 76.5 of 255 grey levels are 0.3 of the network's units.
expect 0 "$MIXUP" attack $run --raw --epsilon 76.5 --quiet
[ "$(tail -n 1 out | cut -d, -f7-)" = "$(cut -d, -f4- a)" ] || complain "--raw counts grey levels"
expect 0 "$MIXUP" attack $run --kind pgd --norm none --steps 30 --step-size 0.05 --count 10 --quiet
says out "$run,pgd,none,,30,10,1,0,1"
expect 0 "$MIXUP" attack $run --kind pgd --norm l2 --epsilon 0.5 --random-start --seed 3 --clip=0,255 --engine reference
expect 0 "$MIXUP" attack $run/model.safetensors --data images.npy --labels labels.npy --count 0
says out ",120,"
expect 0 "$MIXUP" attack $run/model.safetensors --experiment i.yaml --part train --count 7
says out ",7,"
expect 1 "$MIXUP" attack $run/model.safetensors
says err "--data DATA"
expect 1 "$MIXUP" attack $run --part validation
says err "no validation data"
expect 2 "$MIXUP" attack $run --norm none
says err "needs a bound"
expect 2 "$MIXUP" attack $run --kind pgd --norm none --epsilon 0.1
expect 2 "$MIXUP" attack $run --clip 0
expect 2 "$MIXUP" attack $run --epsilon 0.1,x
says err "--epsilon x"
expect 2 "$MIXUP" attack $run --epsilon 0.1,
says err "commas"
expect 2 "$MIXUP" attack $run --kind cw
expect 2 "$MIXUP" attack $run --data images.npy --experiment i.yaml

# deform: deformations down, models across; every model sees the same images.
expect 0 "$MIXUP" deform $run $run results/manifold/seed-1
[ "$(wc -l <out)" = 19 ] || complain "deform prints a header, the images as they are and 17 deformations"
says out "deformation,amount,$run,$run,results/manifold/seed-1" "none,,1,1,1" "rotation,20," "shear,171.9," "zoom,180,"
awk -F, 'NR > 1 && $3 != $4 { exit 1 }' out || complain "the same model twice saw other images"
expect 0 "$MIXUP" deform $run --rotation 0 --zoom 100 --quiet
says out "rotation,0,1" "zoom,100,1"
expect 0 "$MIXUP" deform $run --zoom 20,400 --bilinear --seed 4 --count 12
[ "$(wc -l <out)" = 4 ] || complain "deform keeps to the lists given"
expect 2 "$MIXUP" deform $run --zoom 0

# neighbors: numbers of neighbours down, models across.
expect 0 "$MIXUP" neighbors $run results/manifold/seed-1 --layer hidden --k 1,5
says out "k,$run,results/manifold/seed-1" "1,1,1" "5,1,1"
expect 0 "$MIXUP" neighbors $run --layer input --distance cosine --points 3 --k 1,6
says out "1," "6,"
expect 1 "$MIXUP" neighbors $run --layer input --points 3
says err "20 nearest neighbours of 6"
expect 0 "$MIXUP" neighbors $run --layer input --data images.npy --labels labels.npy --k 1 --count 0
expect 0 "$MIXUP" neighbors $run/model.safetensors --layer hidden --k 1 --experiment i.yaml
expect 1 "$MIXUP" neighbors $run/model.safetensors --layer hidden --data images.npy --labels labels.npy
says err "no training data"
expect 1 "$MIXUP" neighbors $run --layer nowhere
says err "'nowhere'"
expect 2 "$MIXUP" neighbors $run
says err "--layer"
expect 2 "$MIXUP" neighbors $run --layer hidden --k 0

# What is no image cannot be turned; what has no classes cannot be attacked.
write_spirals s.yaml
expect 0 "$MIXUP" train s.yaml --variant none --out flat --quiet
expect 1 "$MIXUP" deform flat/none/seed-1
says err "no images"

# An impossible attack is found before training.
expect 1 "$MIXUP" train i.yaml --out never --set 'report=[{kind: attack, steps: 3}]'
says err "report[0]" "for pgd"
absent never

if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" attack $run results/manifold/seed-1 --figure pictures/fgsm.png
    for file in fgsm.svg fgsm.png fgsm.gp fgsm.csv; do there pictures/$file; done
    says pictures/fgsm.csv "x,none_seed-1,none_seed-1_deviation,manifold_seed-1"
    expect 0 "$MIXUP" deform $run --rotation 20,40 --zoom 50 --figure pictures/deformed
    there pictures/deformed_rotation.svg
    there pictures/deformed_zoom.png
    absent pictures/deformed_shear.svg
    expect 0 "$MIXUP" neighbors $run --layer hidden --k 1,3 --figure pictures/near
    there pictures/near.svg
    expect 0 "$MIXUP" report results
    says results/report.html "Accuracy under attack" "By &lt;PGD&gt;" "ε = 0.4" "ε = 50, fooled" "rotation ±90°" \
        "zoom 150 %" "k = 3" "Per cent of 20 samples of the test data, mean ± deviation over the seeds" "±"
    for file in attack_attack attack_2_attack deformation_rotation deformation_zoom neighbors_neighbors; do
        there results/figures/$file.svg
    done
    absent results/figures/deformation_shear.svg
    # Sorted, the samples as they are in front, and the mean of what the command says of each seed.
    cut -d, -f1 results/figures/attack_attack.csv | tr '\n' ' ' >order
    says order "x 0 0.1"
    expect 0 "$MIXUP" attack results/none/seed-* --epsilon 0.1,0.4 --count 20 --quiet
    for epsilon in 0.1 0.4; do
        wanted=$(awk -F, -v e=$epsilon '$4 == e { sum += $8 / 2 } END { printf "%.6g", 100 * sum }' out)
        grep -q "^0*${epsilon}[0-9]*,$wanted," results/figures/attack_attack.csv ||
            complain "the report has another accuracy at $epsilon than $wanted %"
    done
fi
finish
