#!/usr/bin/env bash
# Trains the three demonstrations and writes the report: the one place that says how. What is done already
# is kept, what was interrupted goes on; a quick look begins anew.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/demonstrations.sh [--seeds 1,2,3] [--epochs N] [--precision f32|bf16] FOLDER

Trains experiments/demonstrations/ into FOLDER/ and writes FOLDER/report.html.
  --seeds LIST  one run a seed (default 1)
  --epochs N    a quick look with N epochs a run
  --precision P bf16 takes about two thirds of the time, on processors that have it (default f32)
The program is build/release/mixup, or that in the variable MIXUP.
END
}

# The variants that the demonstration shows; bottleneck_2 has one more, on demand.
demonstrations=("spiral none manifold" "bottleneck_2 none manifold" "bottleneck_12 none input manifold")

seeds=1
how=(--resume)
precision=()
while (($# > 1)); do
    case $1 in
    --seeds) seeds=$2 ;;
    --epochs) how=(--overwrite --set "training.epochs=$2") ;;
    --precision) precision=(--set "precision=$2") ;;
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
for demonstration in "${demonstrations[@]}"; do
    read -r name variants <<<"$demonstration"
    chosen=()
    for variant in $variants; do
        chosen+=(--variant "$variant")
    done
    "$mixup" train "experiments/demonstrations/$name.yaml" "${chosen[@]}" --seeds "$seeds" \
        --out "$folder/$name" "${how[@]}" "${precision[@]}"
done
"$mixup" report "$folder" --out "$folder/report.html"
echo "The report is $folder/report.html"
