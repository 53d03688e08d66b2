"""Errors of bfloat16 gradients against float64 at the fixtures' shapes: PyTorch's autocast, and
float32 beside it.

    python bf16.py [--out bench/results/bf16.json]

packages/model/src/__tests__/bf16.test.ts judges ours by the same measures and must not exceed these
numbers.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from bounds import recorded, relative
from cases import CASES, RUNS, Case, Json
from recipes import cancels, sampled
from train import losses

ROOT = Path(__file__).resolve().parents[2]


def gradients(case: Case, bf16: bool) -> tuple[Json, dict[str, Tensor]]:
    """Losses and gradients of one pass; as in `Trainer.update`, only the network is in autocast."""
    run = RUNS["f32_nhwc"]
    net, images = case.make_net(run), case.images(run)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        out = net(images, timestep=case.timestep)
    loss = losses(out, images[:, 6:])
    loss.total(case.distill_weight).backward()
    return loss.items(case.distill_weight), {name: p.grad for name, p in net.named_parameters()}


def errors(got: dict[str, Tensor], exact: Json) -> dict[str, float]:
    """Relative L2 errors, estimated from the sampled entries: of the whole gradient, and of the
    median tensor.
    """
    by_tensor, squares, total = [], 0.0, 0.0
    for name, grad in exact.items():
        if cancels(name, exact):
            continue
        difference = sampled(name, got[name]) - torch.tensor(grad["val_f64"], dtype=torch.float64)
        norm = difference.pow(2).mean().sqrt().item() * math.sqrt(got[name].numel())
        by_tensor.append(norm / grad["norm_f64"])
        squares, total = squares + norm**2, total + grad["norm_f64"] ** 2
    return {"whole": math.sqrt(squares / total), "median": median(by_tensor)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results" / "bf16.json")
    out = parser.parse_args().out
    result: Json = {"torch": torch.__version__, "cases": {}}
    for case in CASES:
        facts = recorded(f"forward_{case.tag}")
        result["cases"][case.tag] = {}
        for name, bf16 in (("fp32", False), ("autocast", True)):
            values, grads = gradients(case, bf16)
            worst = max(relative(values[key], exact) for key, exact in facts["losses_f64"].items())
            result["cases"][case.tag][name] = {"losses": worst, **errors(grads, facts["grads"])}
    text = json.dumps(result, indent=1)
    out.write_text(f"{text}\n")
    print(text)


if __name__ == "__main__":
    main()
