#!/usr/bin/env bash
# Ready-made networks from the experiment to the report, and `mixup info --network`.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
images=$root/tests/fixtures/images/cifar_images.tar.gz # ten images of 32x32, one a class

cat >net.yaml <<YAML
threads: 1
engine: reference
data: {train: {format: images, path: $images, part: train, scale: 255}}
network: {kind: preact_resnet, width: 2}
training: {batch_size: 5, optimizer: {kind: nesterov, learning_rate: 0.05}}
mix: {alpha: 2, at: [input, after_stage1, after_stage2]}
variants:
  manifold: {}
  tiny: {network: {width: 1, stem_stride: 2, dropout: 0.2}, mix: {at: [after_stage4]}}
YAML

# Trained, again from run.yaml to the same bits, and compared with other settings.
expect 0 "$MIXUP" train net.yaml --out r
expect 0 "$MIXUP" train r/manifold/seed-1/run.yaml --out again
same r/manifold/seed-1/model.safetensors again/manifold/seed-1/model.safetensors
grep -A1 '^network:' r/manifold/seed-1/run.yaml | grep -qx '  kind: preact_resnet' || complain "run.yaml spells it out"
expect 0 "$MIXUP" train net.yaml --out r --variant tiny
says err "finished before"
expect 1 "$MIXUP" train net.yaml --out r --variant tiny --set network.width=3
says err "network.width: 1, not 3"
cat >list.yaml <<YAML
extends: net.yaml
mix: {at: []}
network: [{op: flatten}, {op: dense, units: 10, activation: softmax}]
variants: {tiny: null}
YAML
expect 1 "$MIXUP" train list.yaml --out r
says err "network.kind: preact_resnet, not network[0].op: flatten"

# The names are those of the usual PyTorch module.
python3 - r/manifold/seed-1/model.safetensors <<'PYTHON' || complain "names of the state"
import json, struct, sys
with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
shapes = {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
assert shapes["conv1.weight"] == [2, 3, 3, 3]
assert shapes["layer4.0.shortcut.0.weight"] == [16, 8, 1, 1]
assert shapes["layer4.1.bn2.running_var"] == [16]
assert shapes["linear.bias"] == [10]
assert len(shapes) == 1 + 16 * (4 + 1) + 3 + 2, len(shapes)
PYTHON

# The saved model and the report know it.
expect 0 "$MIXUP" info r/tiny/seed-1 --network
says out "layer4.1.conv2" "after_stage4" "8x2x2" "arena, batches of 256"
expect 0 "$MIXUP" predict r/manifold/seed-1 --experiment net.yaml --part train
expect 0 "$MIXUP" states r/manifold/seed-1 --experiment net.yaml --part train --layer layer2.1 --out s.npy
there s.npy
expect 0 "$MIXUP" report r --out page.html
says page.html "network.kind" "preact_resnet" "network.stem_stride"

# The network alone, with and without its data.
expect 0 "$MIXUP" info --network net.yaml
cp out with_data
says out "layer2.0.shortcut.0" "4x16x16" "arena, batches of 5" "optimizer" "cannot mix here: 'layer1.0.conv1'"
grep -Eq '^after_stage2 +activation +4x16x16 +0 +0 +yes$' out || complain "the row of a site"
grep -Eq '^all +11[0-9]{3} +[0-9]+$' out || complain "the totals"
mv "$scratch/net.yaml" moved.yaml
sed -i "s|$images|nowhere|" moved.yaml
expect 1 "$MIXUP" info --network moved.yaml
says err "nowhere" "--input 3,32,32 --classes 10"
expect 0 "$MIXUP" info --network moved.yaml --input 3,32,32 --classes 10
same out with_data
mv list.yaml moved_list.yaml
sed -i "s|net.yaml|moved.yaml|" moved_list.yaml
expect 0 "$MIXUP" info --network moved_list.yaml --input 3,4,5
says out "60"
expect 1 "$MIXUP" info --network moved.yaml --input 3,32,32
says err "moved.yaml:4:10: network.classes: is missing"
expect 1 "$MIXUP" info --network moved.yaml --input 60 --classes 10
says err "moved.yaml:4:10: network: preact_resnet takes images"
printf 'network: {kind: lenet}\ntraining: {restore_best: true}\n' >only.yaml # nothing but the network
expect 0 "$MIXUP" info --network only.yaml --input 1,28,28 --classes 10
says out "10" "arena, batches of 32"
expect 1 "$MIXUP" info --network only.yaml
says err "data: is missing" "--input 3,32,32 --classes 10"
expect 1 "$MIXUP" info only.yaml
says err "data: is missing"
expect 1 "$MIXUP" info --network only.yaml --input 1,28,28 --classes 10 --set network.depth=3
says err "network.depth: has no meaning"
for wrong in 3,,3 ",3" 0 3,32,32,32,32 -1 3x32; do
    expect 1 "$MIXUP" info --network moved.yaml "--input=$wrong"
    says err "--input $wrong: give 1 to 4 sizes"
done
expect 2 "$MIXUP" info moved.yaml --input 3,32,32
expect 2 "$MIXUP" info --network moved.yaml --classes 10
expect 2 "$MIXUP" info --network r/tiny/seed-1 --input 3,32,32
finish
