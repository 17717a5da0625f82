#!/usr/bin/env bash
# What `cmake --install` installs can be used: a C program built with pkg-config, shared and static, and one
# built with find_package.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

cmake --install "$MIXUP_BUILD" --prefix "$prefix" >/dev/null
test -f "$prefix/share/man/man1/mixup.1"
test -f "$prefix/share/bash-completion/completions/mixup"
if [[ -n "${MIXUP-}" ]]; then
    "$prefix/bin/mixup" --version
fi

# Its own `error` shows that the archive keeps the library's names inside.
cat >"$scratch/program.c" <<'END'
#include <mixup.h>
#include <stdio.h>
#include <string.h>
int error(void);
int error(void) {
    return 0;
}
int main(void) {
    mixup_model *model = NULL;
    const mixup_status status = mixup_model_create(&model, &(mixup_model_desc){.input = {3}});
    printf("mixup %s: %s\n", mixup_version(), mixup_last_error());
    return error() || status == MIXUP_OK || strcmp(mixup_version(), MIXUP_VERSION) != 0;
}
END

library=$(dirname "$(find "$prefix" -name mixup.pc)")
export PKG_CONFIG_PATH=$library
library=$(dirname "$library")
[[ "$(pkg-config --modversion mixup)" == "$(sed -n 's/^#define MIXUP_VERSION "\(.*\)"/\1/p' include/mixup.h)" ]]

echo "- pkg-config, shared"
# shellcheck disable=SC2046 # the flags are words
cc -std=c11 "$scratch/program.c" -o "$scratch/shared" $(pkg-config --cflags --libs mixup)
LD_LIBRARY_PATH=$library "$scratch/shared"

echo "- the examples, as their first lines say"
for example in examples/*.c examples/*.cpp; do
    line=$(grep -m 1 -E '^( \*|//)     c(c|\+\+) ' "$example" | sed 's|^[ */]*||') || { echo "$example: no line" && exit 1; }
    case $line in
    c++*) command -v c++ >/dev/null || continue ;;
    esac
    (cd examples && eval "${line% -o *} -fsyntax-only")
    [[ "$line" == *-lm* ]] || ! grep -q '<math.h>' "$example" || { echo "$example: needs -lm" && exit 1; }
done

echo "- pkg-config, static"
read -ra private <<<"$(pkg-config --static --libs mixup)"
cc -std=c11 -I"$prefix/include" "$scratch/program.c" -o "$scratch/static" \
    "${private[@]/#-lmixup/$library/libmixup.a}"
"$scratch/static"

echo "- find_package"
cat >"$scratch/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
set(CMAKE_C_STANDARD 11)
find_package(mixup 0.1 REQUIRED)
add_executable(user_shared program.c)
target_link_libraries(user_shared PRIVATE mixup::mixup)
add_executable(user_static program.c)
target_link_libraries(user_static PRIVATE mixup::mixup_static)
END
cmake -S "$scratch" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$scratch/build" >/dev/null
"$scratch/build/user_shared"
"$scratch/build/user_static"
