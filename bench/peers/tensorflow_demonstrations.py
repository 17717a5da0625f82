"""TensorFlow as a contender for the demonstrations: eagerly, step by step, from numpy arrays, as the original
implementation was written (a Keras model called layer by layer under a gradient tape).

usage: tensorflow_demonstrations.py THREADS

Says {"ready": VERSION} when TensorFlow is imported, then reads lines
    EXPERIMENT VARIANT EPOCHS
trains (reading the data, building the model, each epoch with a look at the validation data, in the end one at the test
data) and answers {"seconds": of all, "epochs": [seconds of each], "validation_accuracy": ...}; "quit" ends it.
Networks, batches and rates are those of bench/works.py and experiments/demonstrations/.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from works import WORKS  # noqa: E402

threads = int(sys.argv[1])
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy  # noqa: E402
import tensorflow  # noqa: E402

from protocol import answer  # noqa: E402

tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
tensorflow.config.threading.set_inter_op_parallelism_threads(1)
tensorflow.random.set_seed(1)
keras = tensorflow.keras
layers = keras.layers
random = numpy.random.default_rng(1)

EVALUATED_AT_ONCE = 1000
RATE, DROPS, FACTOR = 1e-3, (10, 20), 0.1  # the learning rate falls behind these epochs
ALPHA = {"spiral": 1.0, "bottleneck_2": 1.0, "bottleneck_12": 2.0}
MNIST = "data/mnist"


def idx(name, header):
    with open(os.path.join(MNIST, name), "rb") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def digits():
    """Training, validation and test data, each as inputs and one-hot targets."""
    def part(name):
        images = idx(f"{name}-images-idx3-ubyte", 16).reshape(-1, 784).astype(numpy.float32) / 255
        return images, numpy.eye(10, dtype=numpy.float32)[idx(f"{name}-labels-idx1-ubyte", 8)]

    images, targets = part("train")
    return (images[:-10000], targets[:-10000]), (images[-10000:], targets[-10000:]), part("t10k")


def spirals():
    count, turn, noise = 2000, 780, 0.9
    n = numpy.sqrt(random.random(count)) * turn * 2 * numpy.pi / 360
    points = numpy.stack([-numpy.cos(n) * n, numpy.sin(n) * n], 1) + random.random((count, 2)) * noise
    order = random.permutation(2 * count)
    inputs = numpy.concatenate([points, -points]).astype(numpy.float32)[order]
    targets = numpy.eye(2, dtype=numpy.float32)[numpy.repeat([0, 1], count)[order]]
    ends = (400, 760)
    parts = list(zip(numpy.split(inputs, ends), numpy.split(targets, ends)))
    return parts[2], parts[1], parts[0]


def build(work):
    """One callable a layer; a site is the number of the layer whose input is mixed."""
    widths = work["widths"][1:]
    out = [keras.Sequential([layers.Dense(width)] + ([layers.LeakyReLU(negative_slope=work["slope"])] if last else []))
           for width, last in ((w, i + 1 < len(widths)) for i, w in enumerate(widths))]
    run(out, numpy.zeros([1, work["widths"][0]], numpy.float32))
    return out


def run(network, x, site=None, mix=None):
    for number, layer in enumerate(network):
        if number == site:
            x = mix(x)
        x = layer(x)
    return x


def accuracy(network, inputs, targets):
    """With the loss, as it is shown after each epoch."""
    right, loss = 0, 0.0
    for begin in range(0, len(inputs), EVALUATED_AT_ONCE):
        t = targets[begin:begin + EVALUATED_AT_ONCE]
        logits = run(network, inputs[begin:begin + EVALUATED_AT_ONCE])
        loss += float(tensorflow.reduce_sum(tensorflow.nn.softmax_cross_entropy_with_logits(t, logits)))
        right += int((logits.numpy().argmax(1) == t.argmax(1)).sum())
    return right / len(inputs), loss / len(inputs)


def step(network, variables, optimizer, x, t, site, alpha):
    weight = random.beta(alpha, alpha) if site is not None else 1.0
    partner = random.permutation(len(x))

    def mix(h):
        return weight * h + (1 - weight) * tensorflow.gather(h, partner)

    with tensorflow.GradientTape() as tape:
        logits = run(network, x, site, mix)
        mixed = t if site is None else mix(t)
        loss = tensorflow.reduce_mean(tensorflow.nn.softmax_cross_entropy_with_logits(mixed, logits))
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


def train(experiment, variant, epochs):
    begin = time.perf_counter()
    work = WORKS[experiment]
    sites = {"none": [None], "input": [0], "manifold": work["sites"]}[variant]
    (inputs, targets), validation, test = spirals() if experiment == "spiral" else digits()
    network = build(work)
    variables = [v for layer in network for v in layer.trainable_variables]
    optimizer = keras.optimizers.Adam(RATE, epsilon=1e-7)
    optimizer.build(variables)
    seconds = []
    for epoch in range(epochs):
        epoch_begin = time.perf_counter()
        optimizer.learning_rate.assign(RATE * FACTOR ** sum(epoch >= drop for drop in DROPS))
        order = random.permutation(len(inputs))
        for first in range(0, len(inputs), work["batch"]):
            batch = order[first:first + work["batch"]]
            site = sites[random.integers(len(sites))]
            step(network, variables, optimizer, inputs[batch], targets[batch], site, ALPHA[experiment])
        right, _ = accuracy(network, *validation)
        seconds.append(time.perf_counter() - epoch_begin)
    accuracy(network, *test)
    return {"seconds": time.perf_counter() - begin, "epochs": seconds, "validation_accuracy": right}


def main():
    answer({"ready": f"tensorflow {tensorflow.__version__}"})
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            return
        answer(train(words[0], words[1], int(words[2])))


if __name__ == "__main__":
    main()
