#!/usr/bin/env bash
# Installs the Debian packages that libmixup needs and that are missing, as root or through sudo.
set -euo pipefail

# To compile, to run the tests (python3 reads and writes what the program wrote and reads), to fetch data and to
# draw.
needed=(
    build-essential cmake ninja-build pkg-config
    libdnnl-dev librandom123-dev libyaml-dev libjansson-dev libcsv-dev liblapacke-dev zlib1g-dev
    libjpeg62-turbo-dev libpng-dev libarchive-dev
    libcmocka-dev python3
    ca-certificates curl
    gnuplot-nox
)
# For the static checks (libomp-dev has the omp.h that clang-tidy reads), memory checks and coverage.
checks=(clang-format clang-tidy libomp-dev cppcheck gcovr shellcheck valgrind)

usage() {
    cat <<END
usage: scripts/install_dependencies.sh [--with-checks] [--only PACKAGE...]

Installs with apt-get what is missing of: ${needed[*]}
  --with-checks      also: ${checks[*]}
  --only PACKAGE...  these packages instead
END
}

fail() {
    echo "install_dependencies: error: $*" >&2
    exit 1
}

is_installed() {
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

packages=("${needed[@]}")
while (($# > 0)); do
    case $1 in
    --with-checks) packages+=("${checks[@]}") ;;
    --only)
        shift
        packages=("$@")
        break
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this system has no apt-get; install the counterparts of these Debian packages by hand: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null ||
        fail "missing packages, and neither root nor sudo; let an administrator run: apt-get install ${missing[*]}"
    as_root=(sudo)
fi

echo "Installing ${#missing[@]} missing Debian packages and what they need: ${missing[*]}"
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet "$@" </dev/null
}
apt update || fail "apt-get update failed; see its message above"
apt install --yes --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}"
