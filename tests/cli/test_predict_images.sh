#!/usr/bin/env bash
# Somebody with a folder of photos of which some are broken: a row for all others, and who is missing is told.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
fixtures=$root/tests/fixtures

cat >tiny.yaml <<END
data: {train: {format: tiny_imagenet, folder: $fixtures/tiny, size: [6, 4], scale: 255}}
network: [{op: flatten}, {op: dense, units: 3, activation: softmax}]
training: {epochs: 1}
END
expect 0 "$MIXUP" train tiny.yaml --out runs
run=runs/default/seed-1

mkdir -p "my photos/holiday"
cp "$fixtures/images/colour.png" "my photos/img1.png"
cp "$fixtures/images/grey.png" "my photos/img10.png"
cp "$fixtures/images/colour.png" "my photos/holiday/beach.png"
expect 0 "$MIXUP" predict $run "my photos"
grep -v img2 out >whole
[ "$(wc -l <whole)" = 4 ] || complain "three rows"
[ ! -s err ] || complain "nothing is wrong"

# A cut file, a link to nothing, and one that is no image: the other rows stay as they are, numbers included.
head -c 90 "$fixtures/images/colour.png" >"my photos/img10a.png"
ln -s nowhere "my photos/img11.jpg"
echo rubbish >"my photos/img12.jpg"
for quiet in "" --quiet; do
    expect 3 "$MIXUP" predict $run "my photos" $quiet
    same out <(sed 's/^3,holiday/6,holiday/' whole)
    says err "mixup predict: my photos: img10a.png: a damaged PNG: ends early" \
        "mixup predict: my photos: img11.jpg: cannot open: No such file or directory" \
        "mixup predict: my photos: img12.jpg: neither a JPEG nor a PNG" \
        "mixup predict: error: my photos: 3 of its 6 images cannot be read and have no row"
    [ "$(wc -l <err)" = 4 ] || complain "a line each and the sum"
done
rm "my photos/img11.jpg"
tar -cf photos.tar -C "my photos" .
tar -czf photos.tgz -C "my photos" .
for archive in photos.tar photos.tgz; do
    expect 3 "$MIXUP" predict $run $archive
    says out "1,img1.png" "5,holiday/beach.png"
    says err "$archive: img12.jpg: neither"
done

# Images of other kinds are no rows, but not passed over in silence.
mkdir mixed
cp "$fixtures/images/colour.png" mixed
touch mixed/b.webp mixed/a.GIF mixed/notes.txt
expect 0 "$MIXUP" predict $run mixed
says err "mixup: mixed: 2 images of other kinds than JPEG and PNG left out, such as a.GIF"
[ "$(wc -l <out)" = 2 ] || complain "one row"
expect 0 "$MIXUP" predict $run mixed --quiet
[ ! -s err ] || complain "--quiet is quiet"
expect 1 "$MIXUP" predict $run mixed/b.webp
says err "JPEG or PNG images" "convert it to one of them"

# However many there are, ten are named.
for i in $(seq 21 31); do echo x >"my photos/img$i.jpg"; done
expect 3 "$MIXUP" predict $run "my photos"
says err "img28.jpg: " "my photos: and 3 more cannot be read" "13 of its 16 images"
[ "$(wc -l <err)" = 12 ] || complain "ten names, the rest and the sum"

# Alone, or where nothing is left, it is an error as any other.
expect 1 "$MIXUP" predict $run "my photos/img10a.png"
says err "error: my photos: img10a.png: a damaged PNG"
[ ! -s out ] || complain "a header and no row"
rm "my photos/img1.png" "my photos/img10.png" "my photos/holiday/beach.png"
expect 1 "$MIXUP" predict $run "my photos"
says err "none of its 13 images can be read"
[ ! -s out ] || complain "a header and no row"

# What is measured is measured on all images: there a damaged one ends it.
expect 1 "$MIXUP" states $run "my photos" --layer flatten1 --out states.npy
says err "img10a.png: a damaged PNG"
absent states.npy
finish
