#!/usr/bin/env python3
"""Times libmixup against PyTorch and TensorFlow: the same work, interleaved in one run, as ratios.

usage: bench/run.py [--rounds N] [--threads LIST] [--works LIST] [--batches LIST] [--widths LIST] [--images FOLDER]
                    [--out FOLDER] [--avx2] [--quick]

Every contender is a process of its own (bench/peers/, build/release/bench/bench_step). In each round all of them
do the same steps one after the other, so that a machine whose clock drifts, or that others use, slows all alike. A
round's number is the median of its steps; the ratio of a round is the fastest peer's number over ours. Printed and
written are the minimum and the median over the rounds. What a newcomer would get wrong: to compare numbers of two
runs; only ratios of one run mean anything.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from works import WORKS, work_of  # noqa: E402

STEP_PROGRAM = "build/release/bench/bench_step"
LIMITS_PROGRAM = "build/release/bench/bench_limits"
LOAD_PROGRAM = "build/release/bench/bench_load"
SECONDS_A_TURN = 0.6  # of steps, of each contender in each round

TRAIN = ["bottleneck_2", "bottleneck_12", "spiral", "preact_resnet18", "small_cnn"]
PREDICT = [("bottleneck_2", 1), ("bottleneck_2", 32), ("bottleneck_2", 1000), ("tiny", 1)]


# What keeps every contender to AVX2, to see on one machine how another kind would do.
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}


def python_of(peer):
    return os.path.join(".venv", peer, "bin", "python")


class Peer:
    """A process that answers commands (bench/peers/protocol.py)."""

    def __init__(self, name, command):
        self.name = name
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.version = self.read().get("ready")
        self.first_step = time.perf_counter() - begin  # seconds from the process's start to its first finished step

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended without an answer")
        return json.loads(line)

    def ask(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.read()

    def steps(self, what, count):
        """Seconds of `count` steps; one more before them wakes the threads and is not counted."""
        return self.ask(f"{what} {count + 1}")["seconds"][1:]

    def warm(self, what):
        """What is compiled for each site is compiled now; twice, since some compile only what comes again."""
        if what == "train":
            self.ask("warm 2")

    def memory(self):
        return self.ask("memory")["bytes"]

    def close(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait()


class Own:
    """libmixup: a process a turn, which warms up before it measures."""

    def __init__(self, work, batch, threads, what):
        self.name = "libmixup"
        name, _, width = work.partition("_") if work.startswith("mlp_") else (work, "", "")
        self.command = [STEP_PROGRAM, name] + (["--width", width] if width else []) + ["--work", what, "--batch", str(batch), "--threads", str(threads)]
        begin = time.perf_counter()
        first = self.run(["--steps", "0"])
        self.first_step = time.perf_counter() - begin
        self.version = first["engine"]
        self.work = {"multiply_adds": first["multiply_adds"], "parameters": first["parameters"]}
        self.bytes = 0

    def run(self, more):
        done = subprocess.run(self.command + more, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def steps(self, _, count):
        answer = self.run(["--steps", str(count)])
        self.bytes = max(self.bytes, answer["peak_memory_bytes"])
        return [answer["ms_median"] / 1e3]

    def warm(self, what):
        pass  # in each of its processes

    def memory(self):
        return self.bytes

    def close(self):
        pass


def contenders(work, batch, threads, what, quick):
    arguments = [work, str(batch), str(threads), what]
    torch = [python_of("torch"), os.path.join(HERE, "peers", "torch_peer.py")]
    tensorflow = [python_of("tensorflow"), os.path.join(HERE, "peers", "tensorflow_peer.py")]
    yield Own(work, batch, threads, what)
    yield Peer("PyTorch eager", torch + ["eager"] + arguments)
    if quick:
        return
    yield Peer("PyTorch compile", torch + ["compile"] + arguments)
    yield Peer("TensorFlow XLA", tensorflow + ["xla"] + arguments)
    if what == "train" and work in TRAIN and WORKS[work]["kind"] == "dense":
        yield Peer("TensorFlow eager", tensorflow + ["eager"] + arguments)


def compare(work, batch, threads, what, rounds, quick):
    """One row: for each contender its rounds, memory and first step, and the ratio to the fastest peer."""
    racing = list(contenders(work, batch, threads, what, quick))
    count = {}
    for one in racing:  # how many steps fill a turn
        one.warm(what)
        taken = statistics.median(one.steps(what, 5))
        count[one.name] = max(3, min(2000, int(SECONDS_A_TURN / taken)))
    numbers = {one.name: [] for one in racing}
    for _ in range(rounds):
        for one in racing:
            numbers[one.name].append(statistics.median(one.steps(what, count[one.name])))
    row = {"work": work, "what": what, "batch": batch, "threads": threads, **racing[0].work, "contenders": []}
    for one in racing:
        row["contenders"].append({"name": one.name, "version": one.version, "rounds_ms": [1e3 * t for t in numbers[one.name]],
                                  "min_ms": 1e3 * min(numbers[one.name]),
                                  "median_ms": 1e3 * statistics.median(numbers[one.name]),
                                  "peak_memory_bytes": one.memory(), "first_step_s": one.first_step})
        one.close()
    peers = row["contenders"][1:]
    ratios = [min(p["rounds_ms"][r] for p in peers) / row["contenders"][0]["rounds_ms"][r] for r in range(rounds)]
    row["ratio_min"], row["ratio_median"], row["ratio_max"] = min(ratios), statistics.median(ratios), max(ratios)
    row["ratio_memory"] = row["contenders"][0]["peak_memory_bytes"] / min(p["peak_memory_bytes"] for p in peers)
    row["ratio_first_step"] = row["contenders"][0]["first_step_s"] / min(p["first_step_s"] for p in peers)
    return row


def print_row(row):
    print(f"{row['what']} {row['work']}, batch {row['batch']}, {row['threads']} thread{'s' * (row['threads'] > 1)}: "
          f"{row['ratio_median']:.2f}x the fastest peer ({row['ratio_min']:.2f} to {row['ratio_max']:.2f}), "
          f"memory x {row['ratio_memory']:.2f}, first step x {row['ratio_first_step']:.3f}")
    for one in row["contenders"]:
        print(f"    {one['name']:<17} min {one['min_ms']:10.3f} ms  median {one['median_ms']:10.3f} ms  "
              f"peak {one['peak_memory_bytes'] / 2**20:7.0f} MiB  first step {one['first_step_s']:6.2f} s")
    sys.stdout.flush()


# ---- images from the disk

def load_contenders(folder, workers):
    own = [LOAD_PROGRAM, folder, "--threads", str(workers)]
    yield "libmixup", own
    yield "PyTorch DataLoader, Pillow", [python_of("torch"), os.path.join(HERE, "peers", "torch_load.py"), folder,
                                         str(workers)]


def compare_loading(folder, workers, rounds):
    """Images per second from JPEG files to changed batches: with decoding (the first epoch), and once they are
    decoded, which libmixup keeps and the DataLoader does not."""
    numbers = {}
    for _ in range(rounds):
        for name, command in load_contenders(folder, workers):
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            numbers.setdefault(name, []).append(json.loads(done.stdout))
    row = {"workers": workers, "images": numbers["libmixup"][0]["images"], "contenders": []}
    for name, list_of in numbers.items():
        one = {"name": name}
        for key in ("first_epoch", "later_epoch"):
            one[key] = {"best": max(n[key] for n in list_of), "median": statistics.median(n[key] for n in list_of)}
        row["contenders"].append(one)
    for key in ("first_epoch", "later_epoch"):
        ratios = [own[key] / peer[key] for own, peer in zip(*numbers.values())]
        row["ratio_" + key] = statistics.median(ratios)
    return row


def print_loading(row):
    print(f"loading {row['images']} JPEG images, {row['workers']} workers: {row['ratio_first_epoch']:.2f}x in the first "
          f"epoch, {row['ratio_later_epoch']:.2f}x later")
    for one in row["contenders"]:
        print(f"    {one['name']:<27} first epoch {one['first_epoch']['median']:9.0f} images/s, later "
              f"{one['later_epoch']['median']:9.0f}")
    sys.stdout.flush()


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
    limits = subprocess.run([LIMITS_PROGRAM, "--threads", str(threads)], check=True, stdout=subprocess.PIPE, text=True)
    return {"processor": processor(), "cores": os.cpu_count(), "system": platform.platform(),
            "limits": json.loads(limits.stdout)}


def usual_rows(wanted):
    """(work, batch, train or predict)"""
    return ([(work, WORKS[work]["batch"], "train") for work in TRAIN if wanted is None or work in wanted] +
            [(work, batch, "predict") for work, batch in PREDICT if wanted is None or work in wanted])


def growth_rows(given):
    """Those that show how time grows with batch and width."""
    batches = [("bottleneck_2", int(b)) for b in given.batches.split(",") if b]
    widths = [(f"mlp_{w}", work_of(f"mlp_{w}")["batch"]) for w in given.widths.split(",") if w]
    return [(work, batch, what) for what in ("train", "predict") for work, batch in batches + widths]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default="2,1", help="one number or more; growth is measured at the first")
    parser.add_argument("--works", default="all", help="names, or all")
    parser.add_argument("--batches", default="1,10,100,1000", help="also train and predict bottleneck_2 with these; empty: none")
    parser.add_argument("--widths", default="256,1024,4096", help="also three hidden layers so wide; empty: none")
    parser.add_argument("--images", default="data/cifar10/test", help="JPEG files in folders by class, to be loaded")
    parser.add_argument("--avx2", action="store_true", help="keep all contenders to AVX2")
    parser.add_argument("--quick", action="store_true", help="only PyTorch eager")
    parser.add_argument("--out", default="results/bench")
    given = parser.parse_args()
    if given.avx2:
        os.environ.update(AVX2)
    wanted = None if given.works == "all" else given.works.split(",")
    measured = {"date": time.strftime("%Y-%m-%d"), "rounds": given.rounds, "avx2": given.avx2, "machine": {}, "rows": [], "growth": [], "loading": [],
                "installed_bytes": installed_bytes()}
    os.makedirs(given.out, exist_ok=True)

    def keep():
        """Written anew after each row, so that an interrupted run leaves what it has."""
        with open(os.path.join(given.out, "bench.json"), "w", encoding="utf-8") as file:
            json.dump(measured, file, indent=1)

    if os.path.isdir(given.images):
        for workers in (1, 2):
            measured["loading"].append(compare_loading(given.images, workers, min(given.rounds, 3)))
            print_loading(measured["loading"][-1])
    else:
        print(f"loading: skipped, there is no folder {given.images}")
    for turn, threads in enumerate(int(t) for t in given.threads.split(",")):
        measured["machine"][str(threads)] = machine(threads)
        for kind, rows in (("rows", usual_rows(wanted)), ("growth", growth_rows(given) if turn == 0 else [])):
            for work, batch, what in rows:
                measured[kind].append(compare(work, batch, threads, what, given.rounds, given.quick))
                print_row(measured[kind][-1])
                keep()
    keep()


if __name__ == "__main__":
    main()
