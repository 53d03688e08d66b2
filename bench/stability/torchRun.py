"""The recipe of the blow-up in PyTorch, on dumped batches, with the numbers of inside.mjs.

    node bench/stability/train.mjs --variant stock --seed 1 --no-score --dump FOLDER
    node bench/stability/initialWeights.mjs 1 FOLDER/weights.safetensors
    python bench/stability/torchRun.py FOLDER --rate 1e-3 > out.json

One line of JSON: {"curve": [{step, loss, maxFlow, gradNorm, change, product, move}]}; `change`,
`product` and `move` by block as in inside.mjs, the move on plain pictures of 64 x 64 through the
whole network.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent / "twin"))

from rife import IFNet  # noqa: E402
from safetensors_io import load_file  # noqa: E402
from train import Trainer, losses, make_optimizer, to_images  # noqa: E402

BLOCKS = ("block0", "block1", "block2", "block_tea")
CROP, BATCH, WARMUP = 96, 2, 300
COLOURS = ((0.1, 0.1, 0.1), (0.35, 0.35, 0.35), (0.9, 0.9, 0.9), (0.7, 0.3, 0.2), (0.2, 0.6, 0.3))


def inner_kernels(net: IFNet, block: str) -> list[Tensor]:
    """Inner layers of a block, each summed over its taps: [outputs, inputs]."""
    part = getattr(net, block)
    convs = [part.conv0[1][0], *(layer[0] for layer in part.convblock)]
    return [conv.weight.detach().sum((2, 3)) for conv in convs]


def norms(matrices: list[Tensor]) -> list[float]:
    return [torch.linalg.matrix_norm(m, 2).item() for m in matrices]


def probe(net: IFNet) -> list[Tensor]:
    """Flow after each block on plain pictures, the teacher's last."""
    colours = torch.tensor(COLOURS)[:, :, None, None].expand(-1, -1, 64, 64)
    with torch.no_grad():
        out = net(torch.cat((colours, colours, colours), 1))
    assert out.flow_teacher is not None
    return [*out.flows, out.flow_teacher]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--after", type=int, default=20, help="steps after the run-away")
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = IFNet()
    weights = load_file(args.folder / "weights.safetensors")
    net.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in weights.items()})
    trainer = Trainer(net, make_optimizer(net))
    batches = np.memmap(args.folder / "batches.u8", np.uint8).reshape(-1, BATCH, CROP, CROP, 9)
    curve = []
    left = args.after
    for step, batch in enumerate(batches):
        before = {block: inner_kernels(net, block) for block in BLOCKS}
        flows = probe(net)
        images = to_images(torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2))))
        with torch.no_grad():
            seen = net(images)
        result = trainer.update(images, args.rate * min(1, step / WARMUP))
        gradient = math.sqrt(sum(p.grad.square().sum().item() for p in net.parameters()))
        moves = [(now - old).abs().max().item() for now, old in zip(probe(net), flows)]
        row = {
            "step": step,
            "loss": result.reconstruction.item(),
            "maxFlow": max(flow.abs().max().item() for flow in [*seen.flows, seen.flow_teacher]),
            "gradNorm": gradient,
            "move": dict(zip(BLOCKS, moves)),
        }
        if not all(map(math.isfinite, (result.total().item(), gradient))):
            curve.append({**row, "loss": "NaN"})
            break
        after = {block: inner_kernels(net, block) for block in BLOCKS}
        row["product"] = {b: sum(math.log10(n) for n in norms(after[b])) for b in BLOCKS}
        row["change"] = {
            b: max(
                c / n for c, n in zip(norms([y - x for x, y in zip(before[b], after[b])]), norms(before[b]))
            )
            for b in BLOCKS
        }
        curve.append(row)
        left -= row["maxFlow"] > 4 * CROP
        if left < 0:
            break
    print(json.dumps({"torch": torch.__version__, "rate": args.rate, "curve": curve}))


main()
