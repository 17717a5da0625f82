#!/usr/bin/env bash
# The README's commands and its C example do what they say.
set -euo pipefail
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export MIXUP_THREADS=1

# The C block, or the indented lines, below a heading.
fenced() {
    awk -v heading="## $1" '$0 == heading {on = 1} on && /^```c$/ {copy = 1; next} copy && /^```$/ {exit} copy' \
        "$root/README.md"
}
indented() {
    awk -v heading="## $1" '$0 == heading {on = 1; next} on && /^## / {exit} on && /^    / {print substr($0, 5)}' \
        "$root/README.md"
}

echo "README: the two commands are targets of the Makefile"
indented "Two commands" | cut -d '#' -f 1 | while read -r command; do
    [[ $command == make\ * ]] || { echo "unexpected command: $command" && exit 1; }
    make --dry-run -C "$root" "${command#make }" >/dev/null
done

echo "README: the commands for one's own data"
{
    echo "length,width,species"
    for ((i = 0; i < 60; i++)); do
        case $((i % 3)) in
        0) echo "$((10 + i % 7)).5,$((2 + i % 2)),oak" ;;
        1) echo "$((20 + i % 7)).5,$((6 + i % 2)),elm" ;;
        2) echo "$((30 + i % 7)).5,$((9 + i % 2)),ash" ;;
        esac
    done
} >"$folder/flowers.csv"
printf 'length,width\n11.5,2\n31,9\n' >"$folder/new.csv"
mkdir "$folder/bin"
cp "$MIXUP" "$folder/bin/mixup"
indented "Your own data" | cut -d '#' -f 1 >"$folder/commands.sh"
grep --quiet "mixup train" "$folder/commands.sh"
(cd "$folder" && PATH="$folder/bin:$PATH" bash -euo pipefail commands.sh >output 2>&1) || { tail -n 20 "$folder/output" && exit 1; }
test -s "$folder/report.html"
grep --quiet "^1,oak," "$folder/predicted.csv"
grep --quiet "^2,ash," "$folder/predicted.csv"

echo "examples/predict.cpp: answers raw numbers as the program does"
example=$(dirname "$MIXUP")/tests/example_predict
if [[ -x $example ]]; then
    "$example" "$folder/runs/manifold/seed-1/model.safetensors" 11.5 2 | sed 's/.*: //' >"$folder/example"
    sed -n 2p "$folder/predicted.csv" | cut -d , -f 3- | tr , '\n' | awk '{printf "%.4f\n", $1}' >"$folder/program"
    cmp "$folder/example" "$folder/program"
fi

echo "README: the C example"
{
    echo "#include <stdio.h>"
    fenced "In C" | grep "^#include"
    cat <<'END'
int main(void) {
    mixup_dataset *all = NULL, *train = NULL, *validation = NULL;
    if (mixup_dataset_from_spirals(&all, &(mixup_spirals_desc){.count_per_class = 200, .turn = 90}) != MIXUP_OK ||
        mixup_dataset_split(all, &(mixup_split_desc){.count = 80}, &train, &validation) != MIXUP_OK)
        return 1;
END
    fenced "In C" | grep --invert-match "^#include"
    cat <<'END'
mixup_metrics metrics = {0};
    if (status == MIXUP_OK)
        status = mixup_evaluate(model, validation, NULL, &metrics);
    printf("accuracy %g\n", metrics.accuracy);
    mixup_model_destroy(model);
    mixup_dataset_destroy(validation);
    mixup_dataset_destroy(train);
    mixup_dataset_destroy(all);
    return status == MIXUP_OK && metrics.accuracy > 0.9 ? 0 : 1;
}
END
} >"$folder/example.c"
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -I"$root/include" -o "$folder/example" "$folder/example.c" \
    -L"$MIXUP_BUILD" -lmixup -Wl,-rpath,"$MIXUP_BUILD"
"$folder/example"
