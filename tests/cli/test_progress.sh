#!/usr/bin/env bash
# The line of progress on a terminal, which script(1) stands in for: what it says, that it fits, that it goes.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
command -v script >/dev/null || exit 77
cat >s.yaml <<'YAML'
data: {train: {format: spirals, count_per_class: 50}}
network: [{op: dense, units: 4, activation: relu}, {op: dense, units: 2, activation: softmax}]
training: {epochs: 600, batch_size: 4}
YAML

# train COLUMNS: all that a terminal of so many columns is sent, each return to its left edge as a new line.
train() {
    script -qec "stty cols $1 && '$MIXUP' train s.yaml --out r --overwrite" /dev/null </dev/null >sent ||
        complain "exit status $? in $1 columns"
    tr '\r' '\n' <sent | sed 's/\x1b\[K$//' >lines
    tail -n 2 lines | grep -qx $'\e\\[Kr/default/seed-1' || complain "the line is not wiped at the end"
    grep -q 'epoch 600/600: ' lines && complain "lines of epochs, as in a file"
    grep '^s/' lines >drawn || complain "nothing was drawn in $1 columns"
}

# drawn_as PATTERN: every line that was drawn is like that.
drawn_as() {
    grep -Ev "$1" drawn >others && complain "another line than expected: $(head -n 1 others)"
}

train 120
drawn_as '^s/default seed 1  \[#*\.*\] epoch [0-9]+/600  loss 0\.[0-9]{4}  [0-9]+ samples/s  [0-9:]+ left$'

train 40 # no room for a bar
drawn_as '^s/default seed 1 [0-9]+/600  loss 0\.[0-9]{4}  '
[ "$(wc -L <drawn)" -le 39 ] || complain "the terminal breaks the line"
finish
