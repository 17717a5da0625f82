#!/usr/bin/env bash
# Trains the paper's experiments at a laptop's size and writes their report: the one place that says which. What is
# done already is kept, what was interrupted goes on.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/study.sh [--seeds 1,2,3] [--only NAME] FOLDER

Trains experiments/paper/NAME_small.yaml into FOLDER/, writes FOLDER/report.html and FOLDER/summary.md.
  --seeds LIST  one run a seed (default 1)
  --only NAME   this one alone, with or without _small
Data: scripts/fetch_data.sh cifar10, fashion_mnist, mnist. The program is build/release/mixup, or that in the
variable MIXUP.
END
}

# Those whose data are CIFAR-10, Fashion-MNIST or MNIST, or are generated.
experiments=(cifar10_preact18 fashion_mnist fixed_sites_cifar10_preact18 eligible_sets_cifar10 alphas_cifar10
    regularizers_cifar10_preact50 factors_a factors_b factors_c spiral_regularizers bottleneck_states
    singular_values_12 singular_values_30 singular_values_early singular_values_regularizers theorem_1)

seeds=1
while (($# > 1)); do
    case $1 in
    --seeds) seeds=$2 ;;
    --only) experiments=("${2%_small}") ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift 2
done
case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
"" | -*)
    usage >&2
    exit 2
    ;;
esac

folder=$1
mixup=${MIXUP:-build/release/mixup}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for name in "${experiments[@]}"; do
    "$mixup" train "experiments/paper/${name}_small.yaml" --seeds "$seeds" --out "$folder/${name}_small" --resume
done
"$mixup" report "$folder" --out "$folder/report.html" --tables "$folder/summary.md"
echo "The report is $folder/report.html, the tables are $folder/summary.md"
