#!/usr/bin/env bash
# Takes the README's pictures from the report's figures (`make all` draws them) into docs/images/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p docs/images
for variant in none manifold; do
    cp "results/spiral/figures/surface_$variant.png" "docs/images/spiral_$variant.png"
    cp "results/bottleneck_2/figures/scatter_2_$variant.png" "docs/images/digits_$variant.png"
done
