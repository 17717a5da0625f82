#!/usr/bin/env python3
"""Writes docs/performance.md and its figure from what bench/run.py measured.

usage: bench/page.py [--from results/bench/bench.json] [--avx2 results/bench-avx2/bench.json]
                     [--markdown docs/performance.md] [--figure docs/images/performance.png]
"""

import argparse
import json
import math
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figure import label, threads_text, write_figure  # noqa: E402
from works import WORKS, work_of  # noqa: E402

MEBIBYTE = 2**20
TITLES = {"train": "Training steps", "predict": "Predictions"}
HEAD = """# Performance
How long libmixup takes for a step and for a prediction, beside PyTorch and TensorFlow on the same processor, in the
same run. Made by `make bench`, which installs the pinned peers into `.venv/`, measures, and writes this page; the
numbers of every round stand in `results/bench/bench.json`.

Each contender is a process of its own. In each of {rounds} rounds all of them do the same steps, one contender after
the other; a round's number is the median of its steps. The **ratio** is that of the fastest peer's number to ours in
the same round: its median over the rounds, with the lowest and highest in brackets. Times are minimum / median over
rounds, in milliseconds; memory is the peak of the whole process, with its data. **First step** is the time from a
process's start to the end of its first step: of libmixup the median of one start a round, of the peers, which take
seconds, the only one. Same networks, batch, optimiser and
threads everywhere ([bench/works.py](../bench/works.py)), in float32 where nothing else is said; λ, partners and site are
drawn anew for each step by everybody. PyTorch runs eagerly with its fused optimiser, and compiled; images are in its
channels_last order. TensorFlow runs compiled by XLA and, for the dense networks, eagerly as the original implementation
did.

**Of the limit** is how near our fastest round comes to what this machine can do at best, measured in the same run
(below): the step's products at the rate of a large matrix product, or its weights' way through memory, whichever takes
longer. Convolutions count as written out; Winograd's algorithm needs fewer products and can pass 100 %. So can weights
that stay in a cache.
"""


BF16 = """
Here states and products are in bfloat16 for everybody who can; weights, their gradients, moments and loss stay in
float32. libmixup with `precision: bf16`, PyTorch with autocast around forward pass and loss, TensorFlow with Keras' policy
mixed_bfloat16, under which XLA was seen to widen the states and multiply in float32 all the same (Zen 4). The ratio is
that to the fastest of the peers in bf16. libmixup in float32 took part in the same rounds; the fastest peer in float32 is
that of the table above, and stands here because bf16 is not faster for everybody.
"""
AMD = """
The processor is one by AMD, where PyTorch's f32 matrix products, which are MKL's, run on AVX2 whatever it has (seen by
sampling on Zen 4); its convolutions and products in bf16, which are oneDNN's, and XLA's products do not end there.
"""
AVX2 = """
## Kept to AVX2

The same on the same machine with all contenders kept to AVX2, in a run of its own, which shows how a processor without
AVX-512 would do. That they are was checked by sampling the instructions of their training steps. XLA takes its matrix
products from YNNPACK, which no flag limits: the peer cuts down what YNNPACK knows of the processor, so that it uses its
kernels for AVX2 ([bench/peers/tensorflow_avx2.py](../bench/peers/tensorflow_avx2.py)).
"""
DEMONSTRATIONS = """
Really run for a few epochs, {turns}, the contenders in turn in each training: from the process's start through reading the
data, all steps, a look at the validation data after each epoch, and one at the test data in the end. libmixup is `mixup train`
on the experiments themselves, a process a training, and stores the model. "TensorFlow eager" is the manner of the
original implementation, from numpy arrays ({version},
[bench/peers/tensorflow_demonstrations.py](../bench/peers/tensorflow_demonstrations.py)), all trainings in one process,
whose start is counted once. Nobody draws figures. Seconds, the medians; in brackets those of an epoch and those around
the epochs. The last line is not run but follows: what is around the epochs, once, and an epoch times the epochs of
`make all`.
"""


def of_row(row, name):
    return next((c for c in row["contenders"] if c["name"] == name), None)


def peers_of(row):
    return [c for c in row["contenders"] if not c["own"]]


def ratio_cell(row):
    return f"**{row['ratio_median']:.2f}** ({row['ratio_min']:.2f} – {row['ratio_max']:.2f})"


