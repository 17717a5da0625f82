#!/usr/bin/env bash
# Image data from folders to predictions; the same model wherever the images are kept.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
fixtures=$root/tests/fixtures

cat >tiny.yaml <<END
data:
  train: {format: tiny_imagenet, folder: $fixtures/tiny, size: [6, 4], scale: 255}
  test: {format: tiny_imagenet, folder: $fixtures/tiny, scale: 255}
  normalize: {by: channel}
  augment: {horizontal_flip: true}
network:
  - {op: conv2d, filters: 4, kernel: 3}
  - {op: flatten}
  - {op: dense, units: 3, activation: softmax}
training: {epochs: 2, batch_size: 3, load_threads: 2}
mix: {alpha: 1, at: [input]}
END

expect 0 "$MIXUP" train tiny.yaml --out memory --set data.train.keep=memory
says memory/default/seed-1/run.yaml "keep: memory" "by: channel"
for keep in encoded disk; do
    expect 0 "$MIXUP" train tiny.yaml --out $keep --set data.train.keep=$keep --set data.test.keep=$keep
    same memory/default/seed-1/model.safetensors $keep/default/seed-1/model.safetensors
done
expect 0 "$MIXUP" train tiny.yaml --out limit --set data.train.memory_limit=1 --set data.test.memory_limit=1
same memory/default/seed-1/model.safetensors limit/default/seed-1/model.safetensors
expect 0 "$MIXUP" train tiny.yaml --out memory --set data.train.keep=disk # where they are kept is no other setting
says err "finished before"
expect 1 "$MIXUP" train tiny.yaml --out memory --set data.train.keep=disk --set "data.train.size=[4, 4]"
says err "size"

expect 0 "$MIXUP" predict memory/default/seed-1 "$fixtures/tiny/val/images"
says out "first, words (n02)" "other words"
[ "$(wc -l <out)" = 4 ] || complain "not three predictions"

# A damaged image ends the run before it begins, with its name, or is left out and told.
cp -r "$fixtures/tiny" damaged
echo >damaged/train/n01/images/n01_0.JPEG
expect 1 "$MIXUP" train tiny.yaml --out damaged-run --set data.train.folder="$PWD/damaged"
says err "tiny.yaml:2:" "damaged: n01/images/n01_0.JPEG: neither a JPEG nor a PNG"
expect 0 "$MIXUP" train tiny.yaml --out damaged-run --set data.train.folder="$PWD/damaged" --set data.train.skip_damaged=true
says err "n01/images/n01_0.JPEG: left out"

cat >svhn.yaml <<END
data:
  train: {format: svhn, files: [$fixtures/mat/packed.mat, $fixtures/mat/extra.mat], scale: 255}
  test: {format: svhn, files: $fixtures/mat/plain.mat, scale: 255}
network: [{op: flatten}, {op: dense, units: 10, activation: softmax}]
END
expect 0 "$MIXUP" train svhn.yaml --out svhn
expect 1 "$MIXUP" train svhn.yaml --out svhn-bad --set data.train.files="$fixtures/mat/no_labels.mat"
says err "svhn.yaml:2:" "no_labels.mat: holds no variable y"

cat >cifar.yaml <<END
data: {train: {format: cifar, folder: cifar, scale: 255}}
network: [{op: flatten}, {op: dense, units: 10, activation: softmax}]
END
mkdir cifar
cp "$fixtures/images/cifar_images.tar.gz" cifar/images.tar
expect 0 "$MIXUP" train cifar.yaml --out cifar-run
there cifar-run/default/seed-1/model.safetensors
finish
