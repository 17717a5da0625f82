"""The seven trainings of `make all`, really run from the process's start to the stored model, for a few epochs:
libmixup against TensorFlow in the manner of the original implementation (eagerly, step by step, from numpy arrays).

Both read the data, draw and train, and look at the validation data after each epoch and at the test data at the end.
The whole is then computed as what surrounds the epochs, once, and the measured time of an epoch times the epochs of
`make all`. What a newcomer would get wrong: libmixup starts a process for each training here, so that contenders take
turns, though `make all` starts three; TensorFlow starts once.
"""

import csv
import os
import statistics
import subprocess
import tempfile
import time

from contenders import HERE, Peer, program, python_of

# experiment and variant (scripts/demonstrations.sh), and their epochs (experiments/demonstrations/)
TRAININGS = [("spiral", "none", 24), ("spiral", "manifold", 24), ("bottleneck_2", "none", 24),
             ("bottleneck_2", "manifold", 24), ("bottleneck_12", "none", 6), ("bottleneck_12", "input", 24),
             ("bottleneck_12", "manifold", 24)]


def run_own(experiment, variant, epochs, threads, precision, folder):
    """As scripts/demonstrations.sh calls it. Seconds of the whole process, and of each epoch as it noted them."""
    begin = time.perf_counter()
    subprocess.run([program("mixup"), "train", f"experiments/demonstrations/{experiment}.yaml", "--variant", variant,
                    "--seeds", "1", "--out", folder, "--overwrite", "--set", f"training.epochs={epochs}",
                    "--set", f"precision={precision}", "--threads", str(threads), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    with open(os.path.join(folder, variant, "seed-1", "history.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {"seconds": seconds, "epochs": [float(row["seconds"]) for row in rows],
            "validation_accuracy": float(rows[-1]["validation_accuracy"])}


def contenders(threads, bf16, folder):
    """Name -> function of experiment, variant and epochs; and the seconds that a contender needs once, before all."""
    def own(precision):
        return lambda *training: run_own(*training, threads, precision, folder)

    tensorflow = Peer("TensorFlow eager", [python_of("tensorflow"),
                                           os.path.join(HERE, "peers", "tensorflow_demonstrations.py"), str(threads)])
    racing = {"libmixup": own("f32")}
    if bf16:
        racing["libmixup bf16"] = own("bf16")
    racing[tensorflow.name] = lambda *training: tensorflow.ask(" ".join(str(word) for word in training))
    return racing, {tensorflow.name: tensorflow.first_step}, tensorflow


def summary(name, turns, once):
    """`turns`: the runs of each training, of which the medians count. With the whole of `make all` computed from them."""
    one = {"name": name, "once_s": once, "trainings": []}
    for (experiment, variant, full), runs in zip(TRAININGS, turns):
        epoch = statistics.median(statistics.mean(run["epochs"]) for run in runs)
        around = statistics.median(run["seconds"] - sum(run["epochs"]) for run in runs)
        one["trainings"].append({"experiment": experiment, "variant": variant, "full_epochs": full, "turns": runs,
                                 "seconds": statistics.median(run["seconds"] for run in runs),
                                 "around_s": around, "epoch_s": epoch, "whole_s": around + full * epoch})
    one["run_s"] = once + sum(t["seconds"] for t in one["trainings"])
    one["whole_s"] = once + sum(t["whole_s"] for t in one["trainings"])
    return one


def compare_demonstrations(threads, epochs, turns, bf16):
    """Each training by each contender in turn, so many times."""
    with tempfile.TemporaryDirectory() as folder:
        racing, once, peer = contenders(threads, bf16, folder)
        done = {name: [[] for _ in TRAININGS] for name in racing}
        for number, (experiment, variant, _) in enumerate(TRAININGS):
            for _ in range(turns):
                for name, train in racing.items():
                    done[name][number].append(train(experiment, variant, epochs))
            print(f"    {experiment}, {variant}: " +
                  ", ".join(f"{name} " + " ".join(f"{run['seconds']:.1f}" for run in of[number]) + " s"
                            for name, of in done.items()), flush=True)
        peer.close()
    return {"threads": threads, "epochs": epochs, "turns": turns, "version": peer.version,
            "contenders": [summary(name, done[name], once.get(name, 0.0)) for name in racing]}


def print_demonstrations(row):
    own = row["contenders"][0]
    print(f"the seven trainings of make all, {row['epochs']} epoch{'s' * (row['epochs'] > 1)} each, "
          f"{row['threads']} thread{'s' * (row['threads'] > 1)}:")
    for one in row["contenders"]:
        print(f"    {one['name']:<17} {one['run_s']:8.1f} s (x {one['run_s'] / own['run_s']:.2f}); with all epochs "
              f"{one['whole_s'] / 60:7.1f} minutes (x {one['whole_s'] / own['whole_s']:.2f})", flush=True)
