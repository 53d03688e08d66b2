"""PyTorch's DataLoader with cv2 on the clips of bench/data/loader.mjs, as the reference's
dataset.py loads and augments.

Reads one line of JSON from standard input: {root, crop, batch, workers, batches, warm, kind, seed};
prints {tripletsPerSecond, cpuMsPerTriplet}. Needs torch, numpy and opencv-python-headless.
"""
import json
import os
import random
import resource
import sys
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

cv2.setNumThreads(1)
FRAMES = 65


class Clips(Dataset):
    def __init__(self, root, crop, kind, length):
        self.crop, self.kind, self.length = crop, kind, length
        self.clips = []
        for folder, folders, files in sorted(os.walk(root)):
            if kind == "mp4":
                self.clips += [os.path.join(folder, f) for f in sorted(files) if f.endswith(".mp4")]
            elif files:
                self.clips.append([os.path.join(folder, f) for f in sorted(files)])

    def __len__(self):
        return self.length

    def frames(self, clip, numbers):
        if self.kind != "mp4":
            return [cv2.imread(clip[n]) for n in numbers]
        video = cv2.VideoCapture(clip)
        found = []
        # One pass: the frames between are decoded, but not converted.
        for n in range(numbers[-1] + 1):
            video.grab()
            if n in numbers:
                found.append(video.retrieve()[1])
        video.release()
        return found

    def __getitem__(self, index):
        gap = np.random.randint(1, 33)
        gt = np.random.randint(gap, FRAMES - gap)
        clip = self.clips[np.random.randint(0, len(self.clips))]
        img0, gt, img1 = self.frames(clip, (gt - gap, gt, gt + gap))
        # dataset.py: crop, then the augmentation in this order.
        ih, iw, _ = img0.shape
        h = w = self.crop
        x, y = np.random.randint(0, ih - h + 1), np.random.randint(0, iw - w + 1)
        img0, gt, img1 = (i[x : x + h, y : y + w] for i in (img0, gt, img1))
        if random.uniform(0, 1) < 0.5:
            img0, gt, img1 = (i[:, :, ::-1] for i in (img0, gt, img1))
        if random.uniform(0, 1) < 0.5:
            img0, gt, img1 = (i[::-1] for i in (img0, gt, img1))
        if random.uniform(0, 1) < 0.5:
            img0, gt, img1 = (i[:, ::-1] for i in (img0, gt, img1))
        if random.uniform(0, 1) < 0.5:
            img0, img1 = img1, img0
        p = random.uniform(0, 1)
        turns = [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE]
        if p < 0.75:
            turn = turns[int(p / 0.25)]
            img0, gt, img1 = (cv2.rotate(np.ascontiguousarray(i), turn) for i in (img0, gt, img1))
        tensors = [torch.from_numpy(i.copy()).permute(2, 0, 1) for i in (img0, img1, gt)]
        return torch.cat(tensors, 0), torch.tensor([0.5]).reshape(1, 1, 1)


def cpu_ms():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime)


def main():
    asked = json.loads(sys.stdin.readline())
    random.seed(asked["seed"])
    np.random.seed(asked["seed"])
    count = (asked["warm"] + asked["batches"]) * asked["batch"]
    data = Clips(asked["root"], asked["crop"], asked["kind"], count)
    before = cpu_ms()
    loader = DataLoader(data, batch_size=asked["batch"], num_workers=asked["workers"], drop_last=True, shuffle=True)
    began = None
    for number, (images, _) in enumerate(loader):
        assert images.shape == (asked["batch"], 9, asked["crop"], asked["crop"]) and images.dtype == torch.uint8
        if number + 1 == asked["warm"]:
            began = time.perf_counter()
    seconds = time.perf_counter() - began
    triplets = asked["batches"] * asked["batch"]
    # Workers are over: their time is known. It includes the batches of the warm-up.
    spent = (cpu_ms() - before) / count
    print(json.dumps({"tripletsPerSecond": triplets / seconds, "cpuMsPerTriplet": spent}))


main()
