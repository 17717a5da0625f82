#!/usr/bin/env bash
# Somebody with a folder of images: init, train as it is, evaluate, predict.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"

# Images of odd sizes, a colour a class: photos/CLASS/N.png. Grey and all of one size: grey/...
python3 - <<'PYTHON'
import os, struct, zlib
def png(path, width, height, pixel, kind):
    def part(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + bytes(pixel) * width for _ in range(height))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)) +
                           part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
colours = {"red apple": (200, 30, 30), "leaf": (30, 180, 40), "sea": (20, 40, 220)}
for name, colour in colours.items():
    for i in range(14):
        png(f"photos/{name}/img{i}.png", 20 + 3 * i, 60 - 2 * i, [max(0, c - 2 * i) for c in colour], 2)
for folder, count in (("train", 10), ("test", 3), ("val", 2)):
    for shade in range(2):
        for i in range(count):
            png(f"grey/{folder}/{shade}/{i}.png", 12, 10, [60 + 120 * shade + i], 0)
PYTHON
short() {
    expect 0 "$MIXUP" train "$1" --set training.epochs=3 --set network.width=2 --out "$2"
}

# Sizes that differ become a square; what init prints trains as it is, and its model takes other folders.
expect 0 "$MIXUP" init --images photos/
cp out photos.yaml
says photos.yaml "name: photos" "42 images" "3 classes: leaf, red apple, sea" "shorter sides are 20 to" \
    "size: [32, 32]" "by: channel" "horizontal_flip" "kind: preact_resnet" "after_stage2" "kind: cutmix"
short photos.yaml photos_runs
there photos_runs/none/seed-1/model.safetensors
there photos_runs/cutmix/seed-1/model.safetensors
expect 0 "$MIXUP" evaluate photos_runs/manifold/seed-1 photos
says out "samples                   42"
mkdir unsorted
cp photos/sea/img3.png photos/leaf/img0.png unsorted
expect 0 "$MIXUP" predict photos_runs/manifold/seed-1 unsorted
says out "row,file,class,leaf,red apple,sea" "1,img0.png," "2,img3.png,"
[ "$(wc -l <out)" = 3 ] || complain "a row for each image"

# Whatever the case of their letters.
mkdir cased
cp -r grey/train cased/Training
cp -r grey/test cased/Testing
expect 0 "$MIXUP" init --images cased
says out "2 classes: 0, 1" "part: Training" "test: {format: images, path: cased, part: Testing}"

# Images of classes that the model does not know.
mkdir -p elsewhere/stone
cp photos/sea/img3.png elsewhere/stone
expect 0 "$MIXUP" predict photos_runs/manifold/seed-1 elsewhere
says out "1,stone/img3.png,"
expect 1 "$MIXUP" evaluate photos_runs/manifold/seed-1 elsewhere
says err "the folder stone is none of the 3 classes"

# What cannot be decoded is left out, and named.
cp -r photos damaged
echo garbage >damaged/leaf/broken.jpg
echo rubbish >damaged/sea/broken.png
mkdir damaged/empty
touch damaged/.DS_Store damaged/sea/Thumbs.db
expect 0 "$MIXUP" init --images damaged --out damaged.yaml
says damaged.yaml "44 images" "3 classes" "2 of the 44 that were looked at cannot be decoded" \
    "# leaf/broken.jpg: neither a JPEG nor a PNG" "    skip_damaged: true"
expect 0 "$MIXUP" train damaged.yaml --set training.epochs=1 --set network.width=1 --variant none --out damaged_runs
says err "leaf/broken.jpg: left out" "sea/broken.png: left out"
expect 1 "$MIXUP" train damaged.yaml --set data.train.skip_damaged=false --out whole_runs
says err "damaged.yaml" "leaf/broken.jpg: neither" "with skip_damaged: true images that cannot be decoded are left out"
absent whole_runs
mkdir -p hopeless/a hopeless/b
for i in 1 2 3 4 5 6; do echo x | tee hopeless/a/$i.jpg >hopeless/b/$i.png; done
expect 1 "$MIXUP" init --images hopeless
says err "hopeless: no image can be decoded; a/1.jpg: "

