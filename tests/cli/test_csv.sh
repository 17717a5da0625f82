#!/usr/bin/env bash
# Somebody with a CSV: init, train as it is, evaluate, predict, states, info.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_flowers flowers.csv 1

expect 0 "$MIXUP" init --csv flowers.csv --label "kind, of flower"
cp out my.yaml
says my.yaml "3 classes" "rose" 'label: "kind, of flower"' "ignore: [id]" "standardize: true"
expect 0 "$MIXUP" info my.yaml
says out "60" "dense3" "none" "manifold"
expect 0 "$MIXUP" train my.yaml --set training.epochs=40 --out r
says r/none/seed-1/metrics.json '"class_names"' 'tulip \"red\"'
model=r/none/seed-1/model.safetensors

# --out makes paths relative to the file that it writes, makes its folder, and replaces nothing unasked.
expect 0 "$MIXUP" init --csv flowers.csv --label "kind, of flower" --out new/sub/f.yaml
says err "wrote new/sub/f.yaml" "mixup train new/sub/f.yaml"
[ ! -s out ] || complain "init --out writes on standard output"
diff my.yaml new/sub/f.yaml >difference
says difference "path: flowers.csv" 'path: "../../flowers.csv"'
[ "$(wc -l <difference)" = 4 ] || complain "init --out writes something else"
expect 0 "$MIXUP" info new/sub/f.yaml --short
cp new/sub/f.yaml before
expect 1 "$MIXUP" init --csv flowers.csv --label petal --out new/sub/f.yaml
says err "new/sub/f.yaml: is there already" "--overwrite"
same before new/sub/f.yaml
expect 1 "$MIXUP" init --csv flowers.csv --label nothing --out other/f.yaml
absent other
expect 0 "$MIXUP" init --csv flowers.csv --target petal --out new/sub/f.yaml --overwrite
says new/sub/f.yaml "targets: [petal]"
expect 2 "$MIXUP" init --csv flowers.csv --label petal --overwrite
mkdir folder
for out in folder folder/ fresh/ ""; do
    expect 1 "$MIXUP" init --csv flowers.csv --label petal --overwrite --out "$out"
    says err "names a folder; give a file"