def memory_cell(row):
    own, peers = row["contenders"][0], peers_of(row)
    return (f"{own['peak_memory_bytes'] / MEBIBYTE:.0f} / "
            f"{min(p['peak_memory_bytes'] for p in peers) / MEBIBYTE:.0f}")


def mean_text(rows):
    average = math.exp(sum(math.log(r["ratio_median"]) for r in rows) / len(rows))
    return f"\nGeometric mean of the ratios: **{average:.2f}**."


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


def table(rows, title, machine, mean=True, level="##"):
    if not rows:
        return ""
    names = names_of(rows)
    lines = [f"\n{level} {title}\n",
             "| work | ratio | " + " | ".join(names) + " | of the limit | memory, MiB: ours / least peer's | first step, s |",
             "|---|---|---|" + "---|" * (len(names) + 2)]
    for row in rows:
        own = row["contenders"][0]
        cells = [label(row), ratio_cell(row)]
        cells += [time_cell(of_row(row, n)) for n in names]
        cells.append(f"{100 * limit_ms(row, machine) / own['min_ms']:.0f} %")
        cells.append(memory_cell(row))
        cells.append(f"{own['first_step_s']:.2f} / {min(p['first_step_s'] for p in peers_of(row)):.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    if mean:
        lines.append(mean_text(rows))
    return "\n".join(lines) + "\n"


def steps_text(measured, counts, where="", level="##"):
    """Training steps and predictions with each of these numbers of threads."""
    text = ""
    for threads in counts:
        for what, title in TITLES.items():
            rows = [r for r in measured["rows"] if (r["what"], r["threads"]) == (what, threads)]
            text += table(rows, f"{title}{where}, {threads_text(threads)}", measured["machine"], level=level)
    return text


def avx2_text(path):
    """From the other run; empty where there was none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        measured = json.load(file)
    text = AVX2 + f"\nMeasured on {measured['date']}, {measured['rounds']} round{'s' * (measured['rounds'] > 1)}.\n"
    counts = sorted({r["threads"] for r in measured["rows"]}, reverse=True)
    text += steps_text(measured, counts, " on AVX2", "###")
    return text


def tables(measured):
    """Of each number of threads, those in bf16 behind the first, then growth with batch and width."""
    machine = measured["machine"]
    counts = sorted({r["threads"] for r in measured["rows"]}, reverse=True)
    text = steps_text(measured, counts[:1]) + bf16_text(measured) + steps_text(measured, counts[1:])
    for what, title in TITLES.items():
        rows = [r for r in measured["growth"] if r["what"] == what]
        text += table(rows, f"{title}: growth with batch and width", machine, mean=False)
    return text


def fastest_f32(measured, row):
    """Of the peers in f32, which ran in the same run but not in the same rounds."""
    same = [r for r in measured["rows"] if all(r[k] == row[k] for k in ("work", "what", "batch", "threads"))]
    return min(peers_of(same[0]), key=lambda one: one["median_ms"]) if same else None


def bf16_text(measured):
    if measured.get("bf16_refused"):
        return ("\n## Training steps in bf16\n\nNot measured: this processor has no instructions for bf16. libmixup "
                f"says \"{measured['bf16_refused']}\".\n")
    rows = measured["bf16"]
    if not rows:
        return ""
    names = names_of(rows)
    lines = [f"\n## Training steps in bf16, {threads_text(rows[0]['threads'])}", BF16,
             "| work | ratio | " + " | ".join(names) +
             " | fastest peer in f32 | f32 / bf16: libmixup | memory, MiB: ours / least peer's |",
             "|---|---|" + "---|" * (len(names) + 3)]
    for row in rows:
        gains = [f32 / bf16 for f32, bf16 in zip(of_row(row, "libmixup f32")["rounds_ms"],
                                                 of_row(row, "libmixup")["rounds_ms"])]
        other = fastest_f32(measured, row)
        cells = [label(row), ratio_cell(row)] + [time_cell(of_row(row, name)) for name in names]
        cells += ["–" if other is None else f"{time_cell(other)} ({other['name']})",
                  f"{statistics.median(gains):.2f}", memory_cell(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n" + mean_text(rows) + "\n"


def demonstrations_table(measured):
    """A line for each training, then the sums; a ratio for each precision of ours, to the last contender."""
    contenders = measured["contenders"]
    owns, peer = contenders[:-1], contenders[-1]
    title = f"{measured['epochs']} epoch{'s' * (measured['epochs'] > 1)}"
    ratios = ["ratio"] + [f"ratio, {one['name'].split()[-1]}" for one in owns[1:]]
    columns = [f"training, {title}"] + [one["name"] for one in contenders] + ratios + ["epochs of `make all`"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]

    def line(name, seconds, cells, last=""):
        """`seconds`: of each contender."""
        factors = [f"**{seconds[-1] / own:.1f}**" for own in seconds[:-1]]
        lines.append("| " + " | ".join([name] + cells + factors + [str(last)]) + " |")

    for number, training in enumerate(peer["trainings"]):
        of_all = [one["trainings"][number] for one in contenders]
        line(f"{training['experiment']}, {training['variant']}", [t["seconds"] for t in of_all],
             [f"{t['seconds']:.3g} ({t['epoch_s']:.3g} + {t['around_s']:.2g})" for t in of_all], training["full_epochs"])
    line(f"together, {title}, and the start of Python", [one["run_s"] for one in contenders],
         [f"{one['run_s']:.1f}" for one in contenders])
    line("all epochs, extrapolated", [one["whole_s"] for one in contenders],
         [f"{one['whole_s'] / 60:.1f} minutes" for one in contenders])
    return "\n".join(lines) + "\n"


def times_text(count):
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def demonstrations_text(all_measured):
    """The seven trainings of `make all`, run for a few epochs, and what follows for all of them."""
    text = ""
    for measured in all_measured:
        text += f"\n## All seven trainings of `make all`, {threads_text(measured['threads'])}\n"
        text += DEMONSTRATIONS.format(turns=times_text(measured["turns"]), version=measured["version"]) + "\n" + demonstrations_table(measured)
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


def limits_text(measured):
    lines = ["\n## The machine's own limits, measured in the same run\n"]
    for threads, about in measured["machine"].items():
        pairs = ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in about["limits"].items()
                          if isinstance(value, (int, float)))
        lines.append(f"- {threads_text(threads)}: {about['processor']}, {about['cores']} cores; {pairs}")
    return "\n".join(lines) + "\n"


def installed_text(sizes):
    own = sizes.get("libmixup", 0)
    lines = ["\n## On the disk\n", "| | MiB | × libmixup |", "|---|---|---|"]
    for name, size in sorted(sizes.items(), key=lambda item: item[1]):
        lines.append(f"| {name} with all that it loads | {size / MEBIBYTE:.0f} | {size / own:.1f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--from", dest="source", default="results/bench/bench.json")
    parser.add_argument("--avx2", default="results/bench-avx2/bench.json")
    parser.add_argument("--markdown", default="docs/performance.md")
    parser.add_argument("--figure", default="docs/images/performance.png")
    given = parser.parse_args()
    if not os.path.exists(given.source):
        sys.exit(f"{given.source} is not there: bench/run.py (without --avx2) measures what the page begins with")
    with open(given.source, encoding="utf-8") as file:
        measured = json.load(file)
    rows = measured["rows"]
    text = HEAD.format(rounds=measured["rounds"])
    versions = sorted({c["version"] for r in rows + measured["bf16"] + measured["growth"] for c in r["contenders"]})
    text += f"\nMeasured on {measured['date']} with {'; '.join(versions)}.\n"
    if any("AMD" in about["processor"] for about in measured["machine"].values()):
        text += AMD
    left = [name for name in WORKS if name not in {r["work"] for r in rows}]
    if left:
        text += f"\nNot measured in this run: {', '.join(left)}.\n"
    if write_figure(measured, given.figure):
        text += f"\n![Ratio to the fastest peer]({os.path.relpath(given.figure, os.path.dirname(given.markdown))})\n"
        text += ("\nDark blue: the first number of threads; below it light blue, one thread, and green, bf16; grey: growth "
                 "with batch and width.\n")
    text += tables(measured)
    text += avx2_text(given.avx2)
    text += demonstrations_text(measured["demonstrations"]) + loading_text(measured["loading"])
    text += limits_text(measured) + installed_text(measured["installed_bytes"])
    with open(given.markdown, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
