#!/usr/bin/env bash
# The commands that look at finished runs: svd, surface, report, claims.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml
cat >>s.yaml <<'YAML'
description: Two <spirals> & nothing else.
report:
  - {kind: surface, range: [-3, 3], step: 0.5, points: 10}
  - {kind: scatter, layer: dense3, title: Both outputs, uniform: 50}
  - {kind: training_loss, title: Where the loss ends}
  - {kind: singular_values, layer: dense2, together: true, threshold: 0.01}
YAML
expect 0 "$MIXUP" train s.yaml --out results/spirals --quiet
run=results/spirals/none/seed-1

# svd: a row a model and class; a file needs data.
expect 0 "$MIXUP" svd $run results/spirals/manifold/seed-1 --layer dense1
[ "$(wc -l <out)" = 5 ] || complain "svd prints a header and two rows a model"
says out "model,class,samples,1,2,3" "$run,0," "results/spirals/manifold/seed-1,1,"
awk -F, 'NR > 1 { for (i = 5; i <= NF; i++) if ($i > $(i - 1) || $i < 0) exit 1 }' out ||
    complain "singular values do not fall"
cp out uncentred
expect 0 "$MIXUP" svd $run --layer dense1 --centered --points 20
says out "$run,0,20,"
write_flowers flowers.csv 1 # classes with names
cat >flowers.yaml <<'YAML'
threads: 1
data: {train: {format: csv, path: flowers.csv, label: "kind, of flower", ignore: [id]}, test: {last: 9}}
network: [{op: dense, units: 3, activation: softmax}]
YAML
expect 0 "$MIXUP" train flowers.yaml --out flowers --quiet
expect 0 "$MIXUP" svd flowers/default/seed-1 --layer dense1 --together --summary
says out "flowers/default/seed-1,rose,17," 'seed-1,"tulip ""red""",17,' "seed-1,all,51,"
differ out uncentred
expect 0 "$MIXUP" svd $run/model.safetensors --layer dense1 --experiment s.yaml --part train

# svd --summary: the same values, added up; the row of all classes together is longer than any class's.
expect 0 "$MIXUP" svd $run --layer dense2 --together
cp out values
expect 0 "$MIXUP" svd $run --layer dense2 --together --summary --threshold 0.05
says out "model,class,samples,largest,others,directions" "$run,all,"
[ "$(wc -l <out)" = 4 ] || complain "the summary has a row a class and one for all"
awk -F, 'FNR == 1 { next }
    NR == FNR { largest[$2] = $4; n = 0; for (i = 5; i <= NF; i++) sum[$2] += $i
        for (i = 4; i <= NF; i++) n += $i > 0.05 * $4; directions[$2] = n; samples[$2] = $3; next }
    { if ($4 != largest[$2] || ($5 - sum[$2]) ^ 2 > 1e-12 * sum[$2] ^ 2 || $6 != directions[$2]) exit 1
        seen[$2] = $3 }
    END { if (seen["all"] != seen[0] + seen[1] || !(largest["all"] > largest[0])) exit 1 }' values out ||
    complain "the summary is not that of the values"
expect 0 "$MIXUP" svd $run --layer dense2 --together --summary --centered
says out "$run,all,"
expect 2 "$MIXUP" svd $run --layer dense2 --summary --threshold 2
expect 1 "$MIXUP" svd $run/model.safetensors --layer dense1
says err "--data DATA"
expect 2 "$MIXUP" svd $run --layer dense1 --data s.npy --experiment s.yaml
expect 1 "$MIXUP" svd $run --layer nowhere
says err "'nowhere'" "mixup info"
expect 2 "$MIXUP" svd $run
says err "--layer"