done
absent fresh
printf 'a,b,kind\n' >words.csv
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "True,no,k$((i % 2))" >>words.csv; done
expect 0 "$MIXUP" init --csv words.csv --label kind
says out "12 samples, 1 input, 2 classes" "ignore: [b]"
echo "unknown,no,k1" >>words.csv
expect 1 "$MIXUP" init --csv words.csv --label kind
says err "words.csv:14: no column of numbers is left for the inputs: 'a' holds 'unknown'" "0 and 1"
# Arrays: classes in a column are classes, and so are rows with a single 1, which must be numbers.
python3 - <<'PYTHON'
def npy(path, kind, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    open(path, "wb").write(b"\x93NUMPY\x01\x00\x76\x00" + head.ljust(117).encode() + b"\n" + bytes(data))
npy("x.npy", "|u1", (20, 6, 6, 3), (i % 251 for i in range(20 * 108)))
npy("column.npy", "|u1", (20, 1), (i % 2 for i in range(20)))
npy("onehot.npy", "|u1", (20, 2), (int(i % 2 == c) for i in range(20) for c in range(2)))
npy("columns.npy", "|u1", (20, 2), (i % 3 for i in range(40)))
PYTHON
expect 0 "$MIXUP" init --npy x.npy column.npy
says out "2 classes: 0, 1" "labels: column.npy" "numpy.moveaxis(array, -1, 1)"
expect 1 "$MIXUP" init --npy x.npy onehot.npy
says err "onehot.npy: each row is 0 but for a single 1" "numpy.argmax(array, 1)"
expect 0 "$MIXUP" init --npy x.npy columns.npy
says out "2 targets" "targets: columns.npy"

# Standard output into another folder: the paths hold here, which is said there and only there.
"$MIXUP" init --csv flowers.csv --label "kind, of flower" 2>err >new/f.yaml
says err "new/f.yaml hold for a file in this folder" "--out"
"$MIXUP" init --csv "$PWD/flowers.csv" --label "kind, of flower" 2>err >new/f.yaml
grep -q "hold for" err && complain "an absolute path holds everywhere"
expect 0 "$MIXUP" init --csv flowers.csv --label "kind, of flower"
grep -q "hold for" err && complain "a file in this folder needs no word"

expect 0 "$MIXUP" evaluate $model flowers.csv --json
python3 - out <<'PYTHON' || complain "evaluate --json"
import json, sys
found = json.load(open(sys.argv[1]))
assert found["count"] == 60 and found["accuracy"] > 0.9, found
PYTHON
expect 0 "$MIXUP" evaluate r/none/seed-1 flowers.csv --confusion
says out "accuracy" "calibration error" "rose"

# without the label column, and with columns in another order
cut -d, -f1-3 flowers.csv | awk -F, '{print $3","$2}' >new.csv
expect 0 "$MIXUP" predict $model new.csv
cp out predicted.csv
python3 - predicted.csv <<'PYTHON' || complain "predict"
import csv, sys
rows = list(csv.reader(open(sys.argv[1])))
assert rows[0] == ["row", "class", "lily", "rose", 'tulip "red"'], rows[0]
assert len(rows) == 61
kinds = ["rose", "lily", 'tulip "red"']
right = 0
for i, row in enumerate(rows[1:]):
    assert int(row[0]) == i + 1
    values = [float(value) for value in row[2:]]
    assert abs(sum(values) - 1) < 1e-5 and rows[0][2 + values.index(max(values))] == row[1]
    right += row[1] == kinds[i % 3]
assert right > 54, right
PYTHON
expect 0 "$MIXUP" predict $model flowers.csv
same out predicted.csv
gzip -k flowers.csv
expect 0 "$MIXUP" predict $model flowers.csv.gz
same out predicted.csv
expect 1 "$MIXUP" evaluate $model new.csv
says err "no targets"

# Who predicts need not know the classes; the fields of new data may be separated by something else.
(echo "kind, of flower" | sed 's/.*/"&",petal,sepal/'; tail -n +2 new.csv | sed '1s/^/daisy,/; 2,$s/^/,/' |
    awk -F, '{ print $1","$3","$2 }') >unknown.csv
expect 0 "$MIXUP" predict $model unknown.csv
same out predicted.csv
expect 1 "$MIXUP" evaluate $model unknown.csv
says err "'daisy' is none of the 3 known classes"
expect 0 "$MIXUP" states $model unknown.csv --layer dense2 --out unknown.npy
tr , ';' <new.csv >semicolons.csv
expect 0 "$MIXUP" predict $model semicolons.csv
same out predicted.csv

# No more than all classes: the right one is always among them, unless somebody asks.
expect 0 "$MIXUP" evaluate $model flowers.csv
grep -q "top-" out && complain "an accuracy that is always 1"
expect 0 "$MIXUP" evaluate $model flowers.csv --top-k 2
says out "top-2 accuracy"

# The number of the row is no input, whether it has a name (as of pandas) or not; unless it is all that there is.
awk -F, 'NR > 1 { print NR - 2 }' flowers.csv | (echo; cat) | paste -d, - flowers.csv | sed 's/,,*$//' >pandas.csv
expect 0 "$MIXUP" init --csv pandas.csv --label "kind, of flower" --out pandas.yaml
says pandas.yaml '2 inputs' 'ignore: ["1", id]' "the number of the row"
expect 0 "$MIXUP" info pandas.yaml --short
awk 'BEGIN { print "day,price"; for (i = 0; i < 40; i++) print i "," 3 * i }' >days.csv
expect 0 "$MIXUP" init --csv days.csv --target price
says out "1 input," "# ignore: [id]"
awk 'BEGIN { print ",x,"; for (i = 0; i < 40; i++) print i % 7 "," i % 2 "," }' >unnamed.csv
expect 0 "$MIXUP" init --csv unnamed.csv --label x --out unnamed.yaml
says unnamed.yaml 'ignore: ["3"]'
expect 0 "$MIXUP" info unnamed.yaml --short
tail -n +2 new.csv >headless.csv
expect 1 "$MIXUP" init --csv headless.csv --label x
says err "there is no column 'x'" "put a line with the columns' names above it"

echo "a,b" >other.csv
echo "1,2" >>other.csv
expect 1 "$MIXUP" predict $model other.csv
says err "other.csv" "petal"

expect 0 "$MIXUP" states $model flowers.csv --layer dense2 --out states.npy --count 50
python3 - <<'PYTHON' || complain "states"
data = open("states.npy", "rb").read()
assert data[:6] == b"\x93NUMPY" and b"(50, 64)" in data[:128] and b"'<f4'" in data[:128], data[:128]
PYTHON
expect 0 "$MIXUP" info $model
says out "dense3" "outputs: lily, rose"

# A network that ends in a linear layer gives probabilities all the same.
sed 's/units: 3, activation: softmax/units: 3/; s/^training:/training:\n  loss: softmax_cross_entropy/' my.yaml >linear.yaml
expect 0 "$MIXUP" train linear.yaml --variant none --out linear --set training.epochs=3
expect 0 "$MIXUP" predict linear/none/seed-1 flowers.csv
awk -F, 'NR > 1 {n = NF; s = $(n) + $(n - 1) + $(n - 2); if (s < 0.9999 || s > 1.0001) exit 1}' out ||
    complain "probabilities of a linear last layer"

# Regression, another separator, missing values, text columns.
awk 'BEGIN {srand(3); print "name;x;y;z"; for (i = 0; i < 80; i++) {x = rand(); y = rand(); printf "n%d;%s;%f;%f\n", i, (i == 7 ? "" : x), y, 3 * y + 1}}' >line.csv
expect 0 "$MIXUP" init --csv line.csv --target z
cp out line.yaml
says line.yaml "missing: median" "ignore: [name]" 'separator: ";"' "targets: [z]" "1 target"
expect 0 "$MIXUP" train line.yaml --variant none --set training.epochs=60 --out reg
says reg/none/seed-1/metrics.json test_mse test_mae test_r_squared
grep -q test_accuracy reg/none/seed-1/metrics.json && complain "an accuracy of a regression"
expect 1 "$MIXUP" svd reg/none/seed-1 --layer dense1
says err "error: reg/none/seed-1: " "no classes"
expect 1 "$MIXUP" evaluate reg/none/seed-1 line.csv --confusion
says err "--confusion" "no classes"
expect 0 "$MIXUP" predict reg/none/seed-1 line.csv
head -1 out >line
echo "row,z" >wanted
same line wanted
says line.yaml "standardize_targets: true"
# Large numbers are learned as well, answered and measured in their own units.
awk 'BEGIN {print "x,price"; for (i = 0; i < 80; i++) printf "%d,%d\n", i, 300000 + 5000 * i}' >prices.csv
expect 0 "$MIXUP" init --csv prices.csv --target price
cp out prices.yaml
expect 0 "$MIXUP" train prices.yaml --variant none --set training.epochs=60 --out prices --quiet
expect 0 "$MIXUP" predict prices/none/seed-1 prices.csv
awk -F, 'NR > 1 {d = $2 - (300000 + 5000 * $1 - 5000); if (d < -60000 || d > 60000) exit 1}' out ||
    complain "predictions in the units of the targets"
expect 0 "$MIXUP" evaluate prices/none/seed-1 prices.csv --json
python3 -c '
import json, sys
m = json.load(open("out"))
assert m["loss"] < 0.1 and m["r_squared"] > 0.9, m
assert 100 < m["mae"] < 60000 and abs(m["mse"] / m["loss"] / 115445 ** 2 - 1) < 0.2, m' || complain "units of the errors"
sed 's/^training:/training:\n  loss: sigmoid_binary/; s/units: 1}/units: 1, activation: sigmoid}/' prices.yaml >loss.yaml
expect 1 "$MIXUP" train loss.yaml --variant none --out loss
says err "standardised" "mean_squared_error"
sed 's/^  standardize:.*/  standardize_targets: true/' my.yaml >classes.yaml
expect 1 "$MIXUP" train classes.yaml --out classes
says err "classes.yaml:" "data.standardize_targets: standardize_targets: the targets are classes"
sed -n 2p reg/none/seed-1/history.csv | grep -Eq '^1,[0-9]+,[0-9.]+,[0-9.]+,,[0-9.]+,,[0-9.]+$' ||
    complain "accuracies are empty for regression"

expect 1 "$MIXUP" init --csv flowers.csv --label kind
says err "kind"
# A cell that is no number, and files that nothing can be learned from.
sed '5s/;[^;]*;/;oops;/' line.csv >cell.csv
expect 1 "$MIXUP" init --csv cell.csv --target z
says err "cell.csv:5:" "column 'x'" "'oops'" "--ignore"
expect 0 "$MIXUP" init --csv cell.csv --target z --ignore x
says out "ignore: [name, x]"
: >empty.csv
expect 1 "$MIXUP" init --csv empty.csv --target z
says err "empty.csv: the file is empty"
head -1 line.csv >head.csv
expect 1 "$MIXUP" init --csv head.csv --target z
says err "no samples"
head -5 line.csv >few.csv
expect 1 "$MIXUP" init --csv few.csv --target z
says err "4 samples"
awk 'BEGIN {print "x,kind"; for (i = 0; i < 20; i++) print i ",same"}' >same.csv
expect 1 "$MIXUP" init --csv same.csv --label kind
says err "one class"
expect 1 "$MIXUP" init --csv line.csv --label y # numbers
says err "column 'y' has 80 different values in 80 samples" "--target 'y'"
awk 'BEGIN {print "x,kind"; for (i = 0; i < 20; i++) print i "," (i % 2 ? "\"pike, northern\"" : "bass")}' >comma.csv
awk 'BEGIN {print "x,kind"; for (i = 0; i < 20; i++) print i ",\"two\nlines " (i % 2) "\""}' >lines.csv
expect 0 "$MIXUP" init --csv lines.csv --label kind
cp out lines.yaml
says lines.yaml '2 classes: two lines 0, two lines 1'
expect 0 "$MIXUP" train lines.yaml --variant none --set training.epochs=1 --out lines
awk 'BEGIN {print "x;y;kind"; for (i = 0; i < 20; i++) print i ",5;" i ",25;k" i % 2}' >decimal.csv
expect 1 "$MIXUP" init --csv decimal.csv --label kind
says err "decimal.csv:2: column 'x' holds '0,5', which is no number (numbers have a decimal point)"
expect 0 "$MIXUP" init --csv comma.csv --label kind
says out '2 classes: bass, "pike, northern"'
expect 1 "$MIXUP" init --csv nowhere.csv --label kind
says err "nowhere.csv"

# Arrays and images.
python3 - <<'PYTHON'
import struct
def npy(path, kind, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    head += " " * (63 - (len(head) + 10) % 64) + "\n"
    open(path, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)
count = 50
npy("x.npy", "|u1", (count, 4, 3), bytes((7 * i + 31 * (i // 12 % 2)) % 256 for i in range(count * 12)))
npy("y.npy", "<i8", (count,), b"".join(struct.pack("<q", i % 2) for i in range(count)))
open("images.idx", "wb").write(bytes([0, 0, 8, 3]) + struct.pack(">III", count, 4, 3) +
                               bytes((7 * i + 31 * (i // 12 % 2)) % 256 for i in range(count * 12)))
open("labels.idx", "wb").write(bytes([0, 0, 8, 1]) + struct.pack(">I", count) + bytes(i % 2 for i in range(count)))
PYTHON
arrays() {
    local kind=$1 inputs=$2 labels=$3
    expect 0 "$MIXUP" init "--$kind" "$inputs" "$labels"
    cp out "$kind.yaml"
    says "$kind.yaml" "flatten" "scale: 255" "2 classes"
    expect 0 "$MIXUP" train "$kind.yaml" --variant manifold --set training.epochs=2 --out "$kind"
    expect 0 "$MIXUP" evaluate "$kind/manifold/seed-1" "$inputs" --labels "$labels"
    says out "accuracy"
    expect 0 "$MIXUP" predict "$kind/manifold/seed-1" "$inputs"
    [ "$(wc -l <out)" = 51 ] || complain "predictions of $kind"
}
arrays npy x.npy y.npy
arrays idx images.idx labels.idx
expect 1 "$MIXUP" predict npy/manifold/seed-1 y.npy
says err "4x3"

# Columns of text may have been meant as inputs: they are named, with a value, unless that was asked for.
awk 'BEGIN {
    print "n,date,a,share,none,kind"
    for (i = 0; i < 20; i++) print i + 1 ",2024-01-" i + 1 "," i * 7 % 10 "," i "%,,k" i % 2
}' >mixed.csv
expect 0 "$MIXUP" init --csv mixed.csv --label kind --out mixed.yaml
says err "left out of the inputs: n (the number of the row), date ('2024-01-1'), share ('0%'), none (empty)"
expect 0 "$MIXUP" init --csv mixed.csv --label kind --ignore date --ignore n --ignore share --ignore none
[ "$(grep -c "date" err)" = 0 ] || complain "what was asked for needs no word"

# For this model a file of any other name is a CSV, and so is what comes through a pipe.
cp flowers.csv flowers.data
expect 0 "$MIXUP" predict $model flowers.data
same out predicted.csv
expect 0 "$MIXUP" predict $model <(cat flowers.csv)
same out predicted.csv
expect 0 "$MIXUP" predict $model /dev/stdin <flowers.csv
same out predicted.csv

# Few samples are few, whatever they hold; a name in another case is meant; the next command can be copied.
printf 'a,Kind\n1,x\n2,y\n3,x\n' >few.csv
expect 1 "$MIXUP" init --csv few.csv --label Kind
says err "few.csv: has 3 samples; 10 are the least"
expect 1 "$MIXUP" init --csv few.csv --label A
says err "there is no column 'A' (did you mean 'a'?)"
cp flowers.csv "MY FLOWERS.CSV"
expect 0 "$MIXUP" init --csv "MY FLOWERS.CSV" --label "kind, of flower" --out "it's mine.yaml"
says err "next: mixup train 'it'\\''s mine.yaml'"
expect 0 "$MIXUP" predict $model "MY FLOWERS.CSV"

# Truths as pandas writes them, as inputs with a gap and as classes; later as numbers and by another program.
awk 'BEGIN {
    print "member,age,churn" >"truths.csv"
    print "age,member,churn" >"numbers.csv"
    for (i = 0; i < 60; i++) {
        m = i % 2; a = 20 + i * 37 % 50
        c = m && a > 40
        print (i == 5 ? "" : m ? "True" : "False") "," a "," (c ? "True" : "False") >"truths.csv"
        print a "," (i == 5 ? "" : m) "," (c ? "TRUE" : "false") >"numbers.csv"
    }
}'
expect 0 "$MIXUP" init --csv truths.csv --label churn --out truths.yaml
says truths.yaml "2 inputs, 2 classes: False, True" "missing: median"
expect 0 "$MIXUP" train truths.yaml --variant none --set training.epochs=3 --out truths
expect 0 "$MIXUP" predict truths/none/seed-1 truths.csv
says out "row,class,False,True"
cp out truths.txt
expect 0 "$MIXUP" predict truths/none/seed-1 numbers.csv
same out truths.txt
expect 0 "$MIXUP" evaluate truths/none/seed-1 truths.csv
cp out truths.txt
expect 0 "$MIXUP" evaluate truths/none/seed-1 numbers.csv
same out truths.txt
sed 's/^20,0/20,0.5/' numbers.csv >mixed.csv
expect 1 "$MIXUP" predict truths/none/seed-1 mixed.csv
says err "mixed.csv:2: column 'member': '0.5' is neither true nor false"

# Several truths to predict are labels of which a sample may have several, however they are written.
awk 'BEGIN {
    print "a,b,hot,big,sum"
    for (i = 0; i < 60; i++) {
        a = i * 37 % 50 - 25
        b = i * 23 % 50 - 25
        print a "," b "," (a > 0 ? "True" : "False") "," (b > 0) "," a + b
    }
}' >labels.csv
expect 0 "$MIXUP" init --csv labels.csv --target hot --target big --ignore sum --out labels.yaml
says labels.yaml "targets: [hot, big]    # columns of true and false (or 1 and 0) to predict" \
    "{op: dense, units: 2, activation: sigmoid}    # dense3: a probability for each target"
grep -q standardize_targets labels.yaml && complain "truths have no units"
expect 0 "$MIXUP" train labels.yaml --variant none --set training.epochs=100 --out labels
expect 0 "$MIXUP" predict labels/none/seed-1 labels.csv
python3 - out <<'PYTHON' || complain "probabilities of several labels"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert list(rows[0]) == ["row", "hot", "big"]
values = [float(r[k]) for r in rows for k in ("hot", "big")]
assert all(0 <= v <= 1 for v in values) and min(values) < 0.1 and max(values) > 0.9
PYTHON
expect 0 "$MIXUP" init --csv labels.csv --target hot --target sum
says out "standardize_targets: true" "{op: dense, units: 2}    # dense3: a number"
finish
