"""PyTorch's DataLoader on a folder of JPEG files: decoded by Pillow, flipped and cropped by slices of tensors.

usage: torch_load.py FOLDER WORKERS

Prints one JSON object: images per second in the first epoch, with the listing of the files and the start of the
workers, and in a later one. As in bench/load.c: batches of 100, flips with probability 1/2, crops of the image padded
by 4 black pixels, values divided by 255. Workers stay alive between epochs.
"""

import json
import os
import sys
import time

import numpy
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

BATCH, EPOCHS, PADDING = 100, 3, 4


class Folder(Dataset):
    def __init__(self, folder):
        classes = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
        self.files = [(os.path.join(folder, name, file), label) for label, name in enumerate(classes)
                      for file in sorted(os.listdir(os.path.join(folder, name)))]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path, label = self.files[index]
        with Image.open(path) as image:
            pixels = torch.from_numpy(numpy.array(image.convert("RGB"))).permute(2, 0, 1)
        _, height, width = pixels.shape
        padded = torch.zeros(3, height + 2 * PADDING, width + 2 * PADDING, dtype=torch.uint8)
        padded[:, PADDING:PADDING + height, PADDING:PADDING + width] = pixels
        top, left = torch.randint(0, 2 * PADDING + 1, (2,)).tolist()
        pixels = padded[:, top:top + height, left:left + width]
        if torch.rand(()) < 0.5:
            pixels = pixels.flip(2)
        return pixels.float().div_(255.0), label


def main():
    torch.set_num_threads(1)
    began = time.perf_counter()
    loader = DataLoader(Folder(sys.argv[1]), BATCH, shuffle=True, num_workers=int(sys.argv[2]), persistent_workers=True)
    ended = []
    for _ in range(EPOCHS):
        for batch, labels in loader:
            assert batch.shape[0] == labels.shape[0]
        ended.append(time.perf_counter())
    count = len(loader.dataset)
    print(json.dumps({"images": count, "first_epoch": count / (ended[0] - began),
                      "later_epoch": count * (EPOCHS - 1) / (ended[-1] - ended[0])}))


if __name__ == "__main__":
    main()
