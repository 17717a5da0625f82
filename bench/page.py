#!/usr/bin/env python3
"""Writes docs/performance.md and its figure from what bench/run.py measured.

usage: bench/page.py [--from results/bench/bench.json] [--markdown docs/performance.md]
                     [--figure docs/images/performance.png]
"""

import argparse
import json
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from works import WORKS, work_of  # noqa: E402

MEBIBYTE = 2**20
HEAD = """# Performance
How long libmixup takes for a step and for a prediction, beside PyTorch and TensorFlow on the same processor, in the
same run. Made by `make bench`, which installs the pinned peers into `.venv/`, measures, and writes this page; the
numbers of every round stand in `results/bench/bench.json`.

Each contender is a process of its own. In each of {rounds} rounds all of them do the same steps, one contender after
the other; a round's number is the median of its steps. The **ratio** is that of the fastest peer's number to ours in
the same round: its median over the rounds, with the lowest and highest in brackets. Times are minimum / median over
rounds, in milliseconds; memory is the peak of the whole process, with its data. Same networks, batch, optimiser,
threads and float32 everywhere ([bench/works.py](../bench/works.py)); λ, partners and site are drawn anew for each step
by everybody. PyTorch runs eagerly with its fused optimiser, and compiled; images are in its channels_last order.
TensorFlow runs compiled by XLA and, for the dense networks, eagerly as the original implementation did.

**Of the limit** is how near our fastest round comes to what this machine can do at best, measured in the same run
(below): the step's products at the rate of a large matrix product, or its weights' way through memory, whichever takes
longer. Convolutions count as written out; Winograd's algorithm needs fewer products and can pass 100 %. So can weights
that stay in a cache.
"""


def of_row(row, name):
    return next((c for c in row["contenders"] if c["name"] == name), None)


def names_of(rows):
    names = []
    for row in rows:
        names += [c["name"] for c in row["contenders"] if c["name"] not in names]
    return names


def time_cell(one):
    return "–" if one is None else f"{one['min_ms']:.4g} / {one['median_ms']:.4g}"


def limit_ms(row, machine):
    """What the machine could do at best (bench/limits.c), in ms: the products at the rate of sgemm, or the weights'
    way through memory, whichever takes longer. Adam reads and writes weight and two moments, SGD with momentum
    weight and one moment; a prediction reads the weights."""
    limits = machine[str(row["threads"])]["limits"]
    products = 2e3 * row["multiply_adds"] / (1e9 * limits["sgemm_gflops"])
    arrays, rate = (1, "copy_gb_per_s")
    if row["what"] == "train":
        arrays, rate = (6 if work_of(row["work"])["kind"] == "dense" else 4), "update_gb_per_s"
    return max(products, 1e3 * 4 * arrays * row["parameters"] / (1e9 * limits[rate]))


def label(row):
    return f"{row['work']}, batch {row['batch']}"


def table(rows, title, machine, mean=True):
    if not rows:
        return ""
    names = names_of(rows)
    lines = [f"\n## {title}\n",
             "| work | ratio | " + " | ".join(names) + " | of the limit | memory, MiB: ours / least peer's | first step, s |",
             "|---|---|---|" + "---|" * (len(names) + 2)]
    for row in rows:
        own = row["contenders"][0]
        peers = row["contenders"][1:]
        cells = [label(row), f"**{row['ratio_median']:.2f}** ({row['ratio_min']:.2f} – {row['ratio_max']:.2f})"]
        cells += [time_cell(of_row(row, n)) for n in names]
        cells.append(f"{100 * limit_ms(row, machine) / own['min_ms']:.0f} %")
        cells.append(f"{own['peak_memory_bytes'] / MEBIBYTE:.0f} / "
                     f"{min(p['peak_memory_bytes'] for p in peers) / MEBIBYTE:.0f}")
        cells.append(f"{own['first_step_s']:.2f} / {min(p['first_step_s'] for p in peers):.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    if mean:
        average = math.exp(sum(math.log(r["ratio_median"]) for r in rows) / len(rows))
        lines.append(f"\nGeometric mean of the ratios: **{average:.2f}**.")
    return "\n".join(lines) + "\n"


def tables(measured):
    """Of each number of threads, then growth with batch and width."""
    machine = measured["machine"]
    titles = {"train": "Training steps", "predict": "Predictions"}
    text = ""
    for threads in sorted({r["threads"] for r in measured["rows"]}, reverse=True):
        for what, title in titles.items():
            rows = [r for r in measured["rows"] if (r["what"], r["threads"]) == (what, threads)]
            text += table(rows, f"{title}, {threads} thread{'s' * (threads > 1)}", machine)
    for what, title in titles.items():
        rows = [r for r in measured.get("growth", []) if r["what"] == what]
        text += table(rows, f"{title}: growth with batch and width", machine, mean=False)
    return text


def loading_text(rows):
    if not rows:
        return ""
    lines = ["\n## Images per second from JPEG folders\n",
             "JPEG files in folders by class to batches of 100 with random flips and padded crops. PyTorch's DataLoader "
             "decodes with Pillow in so many worker processes, in every epoch. libmixup decodes once, in the thread that "
             "opens the data set, and keeps the bytes; so many threads then change the images.\n",
             "| workers | epoch | ratio | " + " | ".join(c["name"] for c in rows[0]["contenders"]) + " |",
             "|---|---|---|" + "---|" * len(rows[0]["contenders"])]
    for row in rows:
        for key, name in (("first_epoch", "first, from the files"), ("later_epoch", "later")):
            lines.append(f"| {row['workers']} | {name} | **{row['ratio_' + key]:.2f}** | " +
                         " | ".join(f"{c[key]['median']:.0f}" for c in row["contenders"]) + " |")
    return "\n".join(lines) + "\n"


# The trainings of `make all`, experiments/demonstrations: network -> (steps an epoch, epochs of its variants).
# Spirals: 4000 points less 400 to test and 360 to validate, in batches of 20; MNIST: 50,000 digits in batches of 100.
TRAININGS = {"spiral": (162, [24, 24]), "bottleneck_2": (500, [24, 24]), "bottleneck_12": (500, [6, 24, 24])}


def whole_text(rows):
    """How long all steps of `make all` take by the measured medians; empty where one of them was not measured."""
    for threads in sorted({r["threads"] for r in rows}, reverse=True):
        found = {r["work"]: r for r in rows
                 if r["what"] == "train" and r["threads"] == threads and r["work"] in TRAININGS}
        totals = {}
        for name in names_of(found.values()):
            cells = {work: of_row(row, name) for work, row in found.items()}
            if len(cells) == len(TRAININGS) and None not in cells.values():
                totals[name] = sum(steps * sum(epochs) * cells[work]["median_ms"] / 1e3
                                   for work, (steps, epochs) in TRAININGS.items())
        if "libmixup" not in totals:
            continue
        count = sum(steps * sum(epochs) for steps, epochs in TRAININGS.values())
        lines = [f"\n## All seven trainings of `make all`, {threads} thread{'s' * (threads > 1)}\n",
                 f"Computed, not run: {count:,} steps at the medians above. Each is counted as a step that mixes, also in the "
                 "plain variants; validation, reading and figures are left out for everybody. \"TensorFlow eager\" is "
                 "the manner of the original implementation.\n", "| | minutes | × libmixup |", "|---|---|---|"]
        for name, seconds in sorted(totals.items(), key=lambda item: item[1]):
            lines.append(f"| {name} | {seconds / 60:.1f} | {seconds / totals['libmixup']:.1f} |")
        return "\n".join(lines) + "\n"
    return ""


def limits_text(measured):
    lines = ["\n## The machine's own limits, measured in the same run\n"]
    for threads, about in measured["machine"].items():
        pairs = ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in about["limits"].items()
                          if isinstance(value, (int, float)))
        lines.append(f"- {threads} thread{'s' * (int(threads) > 1)}: {about['processor']}, {about['cores']} cores; {pairs}")
    return "\n".join(lines) + "\n"


