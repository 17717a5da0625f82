#!/usr/bin/env bash
# The benchmark's page says what was measured: of numbers that are made up here.
set -euo pipefail

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=bench

# has PATTERN: the page does
has() {
    grep -qF -- "$1" "$folder/page.md" || fail "no \"$1\" in the page: $(cat "$folder/page.md")"
}

# page MORE: writes the page of the numbers below, changed by the Python code MORE
page() {
    python3 - "$folder/bench.json" "$1" <<'END'
import json
import sys

from demonstrations import TRAININGS, summary


def contender(name, ms):
    return {"name": name, "own": name.startswith("libmixup"), "version": "1", "rounds_ms": [ms, 2 * ms], "min_ms": ms,
            "median_ms": 1.5 * ms, "peak_memory_bytes": ms * 2**20, "first_step_s": 0.5}


def row(precision, *contenders):
    return {"work": "small_cnn", "what": "train", "batch": 100, "threads": 2, "precision": precision,
            "multiply_adds": 1e9, "parameters": 1000, "ratio_min": 1.5, "ratio_median": 2.25, "ratio_max": 3.5,
            "contenders": list(contenders)}


def runs(around, epoch):
    """Three of each training; the first was disturbed."""
    return [[{"seconds": a + 2 * e, "epochs": [e, e], "validation_accuracy": 1.0}
             for a, e in ((9 * around, 9 * epoch), (around, epoch), (around, epoch))] for _ in TRAININGS]


measured = {
    "date": "2000-01-01", "rounds": 2, "avx2": False, "growth": [], "loading": [], "installed_bytes": {"libmixup": 2**20},
    "machine": {"2": {"processor": "P", "cores": 2, "limits": {"sgemm_gflops": 100.0, "copy_gb_per_s": 10.0,
                                                               "update_gb_per_s": 10.0}}},
    "rows": [row("f32", contender("libmixup", 32), contender("A", 80), contender("B", 72))],
    "bf16": [row("bf16", contender("libmixup", 16), contender("libmixup f32", 32), contender("A", 96))],
    "demonstrations": [{"threads": 2, "epochs": 2, "turns": 3, "version": "2",
                        "contenders": [summary("libmixup", runs(1, 4), 0), summary("libmixup bf16", runs(1, 2), 0),
                                       summary("TensorFlow eager", runs(3, 40), 5)]}]}
exec(sys.argv[2])
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(measured, file)
END
    mkdir -p "$folder/images"
    python3 bench/page.py --from "$folder/bench.json" --avx2 "$folder/avx2.json" --markdown "$folder/page.md" \
        --figure "$folder/images/figure.png"
}

# A figure is drawn of rows only: so the text can be checked where gnuplot is missing.
page 'measured.update(rows=[], bf16=[], bf16_refused="no instructions")'
has '"no instructions"'
# 7 trainings of 1 + 2 x 4 seconds; of 24 epochs six, and one of 6: 7 x 1 + 150 x 4
has 'for a few epochs, 3 times, the'
has '| together, 2 epochs, and the start of Python | 63.0 | 35.0 | 586.0 | **9.3** | **16.7** |  |'
has '| all epochs, extrapolated | 10.1 minutes | 5.1 minutes | 100.4 minutes | **9.9** | **19.6** |  |'
has '| bottleneck_12, none | 9 (4 + 1) | 5 (2 + 1) | 83 (40 + 3) | **9.2** | **16.6** | 6 |'
if command -v gnuplot >/dev/null; then
    page ''
    has '| small_cnn, batch 100 | **2.25** (1.50 – 3.50) | 32 / 48 | 80 / 120 | 72 / 108 |'
    # in bf16 the fastest peer in f32, how much faster than f32 we are, and the memory of peers only
    has '| 16 / 24 | 32 / 48 | 96 / 144 | 72 / 108 (B) | 2.00 | 16 / 96 |'
    [[ -s $folder/images/figure.png ]] || fail "no figure"
    cp "$folder/bench.json" "$folder/avx2.json"
    page ''
    has '### Training steps on AVX2, 2 threads'
fi

# What is timed is what `make all` trains.
python3 - <<'END' || fail "bench/demonstrations.py does not train what scripts/demonstrations.sh does"
import re

from demonstrations import TRAININGS

with open("scripts/demonstrations.sh", encoding="utf-8") as file:
    named = re.findall(r'"([a-z0-9_ ]+)"', re.search(r"^demonstrations=\((.*)\)$", file.read(), re.M).group(1))
expected = []
for name, *variants in map(str.split, named):
    with open(f"experiments/demonstrations/{name}.yaml", encoding="utf-8") as file:
        text = file.read()
    usual = re.search(r"^  epochs: (\d+)$", text, re.M).group(1)
    for variant in variants:
        other = re.search(rf"^  {variant}: .*epochs: (\d+)", text, re.M)
        expected.append((name, variant, int(other.group(1) if other else usual)))
assert expected == TRAININGS, expected
END
