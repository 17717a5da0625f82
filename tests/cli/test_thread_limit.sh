#!/usr/bin/env bash
# More threads are asked for than OpenMP may start: the program takes those that it gets, and does not wait for ever.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

expect 0 env OMP_THREAD_LIMIT=1 timeout --signal=KILL 60 "$MIXUP" train s.yaml --variant none --set threads=2 \
    --set "network=[{op: dense, units: 256, activation: relu, repeat: 2}, {op: dense, units: 2, activation: softmax}]" --out limited

# The number on the command line is for the data, too; the environment is not even looked at.
python3 - <<'PYTHON'
def idx(path, kind, sizes, data):
    with open(path, "wb") as out:
        out.write(bytes([0, 0, 8, kind]) + b"".join(s.to_bytes(4, "big") for s in sizes) + data)
idx("images", 2, [50, 100000], bytes(5000000))
idx("labels", 1, [50], bytes(i % 2 for i in range(50)))
PYTHON
cat >wide.yaml <<'YAML'
data: {train: {format: idx, images: images, labels: labels}, test: {last: 10}}
network: [{op: dense, units: 2, activation: softmax}]
YAML
expect 1 env MIXUP_THREADS=many "$MIXUP" train wide.yaml --out wide
says err "MIXUP_THREADS is 'many'"
expect 0 env MIXUP_THREADS=many "$MIXUP" train wide.yaml --threads 1 --out wide
for data in images "--experiment wide.yaml" ""; do
    # shellcheck disable=SC2086 # two words or none
    expect 0 env MIXUP_THREADS=many "$MIXUP" predict wide/default/seed-1 $data --threads 1
done
expect 0 env MIXUP_THREADS=many "$MIXUP" evaluate wide/default/seed-1 images --labels labels --threads 1
finish
