"""Times the reference's training step in this process; prints one line of JSON.

    python step.py --batch 4 --crop 224 --steps 5 [--memory-format nchw|channels_last] [--dtype fp32|bf16]
        [--device cuda] [--compile]

A step starts with a uint8 batch in memory and ends when the three loss terms are Python numbers:
/255, forward with teacher, losses, backward, AdamW. Warm-up steps come first and are not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time

import torch

from rife import IFNet
from train import Trainer, make_optimizer, to_images

FORMATS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}


def peak_rss_bytes() -> int:
    """Largest resident size of this process; VmHWM where there is one, since ru_maxrss outlives an
    exec.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def gpu_bytes(device: str) -> dict[str, int]:
    """Memory of the GPU that is in use now, by all processes."""
    if device != "cuda":
        return {}
    free, total = torch.cuda.mem_get_info()
    return {"gpuUsedBytes": total - free}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument(
        "--crop", type=int, default=128, help="side of the square crop, a multiple of 32, at least 64"
    )
    parser.add_argument("--steps", type=int, default=5, help="timed steps")
    parser.add_argument("--warmup", type=int, default=2, help="steps before the timed ones")
    parser.add_argument("--memory-format", choices=FORMATS, default="nchw")
    parser.add_argument(
        "--dtype", choices=("fp32", "bf16"), default="fp32", help="bf16: the network under autocast"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--compile", action="store_true", help="the network by torch.compile")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1234)
    parser.add_argument("--profile", action="store_true", help="also the time by operator, of the timed steps")
    args = parser.parse_args()
    if args.crop % 32 or args.crop < 64:
        parser.error(f"--crop is {args.crop}, expected a multiple of 32, at least 64")
    return args


def main() -> None:
    args = parse()
    import_rss = peak_rss_bytes()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    memory_format = FORMATS[args.memory_format]
    net = IFNet().to(args.device, memory_format=memory_format)
    called = torch.compile(net) if args.compile else net
    trainer = Trainer(called, make_optimizer(net), bf16=args.dtype == "bf16")
    batch_u8 = torch.randint(0, 256, (args.batch, 9, args.crop, args.crop), dtype=torch.uint8)
    if args.device == "cuda":
        batch_u8 = batch_u8.pin_memory()
    times: list[float] = []
    values: dict[str, float] = {}
    profiler = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU])
    for i in range(args.warmup + args.steps):
        if args.profile and i == args.warmup:
            profiler.start()
        start = time.perf_counter()
        # .item() on every loss term is the host round trip of a step that logs.
        images = to_images(batch_u8.to(args.device, non_blocking=True), memory_format)
        values = trainer.update(images, lr=1e-6).items()
        times.append((time.perf_counter() - start) * 1e3)
    timed = times[args.warmup :]
    profile = {}
    if args.profile:
        profiler.stop()
        ops = sorted(profiler.key_averages(), key=lambda op: -op.self_cpu_time_total)
        rows = [[op.key, op.self_cpu_time_total / 1e3 / args.steps, op.count / args.steps] for op in ops]
        profile = {"profile": rows}
    median = statistics.median(timed)
    print(
        json.dumps(
            {
                "what": f"pytorch {args.memory_format} {args.dtype}{' compiled' if args.compile else ''}",
                "batch": args.batch,
                "crop": args.crop,
                "stepMs": timed,
                "medianMs": median,
                "imagesPerSecond": args.batch * 1e3 / median,
                "peakRssBytes": peak_rss_bytes(),
                **gpu_bytes(args.device),
                # Importing torch alone: shared libraries count as resident, most of all those of
                # CUDA wheels.
                "importRssBytes": import_rss,
                "losses": values,
                "threads": torch.get_num_threads(),
                "torch": torch.__version__,
                **profile,
            }
        )
    )


if __name__ == "__main__":
    main()
