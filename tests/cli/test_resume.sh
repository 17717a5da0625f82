#!/usr/bin/env bash
# Interrupted, killed and resumed runs end with the bits of a run that was never stopped.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml
sed -i 's/epochs: 2/epochs: 300/; s/count_per_class: 100/count_per_class: 400/' s.yaml

# shellcheck disable=SC2317 # called through expect
train() {
    "$MIXUP" train s.yaml --variant manifold "$@"
}

rows() {
    local history=$1/manifold/seed-1/history.csv
    if [ -e "$history" ]; then wc -l <"$history"; else echo 0; fi
}

# stop SIGNAL DIR ROWS [OPTION]...: trains in the background and sends the signal when the history has more rows. (Not
# through a function: the signal must reach the program itself.)
stop() {
    local signal=$1 folder=$2 before=$3
    shift 3
    "$MIXUP" train s.yaml --variant manifold --out "$folder" "$@" >out 2>err &
    local process=$!
    while [ "$(rows "$folder")" -lt $((before + 3)) ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
    kill -s "$signal" $process 2>/dev/null
    wait $process
    status=$?
}

expect 0 train --out whole

# The reference engine has one thread and says so; the command that was stopped goes on all the same.
stop INT reference 0 --engine reference --threads 2
expect 0 train --out reference --engine reference --threads 2 --resume

for signal in INT TERM; do
    stop $signal $signal 0
    [ $status = 130 ] || complain "exit status $status after SIG$signal"
    says err "stopping after this step" "--resume"
    there "$signal/manifold/seed-1/checkpoint"
    absent "$signal/manifold/seed-1/metrics.json"
    absent "$signal/manifold/seed-1/model.safetensors"

    expect 1 train --out $signal
    says err "unfinished" "--resume" "--overwrite"
    expect 1 train --out $signal --resume --set training.batch_size=10
    says err "batch_size"

    stop $signal $signal "$(rows $signal)" --resume # a second time
    [ $status = 130 ] || complain "exit status $status after another SIG$signal"
    expect 0 train --out $signal --resume
    same whole/manifold/seed-1/model.safetensors $signal/manifold/seed-1/model.safetensors
    absent "$signal/manifold/seed-1/checkpoint"
    cut -d, -f1-7 whole/manifold/seed-1/history.csv >a
    cut -d, -f1-7 $signal/manifold/seed-1/history.csv >b
    same a b
    expect 0 train --out $signal --resume
    says err "finished before"
done

# Killed without warning: from the last epoch's checkpoint, the same bits.
stop KILL killed 0
[ $status = 137 ] || complain "exit status $status after SIGKILL"
expect 0 train --out killed --resume
same whole/manifold/seed-1/model.safetensors killed/manifold/seed-1/model.safetensors

# Two signals end at once.
"$MIXUP" train s.yaml --variant manifold --out twice >out 2>err &
process=$!
while [ "$(rows twice)" -lt 2 ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
kill -s INT $process
kill -s INT $process 2>/dev/null
wait $process
[ $? = 130 ] || complain "exit status after two signals"

# --resume where nothing was begun begins.
expect 0 train --out fresh --resume --set training.epochs=1
there fresh/manifold/seed-1/metrics.json

# A damaged checkpoint is an error, and stays.
stop INT damaged 0
head -c 200 damaged/manifold/seed-1/checkpoint >part
cp part damaged/manifold/seed-1/checkpoint
expect 1 train --out damaged --resume
says err "checkpoint" "--overwrite"
same part damaged/manifold/seed-1/checkpoint
expect 0 train --out damaged --overwrite
same whole/manifold/seed-1/model.safetensors damaged/manifold/seed-1/model.safetensors
finish
