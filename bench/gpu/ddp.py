"""Times the reference's training step under DistributedDataParallel, one process a device; prints
one line of JSON.

    python ddp.py --world 4 --crop 512 --batch 8 --steps 20 [--warmup 5] [--cpu]

Every rank trains on random uint8 batches in its host's memory: /255, forward with teacher, losses,
backward with the all-reduce, AdamW, loss terms to the host. NCCL between GPUs, gloo with --cpu.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "twin"))
from rife import IFNet  # noqa: E402
from train import Trainer, make_optimizer, to_images  # noqa: E402


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", type=int, default=1, help="processes, one a device")
    parser.add_argument("--crop", type=int, default=512)
    parser.add_argument("--batch", type=int, default=8, help="triplets of each process")
    parser.add_argument("--steps", type=int, default=20, help="timed steps")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--cpu", action="store_true")
    return parser.parse_args()


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def work(rank: int, args: argparse.Namespace, port: int, results: "mp.SimpleQueue[list[float]]") -> None:
    device = torch.device("cpu" if args.cpu else f"cuda:{rank}")
    if args.cpu:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // args.world))
    else:
        torch.cuda.set_device(device)
    backend = "gloo" if args.cpu else "nccl"
    dist.init_process_group(backend, init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=args.world)
    torch.manual_seed(1234)
    net = IFNet().to(device)
    wrapped = DistributedDataParallel(net, device_ids=None if args.cpu else [rank]) if args.world > 1 else net
    trainer = Trainer(wrapped, make_optimizer(net))
    batch = torch.randint(0, 256, (args.batch, 9, args.crop, args.crop), dtype=torch.uint8)
    if not args.cpu:
        batch = batch.pin_memory()
    times: list[float] = []
    for _ in range(args.warmup + args.steps):
        start = time.perf_counter()
        trainer.update(to_images(batch.to(device, non_blocking=True)), lr=1e-6).items()
        times.append((time.perf_counter() - start) * 1e3)
    if rank == 0:
        results.put(times[args.warmup :])
    dist.barrier()
    dist.destroy_process_group()


def main() -> None:
    args = parse()
    results: "mp.SimpleQueue[list[float]]" = mp.get_context("spawn").SimpleQueue()
    mp.spawn(work, args=(args, free_port(), results), nprocs=args.world, join=True)
    step_ms = results.get()
    median = statistics.median(step_ms)
    print(
        json.dumps(
            {
                "what": f"pytorch DDP x {args.world}",
                "stepMs": median,
                "steps": step_ms,
                "imagesPerSecond": args.world * args.batch * 1e3 / median,
                "torch": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
