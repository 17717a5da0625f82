#!/usr/bin/env bash
# scripts/demonstrations.sh with a stand-in for the program that writes down how it is called.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/mixup" <<END
#!/usr/bin/env bash
echo "\$*" >>"$scratch/calls"
[[ ! -e "$scratch/interrupt" || \$* != *bottleneck_2* ]] || exit 130
END
chmod +x "$scratch/mixup"
export MIXUP=$scratch/mixup

# compare WHAT: the calls are the lines on standard input.
compare() {
    diff - "$scratch/calls" || {
        echo "FAILED: $1" >&2
        exit 1
    }
    rm "$scratch/calls"
}

scripts/demonstrations.sh results >"$scratch/out"
compare "the seven trainings, then the report" <<END
train experiments/demonstrations/spiral.yaml --variant none --variant manifold --seeds 1 --out results/spiral --resume
train experiments/demonstrations/bottleneck_2.yaml --variant none --variant manifold --seeds 1 --out results/bottleneck_2 --resume
train experiments/demonstrations/bottleneck_12.yaml --variant none --variant input --variant manifold --seeds 1 --out results/bottleneck_12 --resume
report results --out results/report.html
END
grep -q 'results/report.html' "$scratch/out"

scripts/demonstrations.sh --epochs 1 --seeds 1,2 demo >"$scratch/out"
grep -c -- '--seeds 1,2 --out demo/.* --overwrite --set training.epochs=1$' "$scratch/calls" | grep -qx 3
rm "$scratch/calls"

scripts/demonstrations.sh --precision bf16 results >"$scratch/out"
grep -c -- '--out results/.* --resume --set precision=bf16$' "$scratch/calls" | grep -qx 3
rm "$scratch/calls"

touch "$scratch/interrupt"
status=0
scripts/demonstrations.sh results >"$scratch/out" || status=$?
[[ $status == 130 ]]
wc -l <"$scratch/calls" | grep -qx 2

status=0
scripts/demonstrations.sh --unknown results 2>/dev/null || status=$?
[[ $status == 2 ]]
for name in spiral bottleneck_2 bottleneck_12; do
    test -f "experiments/demonstrations/$name.yaml"
done
