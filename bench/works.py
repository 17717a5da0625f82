"""The work that is timed: networks, batch sizes and what is done with them, the same for every contender.

bench/networks.c and bench/step.c say the same for libmixup. A dense network is its widths and the leaky ReLU's slope;
`sites` are the layers whose input may be mixed, counted from 0. What a newcomer would get wrong: `batch` is the work's own; `--batch` of bench/run.py replaces it.
"""

WORKS = {
    # the demonstrations (experiments/demonstrations/)
    "bottleneck_2": {"kind": "dense", "widths": [784, 1024, 1024, 2, 1024, 1024, 10], "slope": 0.3, "sites": [3, 4],
                     "batch": 100},
    "bottleneck_12": {"kind": "dense", "widths": [784, 1024, 1024, 1024, 12, 1024, 1024, 1024, 1024, 10], "slope": 0.3,
                      "sites": [3], "batch": 100},
    "spiral": {"kind": "dense", "widths": [2] + [1024] * 7 + [2], "slope": 0.3, "sites": [4, 5, 6, 7], "batch": 20},
    # images: PreActResNet-18 on 32x32 as the paper trains it, and a small network on 28x28
    "preact_resnet18": {"kind": "preact_resnet", "width": 64, "image": [3, 32, 32], "classes": 10,
                        "sites": ["after_stage1", "after_stage2"], "batch": 100},
    "small_cnn": {"kind": "small_cnn", "image": [1, 28, 28], "classes": 10, "sites": ["conv2"], "batch": 100},
    # where overhead is all there is
    "tiny": {"kind": "dense", "widths": [13, 64, 64, 3], "slope": 0.0, "sites": [1], "batch": 32},
}

ALPHA = 2.0  # of the draws: lambda ~ Beta(ALPHA, ALPHA), one site, one permutation a batch
# As in bench/step.c. The rates change no work; they are small because inputs and targets are random.
ADAM = {"learning_rate": 1e-4, "epsilon": 1e-7}  # dense networks
SGD = {"learning_rate": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}  # images, with Nesterov's momentum


def work_of(name):
    """WORKS, and mlp_WIDTH: three hidden layers of so many units, to see how time grows with them."""
    if name.startswith("mlp_"):
        width = int(name[4:])
        return {"kind": "dense", "widths": [784, width, width, width, 10], "slope": 0.0, "sites": [1, 2], "batch": 100}
    return WORKS[name]


def input_shape(work):
    return [work["widths"][0]] if work["kind"] == "dense" else work["image"]


def classes(work):
    return work["widths"][-1] if work["kind"] == "dense" else work["classes"]
