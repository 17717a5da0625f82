"""TensorFlow as a contender: tf.function with XLA, or eagerly step by step as the original implementation was
written (a Keras model called layer by layer under a gradient tape).

usage: tensorflow_peer.py xla|eager WORK BATCH THREADS train|predict [f32|bf16]

bf16: Keras' policy mixed_bfloat16, that is variables, their gradients and the loss in f32, layers in bf16.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from works import ADAM, ALPHA, SGD, classes, input_shape, work_of  # noqa: E402

mode, name, batch, threads, what = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
precision = sys.argv[6] if len(sys.argv) > 6 else "f32"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy  # noqa: E402
import tensorflow  # noqa: E402

from protocol import serve, timed  # noqa: E402

if "max_isa=AVX2" in os.environ.get("XLA_FLAGS", ""):
    from tensorflow_avx2 import keep_to_avx2
    keep_to_avx2()
tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
tensorflow.config.threading.set_inter_op_parallelism_threads(1)
tensorflow.random.set_seed(1)
random = numpy.random.default_rng(1)
work = work_of(name)
keras = tensorflow.keras
layers = keras.layers
if precision == "bf16":
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")


def dense():
    """One callable a layer; a site is the number of the layer whose input is mixed."""
    out = []
    widths = work["widths"][1:]
    for i, width in enumerate(widths):
        last = i + 1 == len(widths)
        out.append((i, keras.Sequential([layers.Dense(width)] +
                                        ([] if last else [layers.LeakyReLU(negative_slope=work["slope"])]))))
    return out


class Block(layers.Layer):
    """Pre-activation residual block of two 3x3 convolutions (He et al. 2016)."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        # momentum: Keras keeps the old share, PyTorch the new one
        self.norm1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv1 = layers.Conv2D(filters, 3, stride, "same", use_bias=False)
        self.norm2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(filters, 3, 1, "same", use_bias=False)
        fits = stride == 1 and channels == filters
        self.shortcut = None if fits else layers.Conv2D(filters, 1, stride, use_bias=False)

    def call(self, x, training=False):
        h = tensorflow.nn.relu(self.norm1(x, training=training))
        skip = x if self.shortcut is None else self.shortcut(h)
        h = self.conv1(h)
        return self.conv2(tensorflow.nn.relu(self.norm2(h, training=training))) + skip


def preact_resnet():
    width = work["width"]
    out = [("input", layers.Conv2D(width, 3, 1, "same", use_bias=False))]
    channels = width
    for stage in range(4):
        filters = width << stage
        site = f"after_stage{stage}"  # the input of the stage behind
        out.append((site, Block(channels, filters, 1 if stage == 0 else 2)))
        out.append((None, Block(filters, filters, 1)))
        channels = filters
    out.append((None, keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(classes(work))])))
    return out


def small_cnn():
    first = keras.Sequential([layers.Conv2D(32, 3, 1, "same", activation="relu"), layers.MaxPool2D()])
    second = keras.Sequential([layers.Conv2D(64, 3, 1, "same", activation="relu"), layers.MaxPool2D(),
                               layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(classes(work))])
    return [("input", first), ("conv2", second)]


network = {"dense": dense, "preact_resnet": preact_resnet, "small_cnn": small_cnn}[work["kind"]]()
shape = input_shape(work)
shape = shape if len(shape) == 1 else [shape[1], shape[2], shape[0]]  # TensorFlow's own order of images
inputs = tensorflow.constant(random.standard_normal([batch] + shape), tensorflow.float32)
labels = tensorflow.constant(random.integers(classes(work), size=batch))
targets = tensorflow.one_hot(labels, classes(work))


def call(layer, x, training):
    return layer(x, training=training)


def run(x, training, site=None, mix=None):
    for at, layer in network:
        if site is not None and at == site:
            x = mix(x)
        x = call(layer, x, training)
    return x


run(inputs, False)
variables = [v for _, layer in network for v in layer.trainable_variables]
if len(input_shape(work)) == 3:
    optimizer = keras.optimizers.SGD(SGD["learning_rate"], SGD["momentum"], nesterov=True)
else:
    optimizer = keras.optimizers.Adam(ADAM["learning_rate"], epsilon=ADAM["epsilon"])
optimizer.build(variables)
decay = SGD["weight_decay"] if len(input_shape(work)) == 3 else 0.0


def step_at(site, weight, partner):
    def mix(h):
        share = tensorflow.cast(weight, h.dtype)
        return share * h + (1 - share) * tensorflow.gather(h, partner)

    with tensorflow.GradientTape() as tape:
        logits = tensorflow.cast(run(inputs, True, site, mix), tensorflow.float32)
        loss = tensorflow.reduce_mean(tensorflow.nn.softmax_cross_entropy_with_logits(mix(targets), logits))
    gradients = tape.gradient(loss, variables)
    if decay:
        gradients = [g + decay * v for g, v in zip(gradients, variables)]
    optimizer.apply_gradients(zip(gradients, variables))
    return loss


def predict_of():
    return tensorflow.nn.softmax(run(inputs, False))


if mode == "xla":
    compiled = {site: tensorflow.function(lambda w, p, site=site: step_at(site, w, p), jit_compile=True)
                for site in work["sites"]}
    predict_of = tensorflow.function(predict_of, jit_compile=True)
else:
    compiled = {site: (lambda w, p, site=site: step_at(site, w, p)) for site in work["sites"]}


def train_step(site=None):
    if site is None:
        site = work["sites"][random.integers(len(work["sites"]))]
    weight = tensorflow.constant(random.beta(ALPHA, ALPHA), tensorflow.float32)
    partner = tensorflow.constant(random.permutation(batch))
    return float(compiled[site](weight, partner))


def warm_step():
    """Every site once: what is compiled for each of them is compiled before anything is timed."""
    for site in work["sites"]:
        train_step(site)


def predict():
    return predict_of().numpy()


if what == "train":
    train_step()
else:
    predict()
serve(f"tensorflow {tensorflow.__version__}",
      {"train": lambda n: timed(n, train_step), "predict": lambda n: timed(n, predict),
       "warm": lambda n: timed(n, warm_step)})
