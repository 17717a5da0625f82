#!/usr/bin/env bash
# scripts/install_dependencies.sh with stand-ins for dpkg-query, apt-get and sudo.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
: >"$scratch/missing"
: >"$scratch/calls"

# dpkg-query knows every package as installed that is not in $scratch/missing.
cat >"$scratch/bin/dpkg-query" <<END
#!/usr/bin/env bash
grep -qx -- "\${@: -1}" "$scratch/missing" && exit 1
echo -n installed
END
cat >"$scratch/bin/apt-get" <<END
#!/usr/bin/env bash
echo "apt-get \$*" >>"$scratch/calls"
[[ \$DEBIAN_FRONTEND == noninteractive ]] || echo "would ask" >>"$scratch/calls"
[[ ! -e "$scratch/offline" ]]
END
printf '#!/bin/sh\necho sudo >>"%s"\nexec "$@"\n' "$scratch/calls" >"$scratch/bin/sudo"
chmod +x "$scratch"/bin/*

fail() {
    echo "FAILED: $*" >&2
    cat "$scratch/out" "$scratch/calls" >&2
    exit 1
}

# expect STATUS ARGUMENT...
expect() {
    local wanted=$1 status=0
    shift
    : >"$scratch/calls"
    PATH=$scratch/bin:$PATH scripts/install_dependencies.sh "$@" >"$scratch/out" 2>&1 || status=$?
    ((status == wanted)) || fail "'$*' ended with $status instead of $wanted"
}

echo "- usage"
expect 0 --help
expect 2 --unknown

echo "- with everything there it is silent and calls nothing"
expect 0
expect 0 --with-checks
[[ ! -s "$scratch/out" && ! -s "$scratch/calls" ]] || fail "it does something"

echo "- it says what is missing, updates first, then installs just that, without a question"
printf 'libyaml-dev\nclang-tidy\n' >"$scratch/missing"
expect 0
grep -q 'missing.*: libyaml-dev$' "$scratch/out" || fail "it does not say what it installs"
[[ "$(sed -n '/^apt-get/s/.* \(update\|install\).*/\1/p' "$scratch/calls" | tr '\n' ' ')" == "update install " ]] ||
    fail "not update, then install"
grep -q 'install .* libyaml-dev$' "$scratch/calls" || fail "it installs something else"
! grep -q 'would ask' "$scratch/calls" || fail "it may ask"
if ((EUID == 0)); then
    ! grep -q sudo "$scratch/calls" || fail "root needs no sudo"
else
    grep -q sudo "$scratch/calls" || fail "it needs sudo"
fi

echo "- options choose the packages"
expect 0 --with-checks
grep -q 'install .* libyaml-dev clang-tidy$' "$scratch/calls" || fail "--with-checks does not add the checks"
expect 0 --only clang-tidy
grep -q 'install .* clang-tidy$' "$scratch/calls" || fail "--only does not choose"

echo "- a failure of apt-get is an error"
touch "$scratch/offline"
expect 1
grep -q 'apt-get update failed' "$scratch/out" || fail "no message"