# scatter: a row a sample, then the uniform inputs.
expect 0 "$MIXUP" scatter $run --layer dense3 --points 10 --uniform 7 --range=-2,2
says out "x,y,class"
[ "$(grep -c ',[01]$' out) $(grep -c ',uniform$' out) $(wc -l <out)" = "20 7 28" ] || complain "scatter prints every point"
cp out points
expect 0 "$MIXUP" scatter $run --layer dense3 --points 10 --uniform 7 --range=-2,2
same out points
expect 0 "$MIXUP" scatter $run/model.safetensors --layer dense3 --experiment s.yaml --part train --points 10
grep -v uniform points | cmp -s - out || complain "a file's states are not those of its run"
expect 1 "$MIXUP" scatter $run --layer dense1
says err "2 units"
expect 2 "$MIXUP" scatter $run
expect 2 "$MIXUP" scatter $run --layer dense3 --range 2,1
says err "--range 2,1"

# surface: CSV, cell by cell.
expect 0 "$MIXUP" surface $run --range -1,1 --step 0.5
[ "$(wc -l <out)" = 17 ] || complain "surface prints 16 cells"
says out "x,y,probability" "-0.75,-0.75,"
expect 0 "$MIXUP" surface $run/model.safetensors --range=-1,1 --step 0.5 --class 0
expect 2 "$MIXUP" surface $run --range 1,-1
says err "--range 1,-1"
expect 1 "$MIXUP" surface $run --class 2

expect 0 "$MIXUP" train s.yaml --variant none --out linear --quiet --set report=null --set "training.loss=mean_squared_error" \
    --set "network=[{op: dense, units: 2}]"
expect 1 "$MIXUP" surface linear/none/seed-1
says err "softmax or sigmoid"

# Without gnuplot there is one clear message, and no page.
mkdir empty
expect 1 env PATH="$PWD/empty" "$MIXUP" report results
says err "gnuplot"
absent results/report.html

"$MIXUP" claims results --out claims.md >out 2>err # so small a training may fail them
[ $? -le 1 ] || complain "claims"
says out "0 of 3 claims hold" "3 not checked"
says claims.md "not checked" "three seeds" "no runs of the variant input"
says claims.md "claims hold" "share of the map" "within / between"

