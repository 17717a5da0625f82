#!/usr/bin/env bash
# Measures libmixup against the pinned peers and writes docs/performance.md: the one place that says how.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/benchmark.sh [options of bench/run.py]

Installs PyTorch and TensorFlow (CPU builds, versions in bench/requirements-*.txt) into .venv/ where they are missing,
times them and libmixup in turn (bench/run.py), and writes docs/performance.md and its figure. About an hour and a half.
With --avx2 it measures what the page shows as kept to AVX2.
PIP_OPTIONS is passed to pip, for an index that has CPU builds: without one PyPI's torch may come with CUDA.
END
}

case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/install_dependencies.sh --only python3-venv gnuplot-nox
read -ra pip_options <<<"${PIP_OPTIONS-}"
for peer in torch tensorflow; do
    if [[ ! -e .venv/$peer/.complete ]]; then
        python3 -m venv ".venv/$peer"
        ".venv/$peer/bin/pip" install --quiet "${pip_options[@]}" -r "bench/requirements-$peer.txt"
        touch ".venv/$peer/.complete"
    fi
done
if [[ " $* " == *" --avx2 "* ]]; then
    cmake --preset avx2
    cmake --build build/avx2 --target mixup bench
fi
python3 bench/run.py "$@"
python3 bench/page.py
echo "The page is docs/performance.md, the numbers of each round are in results/bench*/bench.json"
