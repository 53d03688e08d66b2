"""Times PyTorch's prediction of one frame in this process; prints one line of JSON.

    python predict.py --network IFNet|4.0|4.25 --size 512x512 --frames 5 [--memory-format channels_last] [--dtype bf16]

From two uint8 pictures in memory to the frame as a numpy array, padded to what the network needs and
cropped, under torch.inference_mode. Weights are random.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np
import torch
from torch.nn import functional as F

from rife import IFNet, inference
from rife4 import VERSIONS, Rife4
from step import FORMATS, peak_rss_bytes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", default="IFNet")
    parser.add_argument("--size", default="512x512", help="width x height")
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--memory-format", choices=FORMATS, default="nchw")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    import_rss = peak_rss_bytes()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    width, height = map(int, args.size.split("x"))
    is_first = args.network == "IFNet"
    net = (IFNet() if is_first else Rife4(VERSIONS[args.network])).to(memory_format=FORMATS[args.memory_format])
    net.eval()
    multiple = 32 if is_first else max(32, int(4 * max(VERSIONS[args.network].scales)))
    right, below = -width % multiple, -height % multiple
    frames = [np.random.default_rng(i).integers(0, 256, (height, width, 3), dtype=np.uint8) for i in range(2)]

    def predict() -> np.ndarray:
        pair = [torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255 for frame in frames]
        images = F.pad(torch.cat(pair, 1), (0, right, 0, below)).contiguous(
            memory_format=FORMATS[args.memory_format]
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=args.dtype == "bf16"):
            out = inference(net, images) if is_first else net(images, 0.5)[-1].merged
        return out[0, :, :height, :width].permute(1, 2, 0).float().contiguous().numpy()

    times: list[float] = []
    with torch.inference_mode():
        for _ in range(args.warmup + args.frames):
            start = time.perf_counter()
            predict()
            times.append((time.perf_counter() - start) * 1e3)
    timed = times[args.warmup :]
    facts = {"what": f"pytorch {args.memory_format} {args.dtype}", "network": args.network, "size": args.size}
    median = statistics.median(timed)
    memory = {"peakRssBytes": peak_rss_bytes(), "importRssBytes": import_rss}
    print(json.dumps({**facts, "stepMs": timed, "medianMs": median, **memory}))


if __name__ == "__main__":
    main()
