"""PyTorch as a contender: eager with the fused optimiser, or torch.compile; channels_last for images.

usage: torch_peer.py eager|compile WORK BATCH THREADS train|predict [f32|bf16]

bf16: autocast around forward pass and loss, the way that PyTorch documents; weights and optimiser stay in f32.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from works import ADAM, ALPHA, SGD, classes, input_shape, work_of  # noqa: E402

mode, name, batch, threads, what = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
precision = sys.argv[6] if len(sys.argv) > 6 else "f32"
os.environ["OMP_NUM_THREADS"] = str(threads)

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from protocol import serve, timed  # noqa: E402

torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)
work = work_of(name)
images = len(input_shape(work)) == 3


class Dense(nn.Module):
    """A list of linear layers; the input of layer `site` is mixed."""

    def __init__(self):
        super().__init__()
        widths = work["widths"]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x, site=None, mix=None):
        for i, layer in enumerate(self.layers):
            if i == site:
                x = mix(x)
            x = layer(x)
            if i + 1 < len(self.layers):
                x = functional.leaky_relu(x, work["slope"])
        return x


class Block(nn.Module):
    """Pre-activation residual block of two 3x3 convolutions (He et al. 2016)."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        fits = stride == 1 and channels == filters
        self.shortcut = None if fits else nn.Conv2d(channels, filters, 1, stride, bias=False)

    def forward(self, x):
        h = functional.relu(self.norm1(x))
        skip = x if self.shortcut is None else self.shortcut(h)
        h = self.conv1(h)
        return self.conv2(functional.relu(self.norm2(h))) + skip


class PreActResNet(nn.Module):
    """Four stages of two blocks; sites: the input, and behind a stage."""

    def __init__(self):
        super().__init__()
        width = work["width"]
        self.stem = nn.Conv2d(work["image"][0], width, 3, 1, 1, bias=False)
        self.stages = nn.ModuleList()
        channels = width
        for stage in range(4):
            filters = width << stage
            self.stages.append(nn.Sequential(Block(channels, filters, 1 if stage == 0 else 2),
                                             Block(filters, filters, 1)))
            channels = filters
        self.linear = nn.Linear(channels, classes(work))

    def forward(self, x, site=None, mix=None):
        x = self.stem(mix(x) if site == "input" else x)
        for stage, blocks in enumerate(self.stages, 1):
            x = blocks(x)
            if site == f"after_stage{stage}":
                x = mix(x)
        return self.linear(x.mean((2, 3)))


class SmallCnn(nn.Module):
    """Two convolutions with pools, two dense layers; sites: the input, and that of the second convolution."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(work["image"][0], 32, 3, 1, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1, 1)
        self.dense = nn.Linear(64 * 7 * 7, 128)
        self.classes = nn.Linear(128, classes(work))

    def forward(self, x, site=None, mix=None):
        x = mix(x) if site == "input" else x
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = mix(x) if site == "conv2" else x
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.classes(functional.relu(self.dense(x.flatten(1))))


model = {"dense": Dense, "preact_resnet": PreActResNet, "small_cnn": SmallCnn}[work["kind"]]()
inputs = torch.randn(batch, *input_shape(work))
labels = torch.randint(classes(work), (batch,))
targets = functional.one_hot(labels, classes(work)).float()
if images:
    model = model.to(memory_format=torch.channels_last)
    inputs = inputs.to(memory_format=torch.channels_last)

if images:
    optimizer = torch.optim.SGD(model.parameters(), SGD["learning_rate"], SGD["momentum"],
                                weight_decay=SGD["weight_decay"], nesterov=True, fused=True)
else:
    optimizer = torch.optim.Adam(model.parameters(), ADAM["learning_rate"], eps=ADAM["epsilon"], fused=True)


def loss_of(x, t, weight, partner, site):
    def mix(h):
        return weight * h + (1 - weight) * h[partner]

    return functional.cross_entropy(model(x, site, mix), mix(t))


def predict_of(x):
    return functional.softmax(model(x), 1)


if mode == "compile":
    if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":  # what is compiled must keep to it, too
        import torch._inductor.config
        torch._inductor.config.cpp.simdlen = 256
    loss_of = torch.compile(loss_of, dynamic=False)
    predict_of = torch.compile(predict_of, dynamic=False)

beta = torch.distributions.Beta(ALPHA, ALPHA)


def train_step(site=None):
    if site is None:
        site = work["sites"][int(torch.randint(len(work["sites"]), ()))]
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        loss = loss_of(inputs, targets, beta.sample(), torch.randperm(batch), site)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def warm_step():
    """Every site once: what is compiled for each of them is compiled before anything is timed."""
    for site in work["sites"]:
        train_step(site)


def predict():
    with torch.inference_mode():
        return predict_of(inputs)


if what == "train":
    model.train()
    train_step()
else:
    model.eval()
    predict()
serve(f"torch {torch.__version__}", {"train": lambda n: timed(n, train_step), "predict": lambda n: timed(n, predict),
       "warm": lambda n: timed(n, warm_step)})
