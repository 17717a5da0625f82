"""Images from the disk: JPEG files in folders by class to changed batches, libmixup against PyTorch's DataLoader."""

import json
import os
import statistics
import subprocess

from contenders import HERE, program, python_of


def load_contenders(folder, workers):
    own = [program("bench/bench_load"), folder, "--threads", str(workers)]
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
