"""Who takes part in the benchmark, and how one of its rows is measured: each contender a process of its own
(bench/peers/, build/release/bench/bench_step), in turn.

What a newcomer would get wrong: libmixup may take part twice in a row that measures bf16, and only its first entry is
compared with the peers.
"""

import json
import os
import statistics
import subprocess
import time

from works import WORKS

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS_A_TURN = 0.6  # of steps, of each contender in each round

# What keeps every contender to AVX2, to see on one machine how another kind would do. That it does was seen by
# sampling the instructions that training steps run (bottleneck_2, small_cnn; Zen 4, PyTorch 2.13, TensorFlow 2.21):
# with all of this not one sample in thousands is an instruction of AVX-512. What each is for:
#   ONEDNN_MAX_CPU_ISA, DNNL_MAX_CPU_ISA  oneDNN, ours and the copies in both peers (Eigen's products in TensorFlow too)
#   ATEN_CPU_CAPABILITY                   PyTorch's own loops, and how wide what it compiles is
#   TORCHINDUCTOR_CPP_MARCH               what it compiles; else -march=native brings AVX-512VL in
#   MKL_ENABLE_INSTRUCTIONS               MKL on Intel; on AMD its matrix products end at AVX2 anyway
#   XLA_FLAGS                             what XLA compiles, but not the matrix products that it has from YNNPACK: those
#                                         were a third of its time and AVX-512; bench/peers/tensorflow_avx2.py
#   GLIBC_TUNABLES                        memcpy and memset
#   MIXUP_BUILD                           our loops that the compiler makes for AVX-512 too and that ask the processor
#                                         (src/base/vectorize.h): Adam, 4 % of a step
AVX2 = {"MIXUP_BUILD": "build/avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
        "TORCHINDUCTOR_CPP_MARCH": "haswell", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW"}


def program(path):
    """Of libmixup; the variable is that of the tests."""
    return os.path.join(os.environ.get("MIXUP_BUILD", "build/release"), path)


def python_of(peer):
    return os.path.join(".venv", peer, "bin", "python")


class Peer:
    """A process that answers commands (bench/peers/protocol.py)."""

    own = False

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
    """libmixup: a process a turn, which warms up before it measures, and another one that only starts."""

    own = True

    def __init__(self, name, work, batch, threads, what, precision="f32"):
        self.name = name
        network, _, width = work.partition("_") if work.startswith("mlp_") else (work, "", "")
        self.command = [program("bench/bench_step"), network] + (["--width", width] if width else [])
        self.command += ["--work", what, "--batch", str(batch), "--threads", str(threads), "--precision", precision]
        self.starts = []  # seconds from a process's start to its end, behind its first step
        first = self.start()
        self.version = first["engine"]
        self.work = {"multiply_adds": first["multiply_adds"], "parameters": first["parameters"]}
        self.bytes = 0

    def run(self, more):
        done = subprocess.run(self.command + more, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def start(self):
        begin = time.perf_counter()
        answer = self.run(["--steps", "0"])
        self.starts.append(time.perf_counter() - begin)
        return answer

    @property
    def first_step(self):
        return statistics.median(self.starts)

    def steps(self, _, count):
        self.start()
        answer = self.run(["--steps", str(count)])
        self.bytes = max(self.bytes, answer["peak_memory_bytes"])
        return [answer["ms_median"] / 1e3]

    def warm(self, what):
        pass  # in each of its processes

    def memory(self):
        return self.bytes

    def close(self):
        pass


def why_no_bf16():
    """What libmixup says where the processor has no instructions for bf16; None where it has."""
    done = subprocess.run([program("bench/bench_step"), "tiny", "--precision", "bf16", "--steps", "0"], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode == 0:
        return None
    if "not supported: " not in done.stderr:
        raise RuntimeError(done.stderr)
    return done.stderr.split("not supported: ", 1)[1].strip()


def contenders(work, batch, threads, what, precision, quick):
    """libmixup first. In bf16 it also runs in f32, to show beside it what bf16 brings."""
    arguments = [work, str(batch), str(threads), what, precision]
    torch = [python_of("torch"), os.path.join(HERE, "peers", "torch_peer.py")]
    tensorflow = [python_of("tensorflow"), os.path.join(HERE, "peers", "tensorflow_peer.py")]
    yield Own("libmixup", work, batch, threads, what, precision)
    if precision != "f32":
        yield Own("libmixup f32", work, batch, threads, what)
    yield Peer("PyTorch eager", torch + ["eager"] + arguments)
    if quick:
        return
    yield Peer("PyTorch compile", torch + ["compile"] + arguments)
    yield Peer("TensorFlow XLA", tensorflow + ["xla"] + arguments)
    if (what, precision) == ("train", "f32") and work in WORKS and WORKS[work]["kind"] == "dense":
        yield Peer("TensorFlow eager", tensorflow + ["eager"] + arguments)


def compare(work, batch, threads, what, precision, rounds, quick):
    """One row: for each contender its rounds, memory and first step, and the ratio to the fastest peer."""
    racing = list(contenders(work, batch, threads, what, precision, quick))
    count = {}
    for one in racing:  # how many steps fill a turn
        one.warm(what)
        taken = statistics.median(one.steps(what, 5))
        count[one.name] = max(3, min(2000, int(SECONDS_A_TURN / taken)))
    numbers = {one.name: [] for one in racing}
    for _ in range(rounds):
        for one in racing:
            numbers[one.name].append(statistics.median(one.steps(what, count[one.name])))
    row = {"work": work, "what": what, "batch": batch, "threads": threads, "precision": precision, **racing[0].work,
           "contenders": []}
    for one in racing:
        rounds_ms = [1e3 * t for t in numbers[one.name]]
        row["contenders"].append({"name": one.name, "own": one.own, "version": one.version, "rounds_ms": rounds_ms,
                                  "min_ms": min(rounds_ms), "median_ms": statistics.median(rounds_ms),
                                  "peak_memory_bytes": one.memory(), "first_step_s": one.first_step})
        one.close()
    own = row["contenders"][0]
    peers = [c for c in row["contenders"] if not c["own"]]
    ratios = [min(p["rounds_ms"][r] for p in peers) / own["rounds_ms"][r] for r in range(rounds)]
    row["ratio_min"], row["ratio_median"], row["ratio_max"] = min(ratios), statistics.median(ratios), max(ratios)
    row["ratio_memory"] = own["peak_memory_bytes"] / min(p["peak_memory_bytes"] for p in peers)
    row["ratio_first_step"] = own["first_step_s"] / min(p["first_step_s"] for p in peers)
    return row


def print_row(row):
    print(f"{row['what']} {row['work']}, batch {row['batch']}, {row['threads']} thread{'s' * (row['threads'] > 1)}, "
          f"{row['precision']}: "
          f"{row['ratio_median']:.2f}x the fastest peer ({row['ratio_min']:.2f} to {row['ratio_max']:.2f}), "
          f"memory x {row['ratio_memory']:.2f}, first step x {row['ratio_first_step']:.3f}")
    for one in row["contenders"]:
        print(f"    {one['name']:<17} min {one['min_ms']:10.3f} ms  median {one['median_ms']:10.3f} ms  "
              f"peak {one['peak_memory_bytes'] / 2**20:7.0f} MiB  first step {one['first_step_s']:6.2f} s", flush=True)