# What is an image of another kind is told, in a comment that a strange name does not leave.
mkdir -p others
cp -r photos/leaf photos/sea others
touch "others/sea/$(printf 'a\nb').webp"
expect 0 "$MIXUP" init --images others
says out "# 1 of other kinds than JPEG and PNG is left out, such as" "# sea/a b.webp"

# Without classes nothing can be right, so nothing is measured.
run=photos_runs/manifold/seed-1
expect 1 "$MIXUP" evaluate $run unsorted
says err "no targets"
expect 1 "$MIXUP" attack $run --data unsorted
says err "no classes"
expect 1 "$MIXUP" deform $run --data unsorted
says err "no classes"
expect 1 "$MIXUP" neighbors $run --layer pool --data unsorted
says err "tested samples have none"
expect 1 "$MIXUP" attack photos_runs
says err "photos_runs: brings no data" "DIR/VARIANT/seed-N"

# Folders train, test and val are what they say; sizes that are all the same are kept, colours that are none left out.
expect 0 "$MIXUP" init --images grey --out deep/grey.yaml
says deep/grey.yaml 'path: "../grey"' 'test: {format: images, path: "../grey", part: test}'
expect 0 "$MIXUP" init --images grey
cp out grey.yaml
says grey.yaml "20 images" "10x12 pixels" "part: train" "size: [10, 12]" "grey: true" \
    "test: {format: images, path: grey, part: test}" "validation: {format: images, path: grey, part: val}"
short grey.yaml grey_runs
says grey_runs/none/seed-1/metrics.json '"test_count": 6' '"validation_count": 4'

# An archive that holds one folder of classes.
tar czf packed.tgz photos
expect 0 "$MIXUP" init --images packed.tgz
cp out packed.yaml
says packed.yaml "part: photos" "3 classes"
short packed.yaml packed_runs

# Training says so where the folder of classes is a level lower, or none.
expect 1 "$MIXUP" train packed.yaml --set data.train.part=null --out none
says err "packed.yaml:10:" "one folder, 'photos'" 'give part: "photos"'
expect 1 "$MIXUP" train photos.yaml --set data.train.path=unsorted --out none
says err "photos.yaml:10:" "in no folders"
absent none

# What is no folder of classes is refused, with what would be one.
expect 1 "$MIXUP" init --images photos/sea
says err "photos/sea" "folder of its class" "apple/1.jpg"
expect 1 "$MIXUP" init --images unsorted
says err "folder of its class"
expect 1 "$MIXUP" init --images nowhere
says err "nowhere"
head -c 60 photos/sea/img0.png >photos/sea/img1.png
expect 0 "$MIXUP" init --images photos
says out "# sea/img1.png: " "skip_damaged: true"
expect 2 "$MIXUP" init --images photos labels.idx
says err "no file of labels"

# A file that is named like something else is not taken for IDX.
expect 0 "$MIXUP" predict photos_runs/none/seed-1 unsorted
sed -n '1p;3s/^2/1/p' out >third
cp unsorted/img3.png IMG3.PNG
expect 0 "$MIXUP" predict photos_runs/none/seed-1 unsorted/img3.png
same out third
expect 0 "$MIXUP" predict photos_runs/none/seed-1 IMG3.PNG
says out "1,IMG3.PNG,"
expect 1 "$MIXUP" predict photos_runs/none/seed-1 unsorted/img4.png
says err "unsorted/img4.png: cannot open"
expect 1 "$MIXUP" init --images IMG3.PNG
expect 1 "$MIXUP" evaluate photos_runs/none/seed-1 photos.yaml
says err "--experiment"
finish