def installed_text(sizes):
    own = sizes.get("libmixup", 0)
    lines = ["\n## On the disk\n", "| | MiB | × libmixup |", "|---|---|---|"]
    for name, size in sorted(sizes.items(), key=lambda item: item[1]):
        lines.append(f"| {name} with all that it loads | {size / MEBIBYTE:.0f} | {size / own:.1f} |")
    return "\n".join(lines) + "\n"


def write_figure(rows, path):
    """Ratio of every row to the fastest peer, with the range over rounds, by gnuplot."""
    data = "\n".join(f"\"{r['what']} {label(r)}{' (1 thread)' if r['threads'] == 1 else ''}\" {r['ratio_median']} {r['ratio_min']} {r['ratio_max']}" for r in rows)
    script = f"""set terminal pngcairo noenhanced size 1400,{120 + 46 * len(rows)} font 'sans,15'
set output '{path}'
$rows << END
{data}
END
set style fill solid 0.85 noborder
set yrange [{len(rows)}-0.4:-0.6]
set xrange [0:{1.08 * max(r['ratio_max'] for r in rows):.3g}] # room for the last number
set grid x lc rgb '#dddddd'
set border 1
set tics nomirror scale 0
set lmargin 34
set xlabel 'times as fast as the fastest of PyTorch and TensorFlow (bar: median, line: range over rounds)'
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#555555' dt 2 front
unset key
plot $rows using ($2/2):0:($2/2):(0.36):ytic(1) with boxxyerror lc rgb '#2b6cb0', \\
     '' using 2:0:3:4 with xerrorbars pt -1 lw 2 lc rgb '#1a202c', \\
     '' using 4:0:(sprintf('  %.2f', $2)) with labels left font ',14'
"""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["gnuplot", "-"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--from", dest="source", default="results/bench/bench.json")
    parser.add_argument("--markdown", default="docs/performance.md")
    parser.add_argument("--figure", default="docs/images/performance.png")
    given = parser.parse_args()
    with open(given.source, encoding="utf-8") as file:
        measured = json.load(file)
    rows = measured["rows"]
    text = HEAD.format(rounds=measured["rounds"])
    versions = sorted({c["version"] for r in rows for c in r["contenders"]})
    text += f"\nMeasured on {measured['date']} with {'; '.join(versions)}.\n"
    if measured.get("avx2"):
        text += "\nAll contenders were kept to AVX2, which shows how a processor without AVX-512 would do.\n"
    left = [name for name in WORKS if name not in {r["work"] for r in rows}]
    if left:
        text += f"\nNot measured in this run: {', '.join(left)}.\n"
    text += f"\n![Ratio to the fastest peer]({os.path.relpath(given.figure, os.path.dirname(given.markdown))})\n"
    text += tables(measured)
    text += whole_text(rows) + loading_text(measured.get("loading"))
    text += limits_text(measured) + installed_text(measured["installed_bytes"])
    write_figure(rows + measured.get("growth", []), given.figure)
    with open(given.markdown, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
