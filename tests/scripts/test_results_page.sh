#!/usr/bin/env bash
# scripts/results_page.sh replaces one part of the page and nothing else; scripts/study.sh calls the program in order.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export MIXUP_RESULTS_PAGE=$scratch/page.md
cat >"$scratch/page.md" <<'END'
# Results
<!-- begin demonstrations -->
old
<!-- end demonstrations -->
between
<!-- begin study -->
old study
<!-- end study -->
END
printf 'new\n\nlines & <!-- signs\n' | scripts/results_page.sh demonstrations
diff - "$scratch/page.md" <<'END'
# Results
<!-- begin demonstrations -->
new

lines & <!-- signs
<!-- end demonstrations -->
between
<!-- begin study -->
old study
<!-- end study -->
END

# A page without the part stays as it is.
echo "nothing" >"$scratch/page.md"
status=0
scripts/results_page.sh study <<<"x" 2>"$scratch/err" || status=$?
[[ $status == 1 && $(cat "$scratch/page.md") == nothing ]]
grep -q "no part 'study'" "$scratch/err"
status=0
scripts/results_page.sh other <<<"x" 2>/dev/null || status=$?
[[ $status == 2 ]]

# The page in the tree has both.
for name in demonstrations study; do
    grep -qx "<!-- begin $name -->" docs/results.md
    grep -qx "<!-- end $name -->" docs/results.md
done

cat >"$scratch/mixup" <<END
#!/usr/bin/env bash
echo "\$*" >>"$scratch/calls"
END
chmod +x "$scratch/mixup"
export MIXUP=$scratch/mixup
scripts/study.sh --seeds 1,2 --only fashion_mnist_small "$scratch/study" >/dev/null
diff - "$scratch/calls" <<END
train experiments/paper/fashion_mnist_small.yaml --seeds 1,2 --out $scratch/study/fashion_mnist_small --resume
report $scratch/study --out $scratch/study/report.html --tables $scratch/study/summary.md
END
rm "$scratch/calls"
scripts/study.sh "$scratch/study" >/dev/null
while read -r command file _; do
    [[ $command != train || -f $file ]] || { echo "FAILED: $file does not exist" >&2; exit 1; }
done <"$scratch/calls"
status=0
scripts/study.sh --unknown x 2>/dev/null || status=$?
[[ $status == 2 ]]
