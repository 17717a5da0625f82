#!/usr/bin/env python3
"""Times libmixup against PyTorch and TensorFlow: the same work, interleaved in one run, as ratios.

usage: bench/run.py [--parts LIST] [--add] [--rounds N] [--threads LIST] [--works LIST] [--batches LIST]
                    [--widths LIST] [--epochs N] [--turns N] [--images FOLDER] [--out FOLDER] [--avx2] [--quick]

Parts, and about how long each takes with 7 rounds on two cores:
    loading         JPEG files to batches                                             2 minutes
    steps           training steps and predictions, for each number of threads        12; with one thread 16
    bf16            training steps in bf16, at the first number of threads            9
    demonstrations  the seven trainings of `make all`, one epoch, three times        16
    growth          more batch sizes and widths, at the first number of threads       13
Most of steps and bf16 goes to preact_resnet18; --works leaves it out.

Every contender is a process of its own (bench/contenders.py). In each round all of them do the same steps one after the
other, so that a machine whose clock drifts, or that others use, slows all alike. A round's number is the median of its
steps; the ratio of a round is the fastest peer's number over ours. Printed and written are the minimum and the median
over the rounds. What a newcomer would get wrong: to compare numbers of two rows; only ratios of one row mean anything.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from contenders import AVX2, compare, print_row, program, why_no_bf16  # noqa: E402
from demonstrations import compare_demonstrations, print_demonstrations  # noqa: E402
from loading import compare_loading, print_loading  # noqa: E402
from works import WORKS, work_of  # noqa: E402

PARTS = ["loading", "steps", "bf16", "demonstrations", "growth"]
TRAIN = ["bottleneck_2", "bottleneck_12", "spiral", "preact_resnet18", "small_cnn"]
TRAIN_BF16 = ["preact_resnet18", "bottleneck_2", "bottleneck_12", "small_cnn"]
PREDICT = [("bottleneck_2", 1), ("bottleneck_2", 32), ("bottleneck_2", 1000), ("tiny", 1)]


# ---- what surrounds the numbers

def folder_bytes(folder, without=()):
    total = 0
    for path, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not any(f == w or f.startswith(w + "-") for w in without)]
        total += sum(os.lstat(os.path.join(path, f)).st_size for f in files)
    return total


def installed_bytes():
    """What must be on the disk: for the peers all that pip installed but pip itself; for us the shared library,
    the program, and the shared libraries that they load beyond the C library's."""
    sizes = {}
    for peer in ("torch", "tensorflow"):
        for path, folders, _ in os.walk(os.path.join(".venv", peer, "lib")):
            if "site-packages" in folders:
                sizes[peer] = folder_bytes(os.path.join(path, "site-packages"), ("pip", "setuptools", "__pycache__"))
                break
    files = {os.path.realpath("build/release/libmixup.so"), os.path.realpath("build/release/mixup")}
    for program in list(files):
        listing = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in listing.splitlines():
            path = line.split("=>")[-1].split("(")[0].strip()
            if path.startswith("/") and not any(part in path for part in ("/libc.so", "/libm.so", "/ld-linux")):
                files.add(os.path.realpath(path))
    sizes["libmixup"] = sum(os.stat(f).st_size for f in files)
    return sizes


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def machine(threads):
    limits = subprocess.run([program("bench/bench_limits"), "--threads", str(threads)], check=True, stdout=subprocess.PIPE, text=True)
    return {"processor": processor(), "cores": os.cpu_count(), "system": platform.platform(),
            "limits": json.loads(limits.stdout)}


# ---- the parts

def usual_rows(wanted):
    """(work, batch, train or predict)"""
    return ([(work, WORKS[work]["batch"], "train") for work in TRAIN if wanted is None or work in wanted] +
            [(work, batch, "predict") for work, batch in PREDICT if wanted is None or work in wanted])


def bf16_rows(wanted):
    return [(work, WORKS[work]["batch"], "train") for work in TRAIN_BF16 if wanted is None or work in wanted]


def growth_rows(given):
    """Those that show how time grows with batch and width."""
    batches = [("bottleneck_2", int(b)) for b in given.batches.split(",") if b]
    widths = [(f"mlp_{w}", work_of(f"mlp_{w}")["batch"]) for w in given.widths.split(",") if w]
    return [(work, batch, what) for what in ("train", "predict") for work, batch in batches + widths]


def same_row(a, b):
    return all(a[key] == b[key] for key in ("work", "what", "batch", "threads", "precision"))


