"""The loop of Practical-RIFE's inference_video.py over the network of RIFE 4.0 in PyTorch.

    python practical.py --weights flownet.pkl --ffmpeg ffmpeg --size 854x480 IN OUT

Written after hzwer/Practical-RIFE (MIT), inference_video.py: a thread reads, a thread writes, pairs
are padded to 128 and compared by SSIM of 32 x 32. ffmpeg decodes and encodes (MPEG-4) in place of
skvideo and OpenCV, which do the same with the same codec. Prints seconds and the peak memory as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import threading
from math import exp
from pathlib import Path
from queue import Queue

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "twin"))
from rife4 import VERSIONS, Rife4  # noqa: E402


def window() -> Tensor:
    line = torch.tensor([exp(-((x - 5) ** 2) / 4.5) for x in range(11)])
    line = line / line.sum()
    return (line[:, None, None] * line[None, :, None] * line[None, None, :])[None, None]


def ssim(a: Tensor, b: Tensor, kernel: Tensor) -> float:
    a, b = a[:, None], b[:, None]

    def smooth(x: Tensor) -> Tensor:
        return F.conv3d(F.pad(x, (5,) * 6, mode="replicate"), kernel)

    ma, mb = smooth(a), smooth(b)
    va, vb, ab = smooth(a * a) - ma * ma, smooth(b * b) - mb * mb, smooth(a * b) - ma * mb
    return (((2 * ma * mb + 1e-4) * (2 * ab + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4))).mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--ffmpeg", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("source")
    parser.add_argument("out")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    torch.set_grad_enabled(False)
    net = Rife4(VERSIONS["4.0"]).eval()
    state = {name.removeprefix("module."): value for name, value in torch.load(args.weights, map_location="cpu").items()}
    net.load_state_dict({name: state[name] for name in net.state_dict()})
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    reader = subprocess.Popen([args.ffmpeg, "-v", "error", "-i", args.source, *raw, "-"], stdout=subprocess.PIPE)
    writer = subprocess.Popen(
        [args.ffmpeg, "-y", "-v", "error", *raw, "-s", args.size, "-r", "50", "-i", "-", "-c:v", "mpeg4", args.out],
        stdin=subprocess.PIPE,
    )
    assert reader.stdout and writer.stdin
    read: Queue = Queue(500)
    write: Queue = Queue(500)

    def reading() -> None:
        while len(data := reader.stdout.read(width * height * 3)) == width * height * 3:
            read.put(np.frombuffer(data, np.uint8).reshape(height, width, 3))
        read.put(None)

    def writing() -> None:
        while (item := write.get()) is not None:
            writer.stdin.write(item.tobytes())
        writer.stdin.close()

    threads = [threading.Thread(target=target, daemon=True) for target in (reading, writing)]
    for thread in threads:
        thread.start()
    kernel = window()
    padding = (0, -width % 128, 0, -height % 128)

    def tensor(frame: np.ndarray) -> Tensor:
        return F.pad(torch.from_numpy(np.transpose(frame, (2, 0, 1)).copy())[None].float() / 255.0, padding)

    def small(image: Tensor) -> Tensor:
        return F.interpolate(image, (32, 32), mode="bilinear", align_corners=False)

    last = read.get()
    img1 = tensor(last)
    while (frame := read.get()) is not None:
        img0, img1 = img1, tensor(frame)
        likeness = ssim(small(img0), small(img1), kernel)
        assert 0.2 <= likeness <= 0.996, likeness
        made = net(torch.cat((img0, img1), 1), 0.5)[-1].merged
        write.put(last)
        write.put((made[0] * 255.0).byte().numpy().transpose(1, 2, 0)[:height, :width])
        last = frame
    write.put(last)
    write.put(None)
    for thread in threads:
        thread.join()
    writer.wait()
    print(json.dumps({"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
