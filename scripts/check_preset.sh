#!/usr/bin/env bash
# Configures, builds and tests one preset of CMakePresets.json.
set -euo pipefail

if (($# != 1)) || [[ $1 == -* ]]; then
    echo "usage: scripts/check_preset.sh PRESET" >&2
    exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cmake --preset "$1"
cmake --build --preset "$1" -j "$(nproc)"
ctest --preset "$1"