if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" surface $run --range -3,3 --step 0.5 --figure pictures/map.png
    says out "share with 0.1 < p < 0.9: "
    for file in map.svg map.png map.gp map.csv map_points.csv; do there pictures/$file; done
    expect 0 "$MIXUP" svd $run --layer dense1 --figure pictures/svd
    there pictures/svd_1.svg
    absent pictures/svd_all.svg
    expect 0 "$MIXUP" svd $run --layer dense1 --together --figure pictures/svd
    there pictures/svd_all.svg
    expect 0 "$MIXUP" scatter $run --layer dense3 --uniform 9 --figure pictures/states.png
    says out "within-class over between-class variance: "
    for file in states.svg states.png states.csv states_uniform.csv; do there pictures/$file; done
    expect 1 "$MIXUP" surface $run --figure "pictures/a'b"

    expect 0 "$MIXUP" report results
    there results/report.html
    says results/report.html "Two &lt;spirals&gt; &amp; nothing else." "Both outputs" "test accuracy" \
        "small dots: 50 inputs drawn uniformly" "Where the loss ends" "test error" \
        "sum of all others" "mean over classes" "all classes together" "directions</th>" \
        "mixup train s.yaml" "<svg role=\"img\""
    grep -Eq '(src|href)="?(http|//)' results/report.html && grep -Eo '(src|href)="?(http|//)[^"]*' results/report.html |
        grep -v 'arxiv.org/abs' && complain "the page loads something from elsewhere"
    grep -q '<script' results/report.html && complain "the page holds a script"
    [ "$(grep -o ' id="[^"]*"' results/report.html | sort | uniq -d | wc -l)" = 0 ] || complain "ids clash"
    for file in surface_none.svg surface_manifold.png scatter_none.gp singular_values_0_centered.csv \
        singular_values_all.svg scatter_none_uniform.csv training_loss_curves.svg loss.svg \
        accuracy.png confusion_none.svg reliability_manifold.svg; do
        there results/spirals/figures/$file
    done
    # The variants of the training loss, the highest first, are those of the histories.
    for variant in none manifold; do
        echo "$(tail -1 results/spirals/$variant/seed-1/history.csv | cut -d, -f4) $variant"
    done | sort -rg | cut -d' ' -f2 >wanted
    sed -n '/Where the loss ends/,/<\/table>/s/.*<th scope="row"><span[^>]*><\/span>\([a-z]*\)<.*/\1/p' \
        results/report.html >found
    same wanted found
    [ "$(wc -l <found)" = 2 ] || complain "a row a variant"
    [ "$(head -1 results/spirals/figures/training_loss_curves.csv | tr , '\n' | grep -c '_train$')" = 2 ] ||
        complain "a curve a variant"
    number() { # of the first variant in a row of the metrics
        sed -n "s/.*<th scope=\"row\">$1<\/th><td class=\"n[^\"]*\">\([0-9.]*\).*/\1/p" results/report.html | head -1
    }
    [ "$(echo "$(number 'test accuracy') $(number 'test error')" | awk '{ printf "%.2f", $1 + $2 }')" = 100.00 ] ||
        complain "accuracy and error are not the whole"
    # Dots of uniform inputs have the colour of the page's text, which a dark page changes.
    dots=$(sed -n "s/.*<use .*color=\('[^']*'\).*/\1/p" results/spirals/figures/scatter_none.svg | head -1)
    says results/report.html "figure svg [color=$dots]{color:var(--ink)}"
    # The name of the colour bar is whole: its letters reach below their line, which is the right edge's side.
    awk '/text-anchor="middle"/ { sub(/.*translate\(/, ""); x = $0 + 0 }
        /<text>probability of class/ { found = 1; cut = x > 560 - 5 } END { exit cut || !found }' \
        results/spirals/figures/surface_none.svg || complain "the name of the colour bar is cut"
    # Names of classes are whole: they end at x (text-anchor: end) and have room before it; so has the axis' name.
    expect 0 "$MIXUP" report flowers --quiet
    grep -q '>right class</text>' flowers/figures/confusion_default.svg || complain "the rows' axis has no name"
    awk '/text-anchor="end"/ { sub(/.*translate\(/, ""); x = $0 + 0 }
        /<text>tulip "red"</ && x > 0 { found = 1; cut = cut || x < 11 * 7; x = 0 }
        END { exit cut || !found }' <(sed 's/&quot;/"/g' flowers/figures/confusion_default.svg) ||
        complain "a class's name is cut"
    rm results/spirals/figures/loss.*
    (cd results/spirals/figures && rm accuracy.svg && gnuplot accuracy.gp) || complain "the script does not run again"
    there results/spirals/figures/accuracy.svg
fi

# summary: a row a variant; a second seed brings the deviation.
expect 0 "$MIXUP" summary results
says out "## spirals" "| none | no mixing" "| manifold | mixes at dense2, dense3" "test error, %" "NLL"
[ "$(grep -c '^| manifold ' out)" = 1 ] || complain "summary prints a row a variant"
grep -q '±' out && complain "one seed has no deviation"
expect 0 "$MIXUP" train s.yaml --out results/spirals --variant none --seeds 2 --quiet
expect 0 "$MIXUP" summary results/spirals --out table.md
says table.md "| 1, 2 |" " ± "
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report results/spirals --out again.html --tables numbers/tables.md
    says numbers/tables.md "## spirals" "test error, %" "| variant | of | largest" "| none | mean over classes | "
    [ "$(grep -c '^| none |.* ± .*|$' numbers/tables.md)" -ge 2 ] || complain "tables.md is not over the seeds"
    grep -q '>mean over classes</th>.*±' again.html || complain "singular values are not over the seeds"
fi
expect 1 "$MIXUP" summary nowhere

# What files alone show needs no data.
cat >n.yaml <<'YAML'
data: {train: {format: npy, inputs: x.npy, labels: y.npy}}
network: [{op: dense, units: 2, activation: softmax}]
report: [{kind: training_loss}, {kind: singular_values, layer: dense1}]
YAML
expect 0 "$MIXUP" states $run --experiment s.yaml --layer input --count 2 --out x.npy
printf '\x93NUMPY\x01\x00\x46\x00%-69s\n\x00\x00\x00\x00\x01\x00\x00\x00' \
    "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }" >y.npy
expect 0 "$MIXUP" train n.yaml --out moved/n --quiet
rm x.npy
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report moved
    says moved/report.html "Training loss by where states are mixed" "Not everything could be measured" "x.npy"
    there moved/n/figures/training_loss_curves.svg
    absent moved/n/figures/singular_values_0.svg
fi

# What is to be typed for the same again is the whole of it.
expect 0 "$MIXUP" train s.yaml --out shorter/s --set training.epochs=1 --set "description=It's short" --quiet
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report shorter --quiet
    grep '^mixup train s.yaml ' shorter/report.html >typed.sh
    says typed.sh "--seeds 1 --set training.epochs=1 --set"
    (eval "$(sed "s|^mixup|$MIXUP|" typed.sh)" >out 2>err) || complain "$(cat typed.sh err)"
    [ "$(grep -c 'finished before, with the same settings' err)" = 2 ] || complain "not the same again: $(cat typed.sh)"
fi

# A number that the loss is already is not shown twice, and none of two that read alike is called the better one.
cp -r results/spirals alike
for variant in none manifold; do
    sed -i "s/\"test_accuracy\": [0-9.]*/\"test_accuracy\": 0.75000${#variant}/" alike/$variant/seed-1/metrics.json
done
rm -r alike/none/seed-2
expect 0 "$MIXUP" summary alike
grep -q '\*\*25.00\*\*' out && complain "the summary calls one of two equal numbers the better one"
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report alike --quiet
    says alike/report.html '<th scope="row">test loss</th>'
    grep -q '<th scope="row">test nll</th>' alike/report.html && complain "the loss is shown twice"
    [ "$(grep -c '>75.00 %</td><td class="n">75.00 %<' alike/report.html)" = 1 ] ||
        complain "one of two accuracies that read alike is marked"
fi

# Each network stands once, with the variants that have it.
cat >w.yaml <<'YAML'
data: {train: {format: spirals, count_per_class: 20}}
network: [{op: dense, units: 4}, {op: dense, units: 2, activation: softmax}]
training: {epochs: 1}
variants:
  narrow: {}
  mixed: {mix: {alpha: 1, at: [input]}}
  wide: {network: [{op: dense, units: 9}, {op: dense, units: 2, activation: softmax}]}
YAML
expect 0 "$MIXUP" train w.yaml --out widths/w --quiet
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report widths --out a/new/folder/page.html
    says a/new/folder/page.html "The network of mixed, narrow</p>" "The network of wide</p>"
    [ "$(grep -c "^<pre>dense" a/new/folder/page.html)" = 2 ] || complain "two networks are not shown twice"
fi

# What is missing on the page is told at the terminal, too.
cp -r widths/w lacking
rm lacking/mixed/seed-1/model.safetensors lacking/wide/seed-1/metrics.json
if command -v gnuplot >/dev/null; then
    expect 0 "$MIXUP" report lacking
    says err "mixup: lacking: 1 unfinished run left out" \
        "mixup: lacking: not everything could be measured: mixed: lacking/mixed/seed-1/model.safetensors: cannot open"
    expect 0 "$MIXUP" report lacking --quiet
    [ ! -s err ] || complain "--quiet is quiet"
fi

# Nothing to report, or too deep.
expect 1 "$MIXUP" report empty
says err "no finished run in it; expected"
expect 1 "$MIXUP" report widths/w/wide
says err "widths/w/wide: is the folder of a variant; give that of its experiment, one above it"
expect 1 "$MIXUP" report widths/w/wide/seed-1
says err "widths/w/wide/seed-1: is the folder of a run; give that of its experiment, two above it"
mkdir -p begun/b
mv widths/w/wide begun/b
rm begun/b/wide/seed-1/metrics.json
for folder in begun begun/b begun/b/wide; do
    expect 1 "$MIXUP" report $folder
    says err "$folder: no finished run in it (\`mixup train\` with --resume finishes those begun)"
done
expect 1 "$MIXUP" claims empty
expect 1 "$MIXUP" report nowhere
finish