class Record:
    """What is measured, written anew after each row, so that an interrupted run leaves what it has."""

    def __init__(self, given):
        self.path = os.path.join(given.out, "bench.json")
        self.all = {"date": time.strftime("%Y-%m-%d"), "rounds": given.rounds, "avx2": given.avx2, "machine": {},
                    "rows": [], "bf16": [], "growth": [], "demonstrations": [], "loading": []}
        if given.add and os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                before = json.load(file)
            if "bf16" not in before or [before["rounds"], before["avx2"]] != [given.rounds, given.avx2]:
                sys.exit(f"{self.path} was measured with other --rounds or --avx2, or by an older version of this; "
                         "measure it anew without --add")
            self.all.update(before)
        self.all["installed_bytes"] = installed_bytes()
        os.makedirs(given.out, exist_ok=True)

    def add_machine(self, threads):
        about = machine(threads)
        if any(other["processor"] != about["processor"] for other in self.all["machine"].values()):
            sys.exit(f"{self.path} was measured on another processor; measure it anew without --add")
        earlier = self.all["machine"].get(str(threads), about)
        for key, value in earlier["limits"].items():  # the best that was ever seen
            about["limits"][key] = max(value, about["limits"][key])
        self.all["machine"][str(threads)] = about

    def put(self, kind, row, same):
        """In the place of an earlier measurement of the same, else at the end."""
        rows = self.all[kind]
        places = [i for i, other in enumerate(rows) if same(other, row)]
        if places:
            rows[places[0]] = row
        else:
            rows.append(row)
        self.write()

    def write(self):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(self.all, file, indent=1)


def measure_rows(record, kind, rows, threads, precision, given):
    for work, batch, what in rows:
        row = compare(work, batch, threads, what, precision, given.rounds, given.quick)
        print_row(row)
        record.put(kind, row, same_row)


def measure_loading(record, given):
    if not os.path.isdir(given.images):
        print(f"loading: skipped, there is no folder {given.images}")
        return
    for workers in (1, 2):
        row = compare_loading(given.images, workers, min(given.rounds, 3))
        print_loading(row)
        record.put("loading", row, lambda a, b: a["workers"] == b["workers"])


def measure_threads(record, threads, parts, given):
    """The parts that are measured with so many threads."""
    wanted = None if given.works == "all" else given.works.split(",")
    refused = why_no_bf16()
    record.add_machine(threads)
    if "steps" in parts:
        measure_rows(record, "rows", usual_rows(wanted), threads, "f32", given)
    if "bf16" in parts and refused is None:
        record.all.pop("bf16_refused", None)
        measure_rows(record, "bf16", bf16_rows(wanted), threads, "bf16", given)
    elif "bf16" in parts:
        print(f"bf16: skipped; {refused}")
        record.all["bf16_refused"] = refused
    if "demonstrations" in parts:
        row = compare_demonstrations(threads, given.epochs, given.turns, refused is None)
        print_demonstrations(row)
        record.put("demonstrations", row, lambda a, b: a["threads"] == b["threads"])
    if "growth" in parts:
        measure_rows(record, "growth", growth_rows(given), threads, "f32", given)


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--parts", help="some of these; default: all, with --avx2 only steps, which the page shows")
    parser.add_argument("--add", action="store_true",
                        help="to what an earlier run left in --out; what is measured again replaces what was there")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default="2,1",
                        help="one number or more; steps are measured with each, the rest with the first")
    parser.add_argument("--works", default="all", help="names, or all; for steps and bf16")
    parser.add_argument("--batches", default="1,10,100,1000", help="growth: train and predict bottleneck_2 with these; empty: none")
    parser.add_argument("--widths", default="256,1024,4096", help="growth: three hidden layers so wide; empty: none")
    parser.add_argument("--epochs", type=int, default=1, help="of each of the demonstrations' trainings")
    parser.add_argument("--turns", type=int, default=3, help="how often each of them is run by everybody")
    parser.add_argument("--images", default="data/cifar10/test", help="JPEG files in folders by class, to be loaded")
    parser.add_argument("--avx2", action="store_true", help="keep all contenders to AVX2 (libmixup: build/avx2)")
    parser.add_argument("--quick", action="store_true", help="steps and bf16: only PyTorch eager")
    parser.add_argument("--out", help="default: results/bench, or results/bench-avx2")
    given = parser.parse_args()
    given.out = given.out or ("results/bench-avx2" if given.avx2 else "results/bench")
    given.parts = given.parts.split(",") if given.parts else ["steps"] if given.avx2 else PARTS
    for part in given.parts:
        if part not in PARTS:
            parser.error(f"--parts: {part} is none of {', '.join(PARTS)}")
    return given


def main():
    given = options()
    if given.avx2:
        os.environ.update(AVX2)
    record = Record(given)
    if "loading" in given.parts:
        measure_loading(record, given)
    for turn, threads in enumerate(int(t) for t in given.threads.split(",")):
        parts = [part for part in given.parts if part == "steps" or turn == 0]
        if parts != ["loading"] and parts:
            measure_threads(record, threads, parts, given)
    record.write()


if __name__ == "__main__":
    main()
